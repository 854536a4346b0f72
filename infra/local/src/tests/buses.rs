//! The bus through its client: rules, targets and refusals.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use serde_json::{Value, json};

use super::{Seen, World, accepting, events, services, stub, until};
use crate::cloud::Aws;

fn entry(detail_type: &str, detail: &Value) -> PutEventsRequestEntry {
    PutEventsRequestEntry::builder()
        .source("savvy")
        .detail_type(detail_type)
        .detail(detail.to_string())
        .event_bus_name("savvy-bus")
        .build()
}

async fn put(
    aws: &Aws,
    entries: Vec<PutEventsRequestEntry>,
) -> aws_sdk_eventbridge::operation::put_events::PutEventsOutput {
    events(aws)
        .put_events()
        .set_entries(Some(entries))
        .send()
        .await
        .unwrap()
}

#[tokio::test]
async fn a_matching_event_is_stored_before_the_answer() {
    let (aws, _) = services(None).await;
    let output = put(
        &aws,
        vec![
            entry("invoice.paid", &json!({ "amount": 100, "id": 1 })),
            entry("invoice.paid", &json!({ "amount": 99, "id": 2 })),
        ],
    )
    .await;
    assert_eq!(output.failed_entry_count(), 0);
    let messages = aws.queues().receive("savvy-Fanout", 10, None).unwrap();
    let [message] = messages.as_slice() else {
        panic!("one of two events matches");
    };
    let event: Value = serde_json::from_str(&message.body).unwrap();
    let id = output.entries().first().unwrap().event_id().unwrap();
    assert_eq!(
        event,
        json!({
            "version": "0",
            "id": id,
            "detail-type": "invoice.paid",
            "source": "savvy",
            "account": "000000000000",
            "time": "2026-01-01T00:00:00Z",
            "region": "us-east-1",
            "resources": [],
            "detail": { "amount": 100, "id": 1 },
        })
    );
}

#[tokio::test]
async fn entries_fail_by_themselves() {
    let (aws, _) = services(None).await;
    let good = entry("a", &json!({ "amount": 500 }));
    let malformed = PutEventsRequestEntry::builder()
        .source("savvy")
        .detail_type("a")
        .detail("{")
        .event_bus_name("savvy-bus")
        .build();
    let nowhere = PutEventsRequestEntry::builder()
        .source("savvy")
        .detail_type("a")
        .detail("{}")
        .event_bus_name("nowhere")
        .build();
    let sourceless = PutEventsRequestEntry::builder()
        .detail_type("a")
        .detail("{}")
        .event_bus_name("savvy-bus")
        .build();
    let output = put(&aws, vec![malformed, good, nowhere, sourceless]).await;
    assert_eq!(output.failed_entry_count(), 3);
    let codes: Vec<Option<&str>> = output
        .entries()
        .iter()
        .map(|entry| entry.error_code())
        .collect();
    assert_eq!(
        codes,
        [
            Some("MalformedDetail"),
            None,
            Some("EventBusNotFound"),
            Some("InvalidArgument")
        ]
    );
    assert_eq!(aws.queues().counts("savvy-Fanout").unwrap().visible, 1);

    let eleven = vec![entry("a", &json!({})); 11];
    let refused = events(&aws)
        .put_events()
        .set_entries(Some(eleven))
        .send()
        .await;
    assert!(refused.is_err());
}

#[tokio::test]
async fn the_time_of_an_event_may_be_given() {
    let (aws, _) = services(None).await;
    let entry = PutEventsRequestEntry::builder()
        .source("savvy")
        .detail_type("a")
        .detail(r#"{"amount":100}"#)
        .event_bus_name("savvy-bus")
        .time(aws_sdk_eventbridge::primitives::DateTime::from_millis(
            1_700_000_000_500,
        ))
        .build();
    put(&aws, vec![entry]).await;
    let message = aws
        .queues()
        .receive("savvy-Fanout", 1, None)
        .unwrap()
        .remove(0);
    assert!(
        message.body.contains("2023-11-14T22:13:20Z"),
        "{}",
        message.body
    );
}

#[tokio::test]
async fn a_function_is_invoked_with_the_event() {
    let seen = Seen::default();
    let world = World::start([("worker", accepting(&seen))]).await;
    put(
        world.aws(),
        vec![entry("thing.created", &json!({ "id": 7 }))],
    )
    .await;
    until("the invocation", || seen.lock().unwrap().len() == 1).await;
    let event = seen.lock().unwrap().remove(0);
    assert_eq!(event["detail"]["id"], 7);
    assert_eq!(event["detail-type"], "thing.created");
    let queue = crate::asynchronous::queue_name("worker");
    let queues = Arc::clone(world.aws().queues());
    until("the deletion", || {
        queues.counts(&queue).unwrap() == crate::queues::Counts::default()
    })
    .await;
}

#[tokio::test]
async fn an_asynchronous_invocation_is_retried_and_then_given_up() {
    let seen = Seen::default();
    let attempts = Arc::new(Mutex::new(0));
    let counter = Arc::clone(&attempts);
    let failing = stub(&seen, move |_| {
        *counter.lock().unwrap() += 1;
        Err("no".to_owned())
    });
    let world = World::start([("worker", failing)]).await;
    put(
        world.aws(),
        vec![entry("thing.created", &json!({ "id": 7 }))],
    )
    .await;
    until("the first attempt", || *attempts.lock().unwrap() == 1).await;
    let queues = Arc::clone(world.aws().queues());
    let queue = crate::asynchronous::queue_name("worker");
    let retry_at = Some(super::NOW_MS + 60_000);
    until("the back-off", || {
        queues.next_visible_ms(&queue).unwrap() == retry_at
    })
    .await;
    world.pass(Duration::from_mins(1));
    until("the retry", || *attempts.lock().unwrap() == 2).await;
    until("the dead letter", || {
        queues.counts("savvy-Dead").unwrap().visible == 1
    })
    .await;
    let letter = queues.receive("savvy-Dead", 1, None).unwrap().remove(0);
    let letter: Value = serde_json::from_str(&letter.body).unwrap();
    assert_eq!(letter["requestContext"]["condition"], "RetriesExhausted");
    assert_eq!(letter["requestPayload"]["detail"]["id"], 7);
    assert_eq!(letter["responsePayload"]["errorMessage"], "no");
}
