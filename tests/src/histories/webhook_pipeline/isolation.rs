//! One poisonous message, one silent endpoint or one busy business is nobody else's trouble.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use super::pipeline::Pipeline;
use super::receiver::{Manner, Receiver};
use super::{deliveries, endpoint, endpoint_of, happen};

#[tokio::test]
async fn a_message_that_cannot_be_read_comes_back_alone() {
    let receiver = Receiver::willing().await;
    let mut pipeline = Pipeline::start().await;
    let api = pipeline.api();
    endpoint(&api, &receiver.url).await;
    for number in 0..8 {
        happen(&api, number).await;
    }
    pipeline.relay(100).await;
    let inbox = pipeline.world.inbox.clone();
    for queue in ["webhook-fanout", "webhook-delivery"] {
        let poison = [
            "no json",
            r#"{"detail":{"account":"acct_rs_1","livemode":false,"event":{"id":"evt_rs_1","type":"no.such"}}}"#,
            r#"{"pk":"1#test#we#x","sk":"del#y","entity_type":"del"}"#,
        ];
        let messages = inbox.take_from(queue, 8);
        assert_eq!(messages.len(), 8);
        inbox.put_to(queue, poison.into_iter().take(2).map(str::to_owned));
        inbox.put_to(queue, messages);
        if queue == "webhook-fanout" {
            pipeline.fan_out().await;
        } else {
            pipeline.deliver().await;
        }
        assert_eq!(inbox.take_from(queue, 10), poison[..2], "{queue}");
    }
    assert_eq!(receiver.got().len(), 8);
    assert_eq!(pipeline.deliveries().len(), 8);
}

#[tokio::test]
async fn an_endpoint_that_does_not_answer_is_asked_once_a_minute_and_hears_of_everything() {
    let awake = Arc::new(AtomicBool::new(false));
    let mood = Arc::clone(&awake);
    let silent = Receiver::start(move |_, _| {
        if mood.load(Ordering::SeqCst) {
            Manner::Answer(200, "")
        } else {
            Manner::Hang
        }
    })
    .await;
    let fine = Receiver::willing().await;
    let mut pipeline = Pipeline::start().await;
    let id = endpoint_of(
        &pipeline.api(),
        json!({ "url": silent.url, "events": ["customer.*"] }),
    )
    .await;
    endpoint(&pipeline.api(), &fine.url).await;
    for number in 0..30 {
        happen(&pipeline.api(), number).await;
    }
    pipeline.settle().await;
    assert_eq!(fine.got().len(), 30);
    // The first batches found out together; nobody was sent there after that.
    let asked = silent.got().len();
    assert!((3..=10).contains(&asked), "{asked}");
    // A minute later one attempt asks for all, however many are due.
    pipeline.pass(60);
    pipeline.sweep().await;
    pipeline.settle().await;
    assert_eq!(silent.got().len(), asked + 1);
    let skipped = deliveries(&pipeline.api(), &id).await;
    let error = |text: &str| {
        let says =
            |delivery: &&serde_json::Value| delivery["error"].as_str().unwrap().starts_with(text);
        skipped.iter().filter(says).count()
    };
    assert!(error("not sent: the endpoint did not answer several times") >= 20);
    awake.store(true, Ordering::SeqCst);
    pipeline.finish().await;
    let log = deliveries(&pipeline.api(), &id).await;
    assert!(log.iter().all(|delivery| delivery["status"] == "delivered"));
    let came: std::collections::BTreeSet<String> =
        silent.got().iter().map(|got| got.id.clone()).collect();
    assert_eq!(came.len(), 30);
}

#[tokio::test]
async fn no_minute_has_more_messages_than_the_rate_limit() {
    let receiver = Receiver::willing().await;
    let mut pipeline = Pipeline::start().await;
    let settings = json!({ "url": receiver.url, "events": ["*"], "rate_limit": 4 });
    let id = endpoint_of(&pipeline.api(), settings).await;
    for number in 0..10 {
        happen(&pipeline.api(), number).await;
    }
    pipeline.settle().await;
    assert_eq!(receiver.got().len(), 4);
    let log = deliveries(&pipeline.api(), &id).await;
    let pending = log
        .iter()
        .filter(|delivery| delivery["status"] == "pending");
    assert_eq!(pending.count(), 6);
    for want in [8, 10, 10] {
        pipeline.pass(60);
        pipeline.sweep().await;
        pipeline.settle().await;
        assert_eq!(receiver.got().len(), want);
    }
    let log = deliveries(&pipeline.api(), &id).await;
    assert!(
        log.iter()
            .all(|delivery| delivery["status"] == "delivered" && delivery["attempts"] == 1)
    );
}

#[tokio::test]
async fn workers_that_meet_share_the_turns_of_a_minute() {
    let receiver = Receiver::willing().await;
    let mut pipeline = Pipeline::start().await;
    let settings = json!({ "url": receiver.url, "events": ["*"], "rate_limit": 4 });
    endpoint_of(&pipeline.api(), settings).await;
    for number in 0..8 {
        happen(&pipeline.api(), number).await;
    }
    pipeline.relay(100).await;
    pipeline.fan_out().await;
    // Each asks for four turns, in the same second: what they write would be the same.
    pipeline.deliver_together(2, 4).await;
    assert_eq!(receiver.got().len(), 4);
}

#[tokio::test]
async fn an_endpoint_that_keeps_three_workers_waiting_is_left_alone() {
    let silent = Receiver::start(|_, _| Manner::Hang).await;
    let mut pipeline = Pipeline::start().await;
    endpoint(&pipeline.api(), &silent.url).await;
    for number in 0..6 {
        happen(&pipeline.api(), number).await;
    }
    pipeline.relay(100).await;
    pipeline.fan_out().await;
    pipeline.deliver_together(3, 1).await;
    pipeline.settle().await;
    assert_eq!(silent.got().len(), 3);
}
