//! What operations cost, in request units of DynamoDB: measured, printed, and held to.

use std::fmt::Write;

use models::Id;
use serde_json::json;
use testkit::{Units, World};

use crate::catalogue;

struct Row {
    what: &'static str,
    units: Units,
    read_tenths: u64,
    write_tenths: u64,
}

#[tokio::test]
async fn operations_cost_what_they_say() {
    let world = World::new().await;
    let api = world.call(catalogue::all());
    let live = api.with_key(&world.ours.live_key);
    let mut rows = Vec::new();
    let mut row = |what, units, read_tenths, write_tenths| rows.push(Row { what, units, read_tenths, write_tenths });

    // The credential is read once in 30 seconds and remembered.
    api.get("/v3/customers").await.expect(200);
    live.get("/v3/customers").await.expect(200);
    world.meter.take();

    let customer = live.post("/v3/customers", json!({ "email": "a@example.com" })).await;
    row("create_customer, live", world.meter.take(), 0, 10);
    live.idempotent("k").post("/v3/customers", json!({ "email": "a@example.com" })).await.expect(201);
    row("create_customer, live, with Idempotency-Key", world.meter.take(), 10, 40);
    live.get(&format!("/v3/customers/{}", customer.text_of("id"))).await.expect(200);
    row("get_customer", world.meter.take(), 5, 0);
    live.get("/v3/customers").await.expect(200);
    row("list_customers", world.meter.take(), 5, 0);

    let customer = api.post("/v3/customers", json!({ "email": "a@example.com" })).await.text_of("id").to_owned();
    row("create_customer, test (reads the test clock)", world.meter.take(), 10, 10);
    let plan = json!({ "id": "pro", "name": "Pro", "currency": "USD", "amount": 9999, "interval": "month" });
    api.post("/v3/plans", plan).await.expect(201);
    let card = json!({ "number": "4242424242424242", "exp_month": 12, "exp_year": 2030, "cvc": "123" });
    let method = json!({ "customer_id": customer, "type": "card", "card": card, "default": true });
    api.post("/v3/payment-methods", method).await.expect(201);
    world.meter.take();
    let subscription = json!({ "customer_id": customer, "plan_id": "pro", "trial_period_days": 14 });
    let subscription = api.post("/v3/subscriptions", subscription).await;
    row("create_subscription, with a trial", world.meter.take(), 20, 30);

    let id: Id<models::ids::Subscription> = subscription.text_of("id").parse().unwrap();
    for what in ["renewal, the first", "renewal, plain"] {
        let context = world.app.scheduled(world.ours.test(), None);
        let due = context.subscription(id).await.unwrap().unwrap().due().unwrap();
        world.meter.take();
        let context = world.app.scheduled(world.ours.test(), Some(due));
        operations_run(&context, id, due).await;
        row(what, world.meter.take(), 40, 100);
    }
    let context = world.app.scheduled(world.ours.test(), None);
    let due = context.subscription(id).await.unwrap().unwrap().due().unwrap();
    world.meter.take();
    let before = due.plus_seconds(-1);
    operations_run(&world.app.scheduled(world.ours.test(), Some(before)), id, before).await;
    row("renewal that is not due", world.meter.take(), 10, 0);

    let mut table = String::from("\n| operation | read units | write units | round trips |\n|---|---|---|---|\n");
    for Row { what, units, .. } in &rows {
        let (read, write) = (units.read_tenths, units.write_tenths);
        writeln!(
            table,
            "| {what} | {}.{} | {}.{} | {} |",
            read / 10, read % 10, write / 10, write % 10, units.round_trips()
        )
        .unwrap();
    }
    println!("{table}");
    for Row { what, units, read_tenths, write_tenths } in &rows {
        assert!(units.read_tenths <= *read_tenths, "{what}: {units:?}");
        assert!(units.write_tenths <= *write_tenths, "{what}: {units:?}");
    }
}

async fn operations_run(
    context: &operations::Context,
    id: Id<models::ids::Subscription>,
    at: models::Timestamp,
) {
    operations::run_subscription(context, id, at).await.unwrap();
}
