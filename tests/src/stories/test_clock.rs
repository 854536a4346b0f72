//! A test clock waits for what is under way: equal histories are equal to the second.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use local::functions;
use serde_json::json;
use serde_json::value::RawValue;
use testkit::{Fault, Meter};

use crate::stories::story::{Cloud, Receiver, SECRET};

const GOOD: &str = testkit::GOOD_CARD;
/// It can be attached and is refused when it is charged.
const BAD: &str = "4000000000000341";

/// Names of ids that are the same in every run: their order of appearance.
#[derive(Default)]
struct Names(BTreeMap<String, String>);

impl Names {
    fn of(&mut self, id: &str) -> String {
        let kind = id.split('_').next().unwrap_or_default();
        let count = self.0.len();
        let name = self.0.entry(id.to_owned());
        name.or_insert_with(|| format!("{kind} {count}")).clone()
    }
}

async fn customer(cloud: &Cloud, number: &str) -> String {
    let new = json!({ "email": "test@example.com" });
    let customer = cloud.post("/v3/customers", &new, 201).await;
    let id = customer["id"].as_str().unwrap().to_owned();
    let card = json!({ "number": number, "exp_month": 12, "exp_year": 2040, "cvc": "123" });
    let method = json!({ "customer_id": id, "type": "card", "card": card, "default": true });
    cloud.post("/v3/payment-methods", &method, 201).await;
    id
}

/// Two months of three subscriptions, one of which is refused and dunned, with an endpoint that takes all, one that fails and
/// one that never answers. What was told, and how it was delivered, oldest first.
async fn history() -> Vec<String> {
    let (receiver, broken) = (
        Receiver::start().await,
        Receiver::refusing(usize::MAX).await,
    );
    let cloud = Cloud::start(None).await;
    for (url, events) in [
        (receiver.url.as_str(), json!(["*"])),
        (broken.url.as_str(), json!(["invoice.paid"])),
        ("http://127.0.0.1:9/hook", json!(["invoice.payment_failed"])),
    ] {
        let webhook = json!({ "url": url, "events": events, "secret": SECRET, "enabled": true });
        cloud.post("/v3/webhooks", &webhook, 201).await;
    }
    cloud
        .advance_to("2030-01-10T12:00:00Z".parse().unwrap())
        .await;
    let meters = json!([{ "metric_name": "calls", "pricing_model": "per_unit", "amount": 10 }]);
    let plan = json!({
        "id": "pro", "name": "Pro", "currency": "USD", "amount": 1000, "interval": "month", "pricing_model": "per_unit",
        "meters": meters,
    });
    cloud.post("/v3/plans", &plan, 201).await;
    let mut subscriptions = Vec::new();
    for (number, trial) in [(GOOD, 0), (BAD, 5), (GOOD, 5)] {
        let customer = customer(&cloud, number).await;
        let new = json!({ "customer_id": customer, "plan_id": "pro", "trial_period_days": trial });
        let subscription = cloud.post("/v3/subscriptions", &new, 201).await;
        subscriptions.push(subscription["id"].as_str().unwrap().to_owned());
    }
    let usage =
        json!({ "subscription_id": subscriptions[0], "metric_name": "calls", "quantity": 7 });
    cloud.post("/v3/usage", &usage, 201).await;
    cloud.advance(20).await;
    let seats = json!({ "quantity": 3, "proration_behavior": "always_invoice" });
    cloud
        .patch(&format!("/v3/subscriptions/{}", subscriptions[2]), &seats)
        .await;
    cloud.advance(40).await;
    told(&cloud).await
}

async fn told(cloud: &Cloud) -> Vec<String> {
    let mut events = Vec::new();
    let mut path = "/v3/events?limit=100".to_owned();
    loop {
        let page = cloud.get(&path).await;
        events.extend(page["data"].as_array().unwrap().clone());
        if page["has_more"] == false {
            break;
        }
        let cursor = page["next_cursor"].as_str().unwrap();
        path = format!("/v3/events?limit=100&cursor={cursor}");
    }
    events.reverse();
    // The clock stands in real time before it is set.
    events.retain(|event| event["created"].as_str().unwrap() >= "2030");
    let mut names = Names::default();
    let mut lines = Vec::new();
    for event in &events {
        let object = event["data"]["object"]["id"].as_str().unwrap_or("clock");
        let (kind, at) = (&event["type"], &event["created"]);
        lines.push(format!("{at} {kind} {}", names.of(object)));
        names.of(event["id"].as_str().unwrap());
    }
    let webhooks = cloud.get("/v3/webhooks").await;
    for webhook in webhooks["data"].as_array().unwrap().iter().rev() {
        let id = webhook["id"].as_str().unwrap();
        let path = format!("/v3/webhooks/{id}/deliveries?limit=100");
        let deliveries = cloud.get(&path).await;
        for delivery in deliveries["deliveries"].as_array().unwrap().iter().rev() {
            if delivery["created"].as_str().unwrap() < "2030" {
                continue;
            }
            let event = names.of(delivery["event_id"].as_str().unwrap());
            let fields = [
                "status",
                "attempts",
                "created",
                "delivered_at",
                "next_retry",
            ];
            let fields: Vec<_> = fields.iter().map(|field| &delivery[*field]).collect();
            lines.push(format!("{event} {fields:?}"));
        }
    }
    lines
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn equal_histories_have_equal_events_at_equal_times() {
    let (one, other) = tokio::join!(history(), history());
    let refused = |line: &&String| line.contains("payment_failed");
    assert!(one.iter().filter(refused).count() > 2, "{one:#?}");
    for (line, other) in one.iter().zip(&other) {
        assert_eq!(line, other, "{one:#?}");
    }
    assert_eq!(one.len(), other.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_retry_comes_to_the_second_when_it_was_to() {
    let cloud = Cloud::start(None).await;
    trial(&cloud, BAD).await;
    let begun = Instant::now();
    cloud.advance(30).await;
    assert!(
        begun.elapsed() < Duration::from_secs(15),
        "{:?}",
        begun.elapsed()
    );
    let payments = cloud.get("/v3/payments").await;
    let mut at: Vec<&str> = payments["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|payment| payment["created"].as_str().unwrap())
        .collect();
    at.reverse();
    let days = ["01-11", "01-14", "01-19", "01-26", "02-09"];
    assert_eq!(at, days.map(|day| format!("2030-{day}T12:00:00Z")));
}

/// A cloud whose first worker of billing that gets something of this kind at that moment dies after that call, and nobody hears
/// of it.
async fn cloud_where_one_dies(kind: &str, at: &str, call: u64) -> Cloud {
    Cloud::start_with(None, |aws| {
        let mut config = functions::config(aws, "billing-run", None);
        let meter = Meter::of(&mut config);
        let dying = billing_run::function(&config).unwrap();
        let marks = [kind, at].map(|mark| format!("\\\"{mark}\\\""));
        let alive = AtomicBool::new(true);
        functions::wire(aws, None)
            .unwrap()
            .wrapping("billing-run", |billing| {
                Arc::new(move |event| {
                    let meant = marks.iter().all(|mark| event.get().contains(mark));
                    if !meant || !alive.swap(false, Ordering::SeqCst) {
                        return billing(event);
                    }
                    meter.fault(Some(Fault::DieAfter(call)));
                    let dies = dying(event);
                    // The message is not seen again for minutes, as if the machine had gone.
                    Box::pin(async move {
                        drop(dies.await);
                        let nothing = r#"{"batchItemFailures":[]}"#.to_owned();
                        Ok(RawValue::from_string(nothing).unwrap())
                    })
                })
            })
    })
    .await
}

/// A subscription whose trial ends on 11 January 2030 at noon.
async fn trial(cloud: &Cloud, number: &str) {
    let customer = customer(cloud, number).await;
    let plan = json!({ "id": "pro", "name": "Pro", "currency": "USD", "amount": 1000, "interval": "month" });
    cloud.post("/v3/plans", &plan, 201).await;
    cloud
        .advance_to("2030-01-10T12:00:00Z".parse().unwrap())
        .await;
    let new = json!({ "customer_id": customer, "plan_id": "pro", "trial_period_days": 1 });
    cloud.post("/v3/subscriptions", &new, 201).await;
}

/// When payments were made and what became of them, oldest first.
async fn payments(cloud: &Cloud) -> Vec<String> {
    let payments = cloud.get("/v3/payments").await;
    let payments = payments["data"].as_array().unwrap().iter().rev();
    let payments = payments.map(|one| format!("{} {}", one["created"], one["status"]));
    payments.map(|one| one.replace('"', "")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_dies_before_an_item_moved_on_is_made_up_for_at_the_same_moment() {
    // The payment is written down.
    let cloud = cloud_where_one_dies("sub", "2030-01-11T12:00:00Z", 4).await;
    trial(&cloud, GOOD).await;
    let begun = Instant::now();
    cloud.advance(2).await;
    assert!(begun.elapsed() > Duration::from_secs(15));
    assert_eq!(payments(&cloud).await, ["2030-01-11T12:00:00Z succeeded"]);
    let invoices = cloud.get("/v3/invoices").await;
    assert_eq!(invoices["data"].as_array().unwrap().len(), 1);
    assert_eq!(invoices["data"][0]["status"], "paid");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_attempt_whose_worker_died_is_taken_up_when_its_time_is_over() {
    // The attempt is written down with the invoice.
    let cloud = cloud_where_one_dies("inv", "2030-01-14T12:00:00Z", 4).await;
    trial(&cloud, BAD).await;
    let begun = Instant::now();
    cloud.advance(10).await;
    assert!(begun.elapsed() > Duration::from_secs(15));
    let failed = ["11T12:00", "14T12:00", "19T12:02"];
    let failed = failed.map(|at| format!("2030-01-{at}:00Z failed"));
    assert_eq!(payments(&cloud).await, failed);
    let invoices = cloud.get("/v3/invoices").await;
    assert_eq!(invoices["data"][0]["attempt_count"], 3);
}
