//! A test clock stands still, and all processes make ids of the same time: each record has one of its own, and no event is lost.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use testkit::{Call, World, card};

use crate::generators::catalogue;
use crate::histories::webhook_pipeline::pipeline::Pipeline;

/// A world whose test clock stands.
async fn standing() -> World {
    let world = World::new().await;
    let to = json!({ "to": "2026-02-01T00:00:00Z" });
    let clock = world.call(catalogue::all());
    clock.post("/v3/test-clock/advance", to).await.expect(202);
    world
}

/// Two processes that draw the same ids.
fn twins(world: &World) -> [Call; 2] {
    [1, 2].map(|_| world.process(77).call(catalogue::all()))
}

#[tokio::test]
async fn who_meets_another_id_takes_the_next_one() {
    let world = standing().await;
    let twins = twins(&world);
    let customer = world.call(catalogue::all()).customer().await;
    let line = json!({ "description": "Work", "quantity": 1, "unit_amount": 500 });
    let plan = json!({ "name": "Pro", "amount": 9_900, "currency": "USD", "interval": "month" });
    world
        .call(catalogue::all())
        .plan(json!({ "id": "pro", "name": "Pro", "amount": 9_900, "currency": "USD", "interval": "month" }))
        .await;
    let kinds: [(&str, Value); 9] = [
        ("customers", json!({ "email": "a@example.com" })),
        ("plans", plan),
        ("coupons", json!({ "name": "Welcome", "percent_off": 10 })),
        (
            "webhooks",
            json!({ "url": "https://example.com/", "events": ["*"] }),
        ),
        (
            "payment-methods",
            json!({ "customer_id": customer, "type": "card", "card": card(testkit::GOOD_CARD) }),
        ),
        (
            "invoices",
            json!({ "customer_id": customer, "line_items": [line] }),
        ),
        (
            "subscriptions",
            json!({ "customer_id": customer, "plan_id": "pro" }),
        ),
        (
            "payments",
            json!({ "amount": 100, "currency": "USD", "customer_id": customer }),
        ),
        (
            "tax-rates",
            json!({ "display_name": "VAT", "percentage": "20" }),
        ),
    ];
    for (list, new) in kinds {
        let mut ids = BTreeSet::new();
        for _ in 0..3 {
            for twin in &twins {
                let made = twin.post(&format!("/v3/{list}"), new.clone()).await;
                made.expect(201);
                assert!(ids.insert(made.text_of("id").to_owned()), "{list}");
            }
        }
    }
}

/// Two events of one record that drew the same id are two.
#[tokio::test]
async fn events_that_drew_the_same_id_are_all_told() {
    let mut pipeline = Pipeline::over(standing().await);
    let twins = twins(&pipeline.world);
    let customer = pipeline.api().customer().await;
    let path = format!("/v3/customers/{customer}");
    for number in 0..5 {
        for (twin, by) in twins.iter().zip(["one", "two"]) {
            let change = json!({ "metadata": { "by": by, "number": format!("{number}") } });
            twin.patch(&path, change).await.expect(200);
        }
    }
    while pipeline.relay(100).await {}
    let told = pipeline
        .api()
        .get("/v3/events?type=customer.updated&limit=100")
        .await;
    let told = told.expect(200)["data"].as_array().unwrap();
    let of = |name: &str| -> BTreeSet<String> {
        told.iter().map(|event| event[name].to_string()).collect()
    };
    assert_eq!(
        (told.len(), of("id").len(), of("sequence").len()),
        (10, 10, 10)
    );
}
