//! What grows is bounded: each record is filled as far as callers can, still works, and stays well below the 400 KB of an item; and
//! one more is refused by a sentence, not by DynamoDB.

use models::ids::Id;
use models::payments::Refund;
use models::{Error, Money};
use operations::Context;
use serde_json::{Map, Value, json};
use store::Origin;
use testkit::{Call, World};

use crate::generators::catalogue;

/// What an item has at the most after all that callers can put into it.
const MAX_BYTES: usize = 300_000;

/// What DynamoDB counts of a value, generously.
fn bytes(value: &Value) -> usize {
    match value {
        Value::Array(list) => list.iter().map(|value| 3 + bytes(value)).sum(),
        Value::Object(map) => {
            let sizes = map
                .iter()
                .map(|(name, value)| 3 + name.len() + bytes(value));
            sizes.sum()
        }
        Value::String(text) => text.len(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 1,
    }
}

/// The largest item of each type.
fn largest(world: &World) -> Map<String, Value> {
    let mut largest: Map<String, Value> = Map::new();
    for item in world.dump() {
        // A counter has no type.
        let kind = item["et"]["S"].as_str().unwrap_or("counter").to_owned();
        let size = bytes(&item);
        let known = largest.entry(kind).or_insert(json!(0));
        if known.as_u64().unwrap() < u64::try_from(size).unwrap() {
            *known = json!(size);
        }
    }
    largest
}

fn assert_room(world: &World, kinds: &[&str]) {
    let largest = largest(world);
    for (kind, size) in &largest {
        let size = usize::try_from(size.as_u64().unwrap()).unwrap();
        assert!(size < MAX_BYTES, "{kind}: {largest:?}");
    }
    for kind in kinds {
        assert!(largest.contains_key(*kind), "{kind}: {largest:?}");
    }
}

/// A text of so many characters of four bytes each.
fn long(chars: usize) -> String {
    "𝔘".repeat(chars)
}

/// Metadata, or fields of the caller's own, as large as they may be.
fn full_map() -> Value {
    let entries = (10..60).map(|n| (format!("{n}{}", long(38)), json!(long(500))));
    Value::Object(entries.collect())
}

fn refused(answer: &testkit::Answer, pointer: &str, code: &str) {
    answer.expect(400);
    assert_eq!(answer.pointers(), [pointer], "{}", answer.text);
    assert_eq!(answer.body["errors"][0]["code"], code, "{}", answer.text);
}

async fn customer(api: &Call) -> String {
    let customer = api.post("/v3/customers", json!({ "email": "a@example.com" }));
    customer.await.text_of("id").to_owned()
}

#[tokio::test]
async fn a_customer_and_an_endpoint_take_all_that_their_fields_take() {
    let world = World::new().await;
    let api = world.call(catalogue::all());
    let segments: Vec<String> = (10..60).map(|n| format!("{n}{}", long(62))).collect();
    let body = json!({
        "email": "a@example.com", "first_name": long(100), "last_name": long(100), "segments": segments,
        "custom_fields": full_map(), "metadata": full_map(),
    });
    let made = api.idempotent("k").post("/v3/customers", body).await;
    made.expect(201);
    let path = format!("/v3/customers/{}", made.text_of("id"));
    let one_more = api
        .patch(&path, json!({ "metadata": { "more": "1" } }))
        .await;
    refused(&one_more, "/metadata", "too_many");
    api.patch(&path, json!({ "first_name": "A" }))
        .await
        .expect(200);
    let headers = (10..30).map(|n| (format!("X-{n}{}", "a".repeat(90)), json!("b".repeat(1000))));
    let body = json!({
        "url": "https://example.com/hook", "events": ["*"], "description": long(500),
        "headers": Value::Object(headers.collect()), "metadata": full_map(), "secret": "s".repeat(256),
    });
    let endpoint = api.post("/v3/webhooks", body).await;
    endpoint.expect(201);
    let path = format!("/v3/webhooks/{}/rotate-secret", endpoint.text_of("id"));
    for _ in 0..13 {
        let secret = json!({ "secret": "t".repeat(256), "overlap_hours": 24 });
        let rotated = api.post(&path, secret).await;
        assert!(
            matches!(rotated.status.as_u16(), 200 | 400 | 409),
            "{}",
            rotated.text
        );
    }
    assert_room(&world, &["cust", "we", "idem"]);
}

#[tokio::test]
async fn an_invoice_takes_a_hundred_lines_and_no_more_than_it_has_room_for() {
    let world = World::new().await;
    let api = world.call(catalogue::all());
    let customer = customer(&api).await;
    let mut rates = Vec::new();
    for _ in 0..5 {
        let rate = json!({ "display_name": long(50), "percentage": 7 });
        rates.push(
            api.post("/v3/tax-rates", rate)
                .await
                .text_of("id")
                .to_owned(),
        );
    }
    let line = |text: &str| json!({ "description": text, "quantity": 1.5, "unit_amount": 1000, "tax_rate_ids": rates });
    let invoice = |text: &str, count: usize| json!({ "customer_id": customer, "currency": "USD", "line_items": vec![line(text); count] });
    let many = api.post("/v3/invoices", invoice("a", 101)).await;
    refused(&many, "/line_items", "too_many");
    let large = api.post("/v3/invoices", invoice(&long(200), 100)).await;
    refused(&large, "/line_items", "too_large");
    let good = api
        .idempotent("k")
        .post("/v3/invoices", invoice(&"a".repeat(200), 100))
        .await;
    good.expect(201);
    let path = format!("/v3/invoices/{}", good.text_of("id"));
    let more = api.patch(&path, json!({ "metadata": full_map() })).await;
    refused(&more, "/metadata", "too_large");
    let more = api
        .patch(&path, json!({ "line_items": vec![line(&long(200)); 100] }))
        .await;
    refused(&more, "/line_items", "too_large");
    api.post(&format!("{path}/finalize"), json!({}))
        .await
        .expect(200);
    for quantity in [json!(1), json!(0.5)] {
        let id = good.text_of("id").trim_start_matches("inv_rs_");
        let line =
            |n: usize| json!({ "line_item_id": format!("il_{id}_{n}"), "quantity": quantity });
        let lines: Vec<Value> = (1..=100).map(line).collect();
        let note = json!({ "invoice_id": good.text_of("id"), "lines": lines });
        api.post("/v3/credit-notes", note).await.expect(201);
    }
    api.get(&path).await.expect(200);
    assert_room(&world, &["inv", "cn", "txr", "idem"]);
}

/// A plan of ten meters, and of as many tiers as each price can have.
fn plan(id: &str) -> Value {
    let tiers: Vec<Value> = (1..=20)
        .map(|n: u64| {
            let up_to = (n < 20).then_some(n * 1_000_000_000);
            json!({ "up_to": up_to, "unit_amount": 0.123_456, "flat_amount": 99_999_999 })
        })
        .collect();
    let meters: Vec<Value> = (0..10)
        .map(|n| {
            json!({
                "metric_name": format!("{id}_{n}_{}", "m".repeat(50)), "name": "n".repeat(200),
                "pricing_model": "graduated", "tiers": tiers,
            })
        })
        .collect();
    json!({
        "id": id, "name": "p".repeat(200), "currency": "USD", "interval": "month", "pricing_model": "graduated",
        "tiers": tiers, "meters": meters,
    })
}

#[tokio::test]
async fn a_subscription_has_room_for_so_much_and_can_always_be_billed_changed_and_ended() {
    let world = World::new().await;
    let api = world.call(catalogue::all());
    let customer = customer(&api).await;
    for n in 0..20 {
        api.post("/v3/plans", plan(&format!("p{n}")))
            .await
            .expect(201);
    }
    let subscription = |plans: usize| {
        let items: Vec<Value> = (0..plans)
            .map(|n| json!({ "plan_id": format!("p{n}") }))
            .collect();
        json!({ "customer_id": customer, "items": items, "collection_method": "send_invoice", "days_until_due": 30 })
    };
    let mut room = 0;
    for plans in 3..=8 {
        let answer = api.post("/v3/subscriptions", subscription(plans)).await;
        if answer.status != 201 {
            refused(&answer, "/items", "too_large");
            break;
        }
        room = plans;
    }
    assert!((3..8).contains(&room), "{room}");
    let made = api
        .idempotent("k")
        .post("/v3/subscriptions", subscription(room))
        .await;
    let path = format!("/v3/subscriptions/{}", made.text_of("id"));
    api.patch(&path, json!({ "quantity": 2 })).await.expect(200);
    let metadata = api.patch(&path, json!({ "metadata": full_map() })).await;
    refused(&metadata, "/metadata", "too_large");
    let scheduled = json!({ "items": subscription(8)["items"], "effective": "period_end" });
    let scheduled = api.patch(&path, scheduled).await;
    refused(&scheduled, "/items", "too_large");
    api.get(&path).await.expect(200);
    let ended = api
        .post(&format!("{path}/cancel"), json!({ "prorate": true }))
        .await;
    ended.expect(200);
    assert_room(&world, &["plan", "sub", "inv", "idem"]);
}

#[tokio::test]
async fn a_backdated_subscription_begins_with_an_invoice_that_has_room_for_its_lines() {
    let world = World::new().await;
    let api = world.call(catalogue::all());
    let customer = customer(&api).await;
    for n in 0..20 {
        let plan = json!({ "id": format!("d{n}"), "name": "n".repeat(200), "currency": "USD", "amount": 1, "interval": "day" });
        api.post("/v3/plans", plan).await.expect(201);
    }
    let begin = async |plans: usize, date: &str| {
        let items: Vec<Value> = (0..plans)
            .map(|n| json!({ "plan_id": format!("d{n}") }))
            .collect();
        let body = json!({
            "customer_id": customer, "items": items, "start_date": date, "collection_method": "send_invoice",
        });
        api.post("/v3/subscriptions", body).await
    };
    refused(
        &begin(20, "2025-10-01T00:00:00Z").await,
        "/start_date",
        "too_large",
    );
    begin(2, "2025-10-01T00:00:00Z").await.expect(201);
    begin(20, "2026-01-08T00:00:00Z").await.expect(201);
    assert_room(&world, &["inv", "sub"]);
}

#[tokio::test]
async fn five_hundred_reports_at_once_fit_into_a_page() {
    let world = World::new().await;
    let api = world.call(catalogue::all());
    let customer = customer(&api).await;
    let plan =
        json!({ "id": "p", "name": "P", "currency": "USD", "amount": 1, "interval": "month" });
    api.post("/v3/plans", plan).await.expect(201);
    let new = json!({ "customer_id": customer, "plan_id": "p", "trial_period_days": 9 });
    let subscription = api.post("/v3/subscriptions", new).await;
    let event = |n: usize| {
        json!({
            "subscription_id": subscription.text_of("id"), "metric_name": "m".repeat(64), "quantity": 123_456.123_456,
            "idempotency_key": format!("{n}{}", long(190)), "unique_value": format!("{n}{}", "u".repeat(190)),
        })
    };
    let events: Vec<Value> = (100..600).map(event).collect();
    let small: Vec<Value> = events.iter().take(200).cloned().collect();
    let answer = api
        .post("/v3/usage/batch", json!({ "events": small }))
        .await;
    assert!(
        matches!(answer.status.as_u16(), 200 | 201),
        "{}",
        answer.text
    );
    let many: Vec<Value> = (0..501)
        .map(|n| {
            let mut event = event(n);
            event["idempotency_key"] = json!(n.to_string());
            event["unique_value"] = Value::Null;
            event
        })
        .collect();
    let refused_batch = api.post("/v3/usage/batch", json!({ "events": many })).await;
    refused(&refused_batch, "/events", "too_many");
    let answer = api
        .post("/v3/usage/batch", json!({ "events": many[..500] }))
        .await;
    assert!(
        matches!(answer.status.as_u16(), 200 | 201),
        "{}",
        answer.text
    );
    assert_room(&world, &["usage"]);
}

fn context(world: &World) -> Context {
    world.app.context(world.ours.test(), Origin::system())
}

#[tokio::test]
async fn a_commit_of_more_items_than_a_transaction_takes_says_so_and_writes_nothing() {
    let world = World::new().await;
    let context = context(&world);
    let before = world.dump();
    let now = context.now().await.unwrap();
    let usd = Money::new(1, "USD".parse().unwrap());
    let mut writes = context.writes().await.unwrap();
    for id in 1..=101 {
        let id = Id::new(id).unwrap();
        let refund = Refund::begin(id, Id::new(1).unwrap(), usd, None, now);
        writes.create(&refund, None).unwrap();
    }
    let Err(Error::Internal(detail)) = context.write(&writes).await else {
        panic!("it was written")
    };
    assert_eq!(
        detail,
        "one commit has 101 items, refund and others; a transaction takes 100"
    );
    assert_eq!(world.dump(), before);
}

#[tokio::test]
async fn an_item_that_dynamodb_would_not_take_is_refused_before() {
    let world = World::new().await;
    let context = context(&world);
    let now = context.now().await.unwrap();
    let usd = Money::new(1, "USD".parse().unwrap());
    let mut writes = context.writes().await.unwrap();
    let reason = |bytes: usize| Some("x".repeat(bytes));
    let (one, two) = (Id::new(1).unwrap(), Id::new(2).unwrap());
    let large = Refund::begin(one, Id::new(1).unwrap(), usd, reason(400_000), now);
    let refused = writes.create(&large, None).unwrap_err();
    assert!(
        matches!(
            refused,
            Error::Conflict {
                code: "record_too_large",
                ..
            }
        ),
        "{refused}"
    );
    let fits = Refund::begin(two, Id::new(1).unwrap(), usd, reason(399_000), now);
    writes.create(&fits, None).unwrap();
    assert!(context.write(&writes).await.unwrap());
}
