//! The right to send messages and to publish events.

use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;

use super::{bus, outcome, queues, refused, start};
use crate::tests::url;

#[tokio::test]
async fn messages_go_only_to_granted_queues() {
    let aws = start().await;
    let writer = queues(&aws, "writer");
    let send = |queue: &str| {
        writer
            .send_message()
            .queue_url(url(&aws, queue))
            .message_body("x")
    };
    assert_eq!(outcome(send("Work").send().await), Ok(()));
    let denied = refused("writer", "sqs:SendMessage", "savvy-Other");
    assert_eq!(outcome(send("Other").send().await), denied.clone());
    let entry = SendMessageBatchRequestEntry::builder()
        .id("1")
        .message_body("x");
    let batch = |queue: &str| {
        let entry = entry.clone().build().unwrap();
        writer
            .send_message_batch()
            .queue_url(url(&aws, queue))
            .entries(entry)
    };
    assert_eq!(outcome(batch("Work").send().await), Ok(()));
    assert_eq!(outcome(batch("Other").send().await), denied);
    let received = writer
        .receive_message()
        .queue_url(url(&aws, "Work"))
        .send()
        .await;
    assert_eq!(
        outcome(received),
        refused("writer", "sqs:ReceiveMessage", "savvy-Work")
    );
    let named = writer.get_queue_url().queue_name("savvy-Work").send().await;
    assert_eq!(
        outcome(named),
        refused("writer", "sqs:GetQueueUrl", "savvy-Work")
    );
    let listed = writer.list_queues().send().await;
    assert_eq!(outcome(listed), refused("writer", "sqs:ListQueues", "*"));
    assert_eq!(aws.queues().counts("savvy-Work").unwrap().visible, 2);
    assert_eq!(aws.queues().counts("savvy-Other").unwrap().visible, 0);
}

#[tokio::test]
async fn events_go_only_to_the_granted_bus() {
    let aws = start().await;
    let entry = |name: Option<&str>| {
        PutEventsRequestEntry::builder()
            .source("savvy")
            .detail_type("a")
            .detail("{}")
            .set_event_bus_name(name.map(str::to_owned))
            .build()
    };
    let put = |function: &str, entries| {
        bus(&aws, function)
            .put_events()
            .set_entries(Some(entries))
            .send()
    };
    let arn = "arn:aws:events:us-east-1:000000000000:event-bus/savvy-Bus";
    let granted = vec![entry(Some("savvy-Bus")), entry(Some(arn))];
    assert_eq!(outcome(put("writer", granted).await), Ok(()));
    let mixed = vec![entry(Some("savvy-Bus")), entry(None)];
    let denied = refused("writer", "events:PutEvents", "event-bus/default");
    assert_eq!(outcome(put("writer", mixed).await), denied);
    let denied = refused("reader", "events:PutEvents", "event-bus/savvy-Bus");
    assert_eq!(
        outcome(put("reader", vec![entry(Some("savvy-Bus"))]).await),
        denied
    );
}
