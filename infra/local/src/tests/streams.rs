//! The stream of the table to a function, in order and without gaps.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};

use super::{Scratch, Seen, World, accepting, dynamodb, stub, until};
use crate::cloud::Aws;

async fn put(aws: &Aws, key: &str, event: Option<&str>) {
    let mut item = HashMap::from([
        ("PK".to_owned(), AttributeValue::S(key.to_owned())),
        ("SK".to_owned(), AttributeValue::S("-".to_owned())),
        ("n".to_owned(), AttributeValue::N("1".to_owned())),
    ]);
    if let Some(event) = event {
        item.insert("ev".to_owned(), AttributeValue::S(event.to_owned()));
    }
    dynamodb(aws)
        .put_item()
        .table_name("savvy-Table")
        .set_item(Some(item))
        .send()
        .await
        .unwrap();
}

fn keys(seen: &Seen) -> Vec<String> {
    let seen = seen.lock().unwrap();
    seen.iter()
        .flat_map(|event| event["Records"].as_array().unwrap().clone())
        .map(|record| {
            record["dynamodb"]["Keys"]["PK"]["S"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect()
}

#[tokio::test]
async fn records_have_the_form_that_lambda_gives_them_and_pass_the_filter() {
    let seen = Seen::default();
    let world = World::start([("relay", accepting(&seen))]).await;
    put(world.aws(), "silent", None).await;
    put(world.aws(), "a", Some("created")).await;
    put(world.aws(), "a", Some("updated")).await;
    until("the records", || keys(&seen) == ["a", "a"]).await;
    let record = seen
        .lock()
        .unwrap()
        .iter()
        .flat_map(|event| event["Records"].as_array().unwrap().clone())
        .next_back()
        .unwrap();
    assert_eq!(record["eventName"], "MODIFY");
    assert_eq!(record["eventSource"], "aws:dynamodb");
    assert_eq!(record["awsRegion"], "us-east-1");
    assert!(
        record["eventSourceARN"]
            .as_str()
            .unwrap()
            .starts_with("arn:aws:dynamodb:us-east-1:000000000000:table/savvy-Table/stream/")
    );
    let change = &record["dynamodb"];
    assert_eq!(
        change["Keys"],
        json!({ "PK": { "S": "a" }, "SK": { "S": "-" } })
    );
    assert_eq!(change["NewImage"]["ev"], json!({ "S": "updated" }));
    assert_eq!(change["OldImage"]["ev"], json!({ "S": "created" }));
    assert_eq!(change["NewImage"]["n"], json!({ "N": "1" }));
    assert_eq!(change["StreamViewType"], "NEW_AND_OLD_IMAGES");
    for key in ["SizeBytes", "ApproximateCreationDateTime"] {
        assert!(change[key].is_number(), "{key}");
    }
    assert!(
        record["eventID"].is_string()
            && record["eventVersion"].is_string()
            && change["SequenceNumber"].is_string()
    );
}

#[tokio::test]
async fn a_failing_record_is_retried_without_those_before_it() {
    let seen = Seen::default();
    let failures = Arc::new(Mutex::new(1));
    let once = Arc::clone(&failures);
    let picky = stub(&seen, move |event| {
        let records = event["Records"].as_array().unwrap();
        let bad = records
            .iter()
            .find(|record| record["dynamodb"]["Keys"]["PK"]["S"] == "b");
        let mut left = once.lock().unwrap();
        if let Some(bad) = bad.filter(|_| *left > 0) {
            *left -= 1;
            return Ok(
                json!({ "batchItemFailures": [{ "itemIdentifier": bad["dynamodb"]["SequenceNumber"] }] }),
            );
        }
        Ok(json!({ "batchItemFailures": [] }))
    });
    let (aws, _) = super::services(None).await;
    for key in ["a", "b", "c"] {
        put(&aws, key, Some("x")).await;
    }
    // The records were written before anyone followed the stream, so they come as one batch.
    let functions = crate::Functions::new(aws.template(), [("relay".to_owned(), picky)]);
    let running = aws
        .run(&functions, crate::cloud::listen(0).await.unwrap())
        .unwrap();
    until("the retry", || {
        keys(&seen).ends_with(&["c".to_owned()]) && seen.lock().unwrap().len() >= 3
    })
    .await;
    let keys = keys(&seen);
    assert_eq!(keys.iter().filter(|key| *key == "a").count(), 1);
    let order: Vec<&str> = keys.iter().map(String::as_str).collect();
    assert_eq!(order, ["a", "b", "c", "b", "c"]);
    assert!(running.end().await);
}

#[tokio::test]
async fn a_record_that_always_fails_is_given_up_and_the_others_pass() {
    let seen = Seen::default();
    let poisoned = stub(&seen, |event| {
        let records = event["Records"].as_array().unwrap();
        if records
            .iter()
            .any(|record| record["dynamodb"]["Keys"]["PK"]["S"] == "poison")
        {
            return Err("no".to_owned());
        }
        Ok(Value::Null)
    });
    let (aws, _) = super::services(None).await;
    for key in ["a", "b", "poison", "c"] {
        put(&aws, key, Some("x")).await;
    }
    let functions = crate::Functions::new(aws.template(), [("relay".to_owned(), poisoned)]);
    let running = aws
        .run(&functions, crate::cloud::listen(0).await.unwrap())
        .unwrap();
    let queues = Arc::clone(running.aws().queues());
    until("the dead letter", || {
        queues.counts("savvy-Dead").unwrap().visible == 1
    })
    .await;
    until("the record after it", || {
        keys(&seen).ends_with(&["c".to_owned()])
    })
    .await;
    let letter = queues.receive("savvy-Dead", 1, None).unwrap().remove(0);
    let letter: Value = serde_json::from_str(&letter.body).unwrap();
    assert_eq!(
        letter["requestContext"]["condition"],
        "RetryAttemptsExhausted"
    );
    assert_eq!(letter["DDBStreamBatchInfo"]["batchSize"], 1);
}

#[tokio::test]
async fn what_was_written_before_a_kill_is_relayed_after_it() {
    let scratch = Scratch::new();
    let seen = Seen::default();
    let first = World::start_with(Some(&scratch.file()), [("relay", accepting(&seen))]).await;
    put(first.aws(), "relayed", Some("x")).await;
    until("the first record", || keys(&seen) == ["relayed"]).await;
    let queues = Arc::clone(first.aws().queues());
    let source = crate::streams::source("savvy-Table", "relay");
    until("the checkpoint", || {
        queues.checkpoint(&source).unwrap().is_some()
    })
    .await;
    assert!(first.running.end().await);
    let (unattended, _) = super::services(Some(&scratch.file())).await;
    put(&unattended, "unrelayed", Some("x")).await;
    drop(unattended);

    let again = Seen::default();
    let _second = World::start_with(Some(&scratch.file()), [("relay", accepting(&again))]).await;
    until("the second record", || !keys(&again).is_empty()).await;
    assert_eq!(keys(&again), ["unrelayed"]);
}

#[tokio::test]
async fn an_expired_item_is_deleted_and_leaves_a_record() {
    let (aws, _) = super::services(None).await;
    dynamodb(&aws)
        .put_item()
        .table_name("savvy-Table")
        .item("PK", AttributeValue::S("old".to_owned()))
        .item("SK", AttributeValue::S("-".to_owned()))
        .item("ttl", AttributeValue::N("1".to_owned()))
        .send()
        .await
        .unwrap();
    assert_eq!(aws.dynamo().sweep_expired().unwrap(), 1);
    let iterator = aws
        .dynamo()
        .shard_iterator("savvy-Table", &crate::dynamodb::Start::Oldest)
        .unwrap();
    let (records, _) = aws.dynamo().records("savvy-Table", iterator, 10).unwrap();
    let last = records.last().unwrap();
    assert_eq!(last["eventName"], "REMOVE");
    assert_eq!(
        last["userIdentity"]["principalId"],
        "dynamodb.amazonaws.com"
    );
}

#[tokio::test]
async fn only_records_that_were_read_are_trimmed() {
    let (aws, _) = super::services(None).await;
    for key in ["a", "b", "c", "d", "e"] {
        put(&aws, key, None).await;
    }
    let records = || {
        let iterator = aws
            .dynamo()
            .shard_iterator("savvy-Table", &crate::dynamodb::Start::Oldest)
            .unwrap();
        aws.dynamo().records("savvy-Table", iterator, 10).unwrap().0
    };
    let read = records()[2]["dynamodb"]["SequenceNumber"]
        .as_str()
        .unwrap()
        .to_owned();
    aws.dynamo().trim("savvy-Table", &read, 4).unwrap();
    assert_eq!(records().len(), 4);
    aws.dynamo().trim("savvy-Table", &read, 0).unwrap();
    let left: Vec<Value> = records()
        .iter()
        .map(|record| record["dynamodb"]["Keys"]["PK"]["S"].clone())
        .collect();
    assert_eq!(left, ["d", "e"]);
}
