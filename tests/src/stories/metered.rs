//! Plans that bill what was used: from the report to the cents on the invoice.

use serde_json::{Value, json};
use testkit::{Call, GOOD_CARD, World};

use crate::generators::catalogue;

/// A customer with a card, and a plan whose meters have every pricing model and aggregation.
async fn metered(world: &World) -> (Call, String) {
    let api = world.call(catalogue::all());
    let tiers = json!([
        { "up_to": 100, "unit_amount": 0, "flat_amount": 0 },
        { "up_to": null, "unit_amount": 0.25, "flat_amount": 100 },
    ]);
    let plan = json!({
        "id": "metered", "name": "Metered", "currency": "USD", "interval": "month",
        "meters": [
            { "metric_name": "api_calls", "name": "API calls", "pricing_model": "graduated", "tiers": tiers },
            { "metric_name": "storage", "aggregation": "max", "amount": 10, "included_units": 5 },
            { "metric_name": "seats", "aggregation": "unique", "amount": 200 },
            { "metric_name": "sms", "aggregation": "count", "pricing_model": "package", "package_size": 10, "amount": 50 },
            { "metric_name": "volume", "pricing_model": "percentage", "percentage": 2.9, "amount": 30 },
        ],
    });
    api.plan(plan).await;
    let customer = api.customer().await;
    api.card(&customer, GOOD_CARD).await;
    let new =
        json!({ "customer_id": customer, "plan_id": "metered", "billing_cycle": "usage_based" });
    let subscription = api.post("/v3/subscriptions", new).await;
    assert_eq!(subscription.expect(201)["status"], "active");
    let id = subscription.text_of("id").to_owned();
    (api, id)
}

async fn report(api: &Call, id: &str, events: &[(&str, Value)]) {
    let event = |(metric, fields): &(&str, Value)| {
        let mut event = json!({ "subscription_id": id, "metric_name": metric, "quantity": 1 });
        for (name, value) in fields.as_object().unwrap() {
            event[name] = value.clone();
        }
        event
    };
    let events: Vec<Value> = events.iter().map(event).collect();
    let batch = json!({ "events": events });
    api.post("/v3/usage/batch", batch).await.expect(201);
}

async fn run(world: &World, id: &str, at: &str) {
    let at = at.parse().unwrap();
    let context = world.app.scheduled(world.ours.test(), Some(at));
    operations::run_subscription(&context, id.parse().unwrap(), at)
        .await
        .unwrap();
}

fn lines(invoice: &Value) -> Vec<(String, Value, i64)> {
    let lines = invoice["line_items"].as_array().unwrap();
    let line = |line: &Value| {
        let name = line["metric_name"].as_str().unwrap().to_owned();
        (
            name,
            line["quantity"].clone(),
            line["amount"].as_i64().unwrap(),
        )
    };
    lines.iter().map(line).collect()
}

#[tokio::test]
async fn what_was_used_is_billed_when_the_period_has_ended() {
    let world = World::new().await;
    let (api, id) = metered(&world).await;
    assert_eq!(api.get("/v3/invoices").await.body["data"], json!([]));
    report(
        &api,
        &id,
        &[
            ("api_calls", json!({ "quantity": 150 })),
            ("api_calls", json!({ "quantity": 0.5 })),
            ("storage", json!({ "quantity": 7 })),
            ("storage", json!({ "quantity": 12.5 })),
            ("seats", json!({ "unique_value": "ann" })),
            ("seats", json!({ "unique_value": "bob" })),
            ("seats", json!({ "unique_value": "ann" })),
            ("sms", json!({})),
            ("volume", json!({ "quantity": 10_000 })),
            ("volume", json!({ "quantity": 5_000 })),
        ],
    )
    .await;
    let told = api.get(&format!("/v3/subscriptions/{id}/usage")).await;
    let told = told.expect(200)["projected_invoice"].clone();
    run(&world, &id, "2026-02-15T12:00:00Z").await;
    let invoice = api.get("/v3/invoices").await.body["data"][0].clone();
    // 50.5 calls at 0.25 and 100; 7.5 units over 5 at 10; two people; one package; 2.9 % of 150.00 and twice 0.30.
    let want = [
        ("api_calls", json!(150.5), 113),
        ("storage", json!(12.5), 75),
        ("seats", json!(2), 400),
        ("sms", json!(1), 50),
        ("volume", json!(15_000), 495),
    ];
    let want: Vec<_> = want
        .map(|(name, quantity, amount)| (name.to_owned(), quantity, amount))
        .into();
    assert_eq!(lines(&invoice), want);
    assert_eq!(
        (&invoice["total"], &invoice["status"]),
        (&json!(1133), &json!("paid"))
    );
    assert_eq!(
        (&told["total"], &told["line_items"][0]["amount"]),
        (&json!(1133), &json!(113))
    );
    // What comes late counts in the period that runs; a correction of what was billed gives it back.
    let late = json!({ "quantity": 101, "timestamp": "2026-02-15T11:00:00Z" });
    let month_later = world.later(31 * 86_400 + 60);
    let api = month_later.call(catalogue::all());
    report(&api, &id, &[("api_calls", late)]).await;
    run(&world, &id, "2026-03-15T11:00:00Z").await;
    let invoice = api.get("/v3/invoices").await.body["data"][0].clone();
    assert_eq!(lines(&invoice), [("api_calls".to_owned(), json!(101), 100)]);
}

#[tokio::test]
async fn usage_is_billed_once_and_to_the_end() {
    let world = World::new().await;
    let (api, id) = metered(&world).await;
    report(&api, &id, &[("seats", json!({ "unique_value": "ann" }))]).await;
    run(&world, &id, "2026-02-15T12:00:00Z").await;
    run(&world, &id, "2026-02-15T12:00:00Z").await;
    run(&world, &id, "2026-03-15T11:00:00Z").await;
    let invoices = api.get("/v3/invoices").await;
    assert_eq!(invoices.body["data"].as_array().unwrap().len(), 1);
    report(&api, &id, &[("seats", json!({ "unique_value": "bob" }))]).await;
    let path = format!("/v3/subscriptions/{id}/cancel");
    let ended = api.post(&path, json!({})).await;
    assert_eq!(ended.expect(200)["status"], "canceled");
    let invoice = api.get("/v3/invoices").await.body["data"][0].clone();
    assert_eq!(lines(&invoice), [("seats".to_owned(), json!(1), 200)]);
    assert_eq!(invoice["status"], "paid");
}
