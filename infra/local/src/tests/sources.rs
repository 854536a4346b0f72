//! Batches from queues to functions.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use super::{Seen, World, accepting, stub, until};
use crate::clock::Clock;
use crate::cloud::Aws;
use crate::queues::{Counts, Outgoing, Queues};
use crate::serve::Tasks;
use crate::sources::Intake;
use crate::template::Queue;

fn send(aws: &Aws, bodies: &[&str]) {
    let messages: Vec<Outgoing> = bodies
        .iter()
        .map(|body| Outgoing {
            queue: "savvy-Work".to_owned(),
            body: (*body).to_owned(),
            attributes: Some(json!({ "kind": { "DataType": "String", "StringValue": "k" } })),
            delay_ms: None,
        })
        .collect();
    aws.queues().send(&messages).unwrap();
}

fn bodies(event: &Value) -> Vec<String> {
    let records = event["Records"].as_array().unwrap();
    records
        .iter()
        .map(|record| record["body"].as_str().unwrap().to_owned())
        .collect()
}

async fn settled(aws: &Aws, expected: Counts) {
    let queues = Arc::clone(aws.queues());
    until("the batch", || {
        queues.counts("savvy-Work").unwrap() == expected
    })
    .await;
}

#[tokio::test]
async fn a_batch_has_the_form_that_lambda_gives_it() {
    let seen = Seen::default();
    let world = World::start([("worker", accepting(&seen))]).await;
    send(world.aws(), &["a", "b", "c", "d", "e", "f", "g"]);
    settled(world.aws(), Counts::default()).await;
    let events = seen.lock().unwrap().clone();
    assert_eq!(
        events
            .iter()
            .map(|event| bodies(event).len())
            .sum::<usize>(),
        7
    );
    assert!(events.iter().all(|event| bodies(event).len() <= 5));
    let record = &events[0]["Records"][0];
    assert_eq!(record["eventSource"], "aws:sqs");
    assert_eq!(
        record["eventSourceARN"],
        "arn:aws:sqs:us-east-1:000000000000:savvy-Work"
    );
    assert_eq!(record["awsRegion"], "us-east-1");
    assert_eq!(record["md5OfBody"], "0cc175b9c0f1b6a831c399e269772661");
    assert_eq!(record["attributes"]["ApproximateReceiveCount"], "1");
    assert_eq!(
        record["messageAttributes"]["kind"],
        json!({ "dataType": "String", "stringValue": "k" })
    );
    for key in ["messageId", "receiptHandle"] {
        assert!(record[key].is_string(), "{key}");
    }
}

#[tokio::test]
async fn what_a_batch_reports_as_failed_comes_again_alone() {
    let seen = Seen::default();
    let picky = stub(&seen, |event| {
        let records = event["Records"].as_array().unwrap();
        let failures: Vec<Value> = records
            .iter()
            .filter(|record| {
                record["body"] == "bad" && record["attributes"]["ApproximateReceiveCount"] == "1"
            })
            .map(|record| json!({ "itemIdentifier": record["messageId"] }))
            .collect();
        Ok(json!({ "batchItemFailures": failures }))
    });
    let world = World::start([("worker", picky)]).await;
    send(world.aws(), &["good", "bad", "fine"]);
    settled(
        world.aws(),
        Counts {
            in_flight: 1,
            ..Counts::default()
        },
    )
    .await;
    world.pass(Duration::from_mins(1));
    settled(world.aws(), Counts::default()).await;
    let last = seen.lock().unwrap().last().cloned().unwrap();
    assert_eq!(bodies(&last), ["bad"]);
}

#[tokio::test]
async fn an_error_a_panic_and_nonsense_fail_the_whole_batch_until_it_is_dead() {
    let seen = Seen::default();
    let failing = stub(&seen, |event| {
        match event["Records"][0]["body"].as_str().unwrap() {
            "error" => Err("no".to_owned()),
            "nonsense" => {
                Ok(json!({ "batchItemFailures": [{ "itemIdentifier": "somebody else" }] }))
            }
            _ => panic!("a bug in the function"),
        }
    });
    let world = World::start([("worker", failing)]).await;
    for body in ["error", "panic", "nonsense"] {
        send(world.aws(), &[body]);
    }
    for _ in 0..2 {
        settled(
            world.aws(),
            Counts {
                in_flight: 3,
                ..Counts::default()
            },
        )
        .await;
        world.pass(Duration::from_mins(1));
    }
    let queues = Arc::clone(world.aws().queues());
    until("the dead letters", || {
        queues.counts("savvy-Dead").unwrap().visible == 3
    })
    .await;
    let dead: BTreeSet<String> = queues
        .receive("savvy-Dead", 10, None)
        .unwrap()
        .into_iter()
        .map(|message| message.body)
        .collect();
    assert_eq!(
        dead.into_iter().collect::<Vec<_>>(),
        ["error", "nonsense", "panic"]
    );
}

#[tokio::test]
async fn the_end_waits_for_a_batch_in_flight() {
    let seen = Seen::default();
    let slow = {
        let seen = Arc::clone(&seen);
        let slow: crate::Invocation = Arc::new(move |_| {
            let seen = Arc::clone(&seen);
            Box::pin(async move {
                seen.lock().unwrap().push(json!("begun"));
                tokio::time::sleep(Duration::from_millis(50)).await;
                seen.lock().unwrap().push(json!("done"));
                Ok(serde_json::value::to_raw_value("").unwrap())
            })
        });
        slow
    };
    let world = World::start([("worker", slow)]).await;
    send(world.aws(), &["one"]);
    until("the batch", || !seen.lock().unwrap().is_empty()).await;
    assert!(world.running.end().await);
    assert_eq!(*seen.lock().unwrap(), [json!("begun"), json!("done")]);
}

#[tokio::test]
async fn a_schedule_ticks_at_the_start() {
    let seen = Seen::default();
    let _world = World::start([("ticker", accepting(&seen))]).await;
    until("the tick", || seen.lock().unwrap().len() == 1).await;
    let event = seen.lock().unwrap().remove(0);
    assert_eq!(event["source"], "aws.scheduler");
    assert_eq!(event["time"], "2026-01-01T00:00:00Z");
}

/// The sizes of the batches that a window makes of `waves` of messages, each sent once the one before has been taken.
async fn batches(window: Duration, waves: &[usize], expected: &[usize]) {
    let queue = Queue {
        name: "q".to_owned(),
        visibility_ms: 60_000,
        delay_ms: 0,
        retention_ms: 60_000,
        redrive: None,
    };
    let queues = Queues::open(None, &[queue], Clock::manual(0)).unwrap();
    let tasks = Tasks::default();
    let intake = Intake {
        queues: &queues,
        queue: "q",
        batch_size: 3,
        window,
        tasks: &tasks,
    };
    let message = Outgoing {
        queue: "q".to_owned(),
        body: "x".to_owned(),
        attributes: None,
        delay_ms: None,
    };
    let sizes = Arc::new(Mutex::new(Vec::new()));
    let poll = intake.poll(|messages| {
        sizes.lock().unwrap().push(messages.len());
        async {}
    });
    tokio::join!(poll, async {
        for wave in waves {
            queues.send(&vec![message.clone(); *wave]).unwrap();
            until("the reception", || queues.counts("q").unwrap().visible == 0).await;
        }
        until("the batches", || *sizes.lock().unwrap() == expected).await;
        tasks.stop.cancel();
    });
}

#[tokio::test]
async fn a_window_lets_a_batch_fill() {
    batches(Duration::from_hours(1), &[1, 1, 1, 3], &[3, 3]).await;
}

#[tokio::test]
async fn a_window_ends_with_what_there_is() {
    batches(Duration::from_millis(1), &[2], &[2]).await;
}

#[tokio::test]
async fn without_a_window_a_batch_takes_what_is_there() {
    batches(Duration::ZERO, &[1, 5], &[1, 3, 2]).await;
}
