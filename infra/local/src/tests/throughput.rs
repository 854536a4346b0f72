//! Whether a bill run on a laptop is a matter of seconds.

use std::sync::Arc;
use std::time::Instant;

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use futures::FutureExt;
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

use super::{dynamodb, events, services, until};
use crate::Invocation;
use crate::cloud::listen;
use crate::queues::Outgoing;

const RENEWALS: usize = 500;

/// Writes an item with an event for each message.
fn worker(table: aws_sdk_dynamodb::Client) -> Invocation {
    Arc::new(move |event: Box<RawValue>| {
        let table = table.clone();
        async move {
            let event: Value = serde_json::from_str(event.get()).unwrap();
            for record in event["Records"].as_array().unwrap() {
                table
                    .put_item()
                    .table_name("savvy-Table")
                    .item(
                        "PK",
                        AttributeValue::S(record["body"].as_str().unwrap().to_owned()),
                    )
                    .item("SK", AttributeValue::S("-".to_owned()))
                    .item("ev", AttributeValue::S("x".repeat(500)))
                    .send()
                    .await
                    .unwrap();
            }
            Ok(to_raw_value(&Value::Null).unwrap())
        }
        .boxed()
    })
}

/// Publishes an event for each record.
fn relay(bus: aws_sdk_eventbridge::Client) -> Invocation {
    Arc::new(move |event: Box<RawValue>| {
        let bus = bus.clone();
        async move {
            let event: Value = serde_json::from_str(event.get()).unwrap();
            for chunk in event["Records"].as_array().unwrap().chunks(10) {
                let entries = chunk.iter().map(|_| {
                    PutEventsRequestEntry::builder()
                        .source("savvy")
                        .detail_type("invoice.paid")
                        .detail(r#"{"amount":100}"#)
                        .event_bus_name("savvy-bus")
                        .build()
                });
                bus.put_events()
                    .set_entries(Some(entries.collect()))
                    .send()
                    .await
                    .unwrap();
            }
            Ok(to_raw_value(&Value::Null).unwrap())
        }
        .boxed()
    })
}

/// From the billing queue through the table, its stream and the bus to the next queue, with the clients that the functions
/// use. It says how long that took; the limit is far off, for machines that are busy with other things.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_hundred_renewals_reach_the_fan_out() {
    let (aws, _) = services(None).await;
    let stubs = [
        ("worker".to_owned(), worker(dynamodb(&aws))),
        ("relay".to_owned(), relay(events(&aws))),
    ];
    let functions = crate::Functions::new(aws.template(), stubs);
    let running = aws.run(&functions, listen(0).await.unwrap()).unwrap();
    let queues = Arc::clone(running.aws().queues());
    let renewals: Vec<Outgoing> = (0..RENEWALS)
        .map(|renewal| Outgoing {
            queue: "savvy-Work".to_owned(),
            body: renewal.to_string(),
            attributes: None,
            delay_ms: None,
        })
        .collect();
    let started = Instant::now();
    queues.send(&renewals).unwrap();
    let arrived = || usize::try_from(queues.counts("savvy-Fanout").unwrap().visible).unwrap();
    while arrived() < RENEWALS {
        let before = arrived();
        until("more events", || {
            arrived() > before || arrived() == RENEWALS
        })
        .await;
    }
    println!("{RENEWALS} renewals in {:?}", started.elapsed());
    assert_eq!(arrived(), RENEWALS);
    assert!(running.end().await);
}
