//! What is deleted is gone: while others write what names it, for whoever read it before, and for lists.

use futures::future::join_all;
use models::crm::Customer;
use models::event::EventType;
use models::page::Pages;
use models::{Id, ids};
use serde_json::json;
use store::Origin;
use testkit::{Answer, Call, World, card};

use crate::generators::catalogue;
use crate::histories::billing_run::drain;
use crate::histories::webhook_pipeline::pipeline::Pipeline;

/// Callers at once, of each kind.
const MANY: u64 = 8;
const DAY: i64 = 86_400;

async fn shop(world: &World) -> Call {
    let api = world.call(catalogue::all());
    let plan = json!({ "id": "plan_pro", "name": "Pro", "amount": 9_900, "currency": "USD", "interval": "month" });
    api.post("/v3/plans", plan).await.expect(201);
    api
}

async fn customer(api: &Call) -> String {
    let customer = api
        .post("/v3/customers", json!({ "email": "ada@example.com" }))
        .await;
    customer.expect(201);
    let id = customer.text_of("id").to_owned();
    let method = json!({ "customer_id": id, "type": "card", "card": card(testkit::GOOD_CARD) });
    api.post("/v3/payment-methods", method).await.expect(201);
    id
}

/// What was created, of answers that are 201, or say that there is no such customer.
fn created(answers: Vec<Answer>) -> Vec<String> {
    let made = answers.into_iter().filter_map(|answer| {
        if answer.status == 201 {
            return Some(answer.text_of("id").to_owned());
        }
        let refused = answer.status == 404 || answer.pointers() == ["/customer_id"];
        assert!(refused, "{}", answer.text);
        None
    });
    made.collect()
}

#[tokio::test]
async fn who_is_deleted_while_others_subscribe_is_billed_no_more() {
    let world = World::new().await;
    let api = shop(&world).await;
    let mut survived = 0;
    for round in 0..4 {
        let id = customer(&api).await;
        let path = format!("/v3/customers/{id}");
        let subscription = json!({ "customer_id": id, "plan_id": "plan_pro" });
        let invoice = json!({
            "customer_id": id, "line_items": [{ "description": "Work", "quantity": 1, "unit_amount": 500 }], "auto_finalize": true,
        });
        let method = json!({ "customer_id": id, "type": "card", "card": card(testkit::GOOD_CARD) });
        let delete = async {
            // Later in each round.
            tokio::time::sleep(std::time::Duration::from_millis(400 * round)).await;
            api.delete(&path).await
        };
        let send = |path: &'static str, body: &serde_json::Value| {
            join_all((0..MANY).map(|number| {
                let caller = world.process(100 + number).call(catalogue::all());
                let body = body.clone();
                async move { caller.post(path, body).await }
            }))
        };
        let (deleted, subscriptions, invoices, methods) = tokio::join!(
            delete,
            send("/v3/subscriptions", &subscription),
            send("/v3/invoices", &invoice),
            send("/v3/payment-methods", &method),
        );
        deleted.expect(200);
        survived += created(subscriptions).len();
        drop((created(invoices), created(methods)));
    }
    assert!(survived > 0, "no subscription came before a deletion");
    let asked = world.sandbox.asked().len();
    // Two renewals later nobody was charged, and nothing is due.
    drain(&world.later(40 * DAY)).await;
    let later = world.later(80 * DAY);
    drain(&later).await;
    assert_eq!(later.sandbox.asked().len(), asked);
    let context = later.app.scheduled(later.ours.test(), None);
    let mut pages = Pages::of(100);
    while let Some(request) = pages.request() {
        let page = context.subscriptions(request, None, None).await.unwrap();
        for subscription in pages.turn(page) {
            assert!(subscription.status.is_over(), "{subscription:?}");
        }
    }
}

/// What the index did not show to whoever deleted the customer ends when it would be billed.
/// Its subscriptions are canceled first, so a conflict would leave a customer without them.
#[tokio::test]
async fn who_is_deleted_while_others_change_it_is_deleted() {
    let world = World::new().await;
    let api = shop(&world).await;
    for round in 0..4 {
        let id = customer(&api).await;
        let path = format!("/v3/customers/{id}");
        let subscription = json!({ "customer_id": id, "plan_id": "plan_pro" });
        api.post("/v3/subscriptions", subscription)
            .await
            .expect(201);
        let change = json!({ "metadata": { "round": round.to_string() } });
        let changes = join_all((0..MANY).map(|_| api.patch(&path, change.clone())));
        let (deleted, _) = tokio::join!(api.delete(&path), changes);
        deleted.expect(200);
        api.get(&path).await.expect(404);
    }
}

#[tokio::test]
async fn a_renewal_without_a_customer_ends_its_subscription() {
    let world = World::new().await;
    let api = shop(&world).await;
    let id = customer(&api).await;
    let made = json!({ "customer_id": id, "plan_id": "plan_pro" });
    let made = api.post("/v3/subscriptions", made).await;
    made.expect(201);
    let context = world.app.context(world.ours.test(), Origin::system());
    let customer: Id<ids::Customer> = id.parse().unwrap();
    let stored = context.find_now(customer).await.unwrap().unwrap();
    let mut gone = (*stored).clone();
    gone.deleted = Some(context.wall());
    let mut writes = context.writes().await.unwrap();
    writes.update(&stored, &gone, None).unwrap();
    assert!(context.write(&writes).await.unwrap());
    let asked = world.sandbox.asked().len();
    let later = world.later(32 * DAY);
    drain(&later).await;
    assert_eq!(later.sandbox.asked().len(), asked);
    let path = format!("/v3/subscriptions/{}", made.text_of("id"));
    let found = later.call(catalogue::all()).get(&path).await;
    assert_eq!(found.expect(200)["status"], "canceled");
}

#[tokio::test]
async fn two_thousand_deletions_cost_a_list_nothing() {
    let world = World::to_measure("2026-01-15T12:00:00Z").await;
    let api = world.call(catalogue::all());
    let left = api.customer().await;
    let context = world.app.context(world.ours.test(), Origin::system());
    let first: Id<ids::Customer> = left.parse().unwrap();
    let stored = context.find_now(first).await.unwrap().unwrap();
    let deletion = async |number| {
        let customer = Customer {
            id: Id::new(first.number() + number).unwrap(),
            ..(*stored).clone()
        };
        let mut writes = context.writes().await.unwrap();
        let made = writes.create(&customer, None).unwrap();
        assert!(context.write(&writes).await.unwrap());
        let mut gone = customer;
        gone.deleted = Some(context.wall());
        let mut writes = context.writes().await.unwrap();
        let event = Some(EventType::CustomerDeleted);
        writes.update(&made, &gone, event).unwrap();
        assert!(context.write(&writes).await.unwrap());
    };
    for tens in 0..200 {
        join_all((1..=10).map(|number| deletion(10 * tens + number))).await;
    }
    for path in ["/v3/customers", "/v3/customers?email=a@example.com"] {
        // The credential is read and remembered.
        api.get(path).await.expect(200);
        world.meter.take();
        let list = api.get(path).await;
        let units = world.meter.take();
        let list = list.expect(200);
        assert_eq!(list["data"].as_array().unwrap().len(), 1, "{path}");
        assert_eq!(
            (&list["data"][0]["id"], &list["has_more"]),
            (&json!(left), &json!(false))
        );
        let most = if path.contains('?') { (10, 2) } else { (5, 1) };
        assert_eq!((units.read_tenths, units.round_trips()), most, "{units:?}");
    }
}

#[tokio::test]
async fn a_deletion_is_told_once() {
    let mut pipeline = Pipeline::start().await;
    let api = pipeline.api();
    let customer = customer(&api).await;
    let line = json!({ "description": "Work", "quantity": 1, "unit_amount": 500 });
    let invoice = json!({ "customer_id": customer, "line_items": [line] });
    let card = json!({ "customer_id": customer, "type": "card", "card": card(testkit::GOOD_CARD) });
    let plan = json!({ "id": "pro", "name": "Pro", "amount": 9_900, "currency": "USD", "interval": "month" });
    let coupon = json!({ "id": "welcome", "name": "Welcome", "percent_off": 10 });
    for (list, new) in [
        ("invoices", invoice),
        ("payment-methods", card),
        ("plans", plan),
        ("coupons", coupon),
    ] {
        let made = api.post(&format!("/v3/{list}"), new).await;
        made.expect(201);
        let path = format!("/v3/{list}/{}", made.text_of("id"));
        api.delete(&path).await.expect(200);
        api.delete(&path).await.expect(404);
        api.get(&path).await.expect(404);
    }
    let path = format!("/v3/customers/{customer}");
    api.delete(&path).await.expect(200);
    while pipeline.relay(100).await {}
    // The stream is read once more from its beginning.
    pipeline.after = None;
    while pipeline.relay(7).await {}
    let told = api.get("/v3/events?order=asc&limit=100").await;
    let told = told.expect(200)["data"].as_array().unwrap();
    let gone: Vec<_> = told
        .iter()
        .filter(|event| {
            let kind = event["type"].as_str().unwrap();
            kind.ends_with(".deleted") || kind.ends_with(".detached")
        })
        .map(|event| (event["type"].as_str().unwrap(), event["sequence"].clone()))
        .collect();
    assert_eq!(
        gone,
        [
            ("invoice.deleted", json!(2)),
            ("payment_method.detached", json!(2)),
            ("plan.deleted", json!(2)),
            ("coupon.deleted", json!(2)),
            ("customer.deleted", json!(3)),
        ]
    );
}

#[tokio::test]
async fn who_read_a_record_before_it_was_deleted_cannot_write_it() {
    let world = World::new().await;
    let api = world.call(catalogue::all());
    let id = api.customer().await;
    let context = world.app.context(world.ours.test(), Origin::system());
    let customer: Id<ids::Customer> = id.parse().unwrap();
    let stored = context.find_now(customer).await.unwrap().unwrap();
    let path = format!("/v3/customers/{id}");
    api.delete(&path).await.expect(200);
    let mut changed = (*stored).clone();
    changed.words = "late".to_owned();
    let mut writes = context.writes().await.unwrap();
    writes.update(&stored, &changed, None).unwrap();
    assert!(!context.write(&writes).await.unwrap());
    // A child of it finds no parent either.
    let mut writes = context.writes().await.unwrap();
    let other = Customer {
        id: Id::new(customer.number() + 1).unwrap(),
        ..changed
    };
    writes.create(&other, None).unwrap();
    writes.child_of(customer, "/customer_id");
    assert!(context.write(&writes).await.is_err());
    assert_eq!(api.get("/v3/customers").await.body["data"], json!([]));
}

#[tokio::test]
async fn a_name_stays_taken_also_while_it_is_deleted() {
    let world = World::new().await;
    let api = world.call(catalogue::all());
    let plan = json!({ "id": "pro", "name": "Pro", "amount": 9_900, "currency": "USD", "interval": "month" });
    for round in 0..8 {
        let mut plan = plan.clone();
        plan["id"] = json!(format!("pro{round}"));
        api.plan(plan.clone()).await;
        let path = format!("/v3/plans/pro{round}");
        let again = join_all((0..MANY).map(|number| {
            let caller = world.process(100 + number).call(catalogue::all());
            let plan = plan.clone();
            async move {
                tokio::time::sleep(std::time::Duration::from_millis(2 * number)).await;
                caller.post("/v3/plans", plan).await
            }
        }));
        let (gone, again) = tokio::join!(api.delete(&path), again);
        gone.expect(200);
        for answer in again {
            assert_eq!(answer.text_of("code"), "already_exists");
        }
    }
    assert_eq!(api.get("/v3/plans").await.body["data"], json!([]));
}
