//! The queues through the client that the product uses, which checks checksums and error codes itself.

use std::time::Duration;

use aws_sdk_sqs::error::ProvideErrorMetadata;
use aws_sdk_sqs::types::{
    ChangeMessageVisibilityBatchRequestEntry, DeleteMessageBatchRequestEntry,
    MessageAttributeValue, MessageSystemAttributeName, QueueAttributeName,
    SendMessageBatchRequestEntry,
};

use super::{Scratch, services, sqs, url};
use crate::cloud::Aws;

async fn send(aws: &Aws, body: &str) {
    sqs(aws)
        .send_message()
        .queue_url(url(aws, "Work"))
        .message_body(body)
        .send()
        .await
        .unwrap();
}

async fn receive(aws: &Aws, queue: &str) -> Vec<aws_sdk_sqs::types::Message> {
    sqs(aws)
        .receive_message()
        .queue_url(url(aws, queue))
        .max_number_of_messages(10)
        .message_system_attribute_names(MessageSystemAttributeName::All)
        .message_attribute_names("All")
        .send()
        .await
        .unwrap()
        .messages
        .unwrap_or_default()
}

fn bodies(messages: &[aws_sdk_sqs::types::Message]) -> Vec<&str> {
    messages
        .iter()
        .map(|message| message.body().unwrap())
        .collect()
}

#[tokio::test]
async fn a_message_comes_back_with_its_attributes() {
    let (aws, _) = services(None).await;
    let kind = MessageAttributeValue::builder()
        .data_type("String")
        .string_value("renewal")
        .build()
        .unwrap();
    sqs(&aws)
        .send_message()
        .queue_url(url(&aws, "Work"))
        .message_body("grüße 👋")
        .message_attributes("kind", kind)
        .send()
        .await
        .unwrap();
    let messages = receive(&aws, "Work").await;
    assert_eq!(bodies(&messages), ["grüße 👋"]);
    let message = messages.first().unwrap();
    let system = message.attributes().unwrap();
    assert_eq!(
        system[&MessageSystemAttributeName::ApproximateReceiveCount],
        "1"
    );
    assert_eq!(
        system[&MessageSystemAttributeName::SentTimestamp],
        super::NOW_MS.to_string()
    );
    assert_eq!(
        message.message_attributes().unwrap()["kind"].string_value(),
        Some("renewal")
    );
}

#[tokio::test]
async fn a_received_message_is_hidden_until_its_time_out() {
    let (aws, clock) = services(None).await;
    send(&aws, "one").await;
    assert_eq!(receive(&aws, "Work").await.len(), 1);
    assert_eq!(receive(&aws, "Work").await.len(), 0);
    clock.advance_ms(59_999);
    assert_eq!(receive(&aws, "Work").await.len(), 0);
    clock.advance_ms(1);
    let again = receive(&aws, "Work").await;
    let system = again.first().unwrap().attributes().unwrap();
    assert_eq!(
        system[&MessageSystemAttributeName::ApproximateReceiveCount],
        "2"
    );
}

#[tokio::test]
async fn a_deleted_message_is_gone_and_an_old_receipt_deletes_nothing() {
    let (aws, clock) = services(None).await;
    send(&aws, "one").await;
    let first = receive(&aws, "Work")
        .await
        .remove(0)
        .receipt_handle
        .unwrap();
    clock.advance_ms(60_000);
    let second = receive(&aws, "Work")
        .await
        .remove(0)
        .receipt_handle
        .unwrap();
    let delete = async |receipt: &str| {
        sqs(&aws)
            .delete_message()
            .queue_url(url(&aws, "Work"))
            .receipt_handle(receipt)
            .send()
            .await
    };
    delete(&first).await.unwrap();
    assert_eq!(aws.queues().counts("savvy-Work").unwrap().in_flight, 1);
    delete(&second).await.unwrap();
    assert_eq!(aws.queues().counts("savvy-Work").unwrap().in_flight, 0);
    let error = delete("nonsense").await.unwrap_err().into_service_error();
    assert!(error.is_receipt_handle_is_invalid());
}

#[tokio::test]
async fn a_delayed_message_waits() {
    let (aws, clock) = services(None).await;
    let delayed = |seconds| {
        sqs(&aws)
            .send_message()
            .queue_url(url(&aws, "Work"))
            .message_body("later")
            .delay_seconds(seconds)
            .send()
    };
    delayed(900).await.unwrap();
    assert_eq!(aws.queues().counts("savvy-Work").unwrap().delayed, 1);
    clock.advance_ms(899_999);
    assert_eq!(receive(&aws, "Work").await.len(), 0);
    clock.advance_ms(1);
    assert_eq!(receive(&aws, "Work").await.len(), 1);
    let error = delayed(901).await.unwrap_err();
    assert_eq!(error.code(), Some("InvalidParameterValue"));
}

#[tokio::test]
async fn what_is_received_too_often_moves_to_the_dead_letter_queue() {
    let (aws, clock) = services(None).await;
    send(&aws, "poison").await;
    for _ in 0..2 {
        assert_eq!(receive(&aws, "Work").await.len(), 1);
        clock.advance_ms(60_000);
    }
    assert_eq!(receive(&aws, "Work").await.len(), 0);
    let dead = receive(&aws, "Dead").await;
    assert_eq!(bodies(&dead), ["poison"]);
}

#[tokio::test]
async fn dead_letters_can_be_moved_back_and_count_as_new() {
    let (aws, clock) = services(None).await;
    send(&aws, "poison").await;
    for _ in 0..3 {
        receive(&aws, "Work").await;
        clock.advance_ms(60_000);
    }
    let redrive = async |queue: &str| {
        let arn = format!("arn:aws:sqs:us-east-1:000000000000:savvy-{queue}");
        let client = sqs(&aws);
        let task = client.start_message_move_task().source_arn(arn);
        task.send().await.map(drop)
    };
    redrive("Dead").await.unwrap();
    assert_eq!(receive(&aws, "Dead").await.len(), 0);
    for _ in 0..2 {
        assert_eq!(bodies(&receive(&aws, "Work").await), ["poison"]);
        clock.advance_ms(60_000);
    }
    assert_eq!(receive(&aws, "Work").await.len(), 0);
    let error = redrive("Work").await.unwrap_err();
    assert_eq!(error.code(), Some("InvalidParameterValue"));
}

#[tokio::test]
async fn the_visibility_of_a_message_can_be_changed() {
    let (aws, clock) = services(None).await;
    send(&aws, "one").await;
    let receipt = receive(&aws, "Work")
        .await
        .remove(0)
        .receipt_handle
        .unwrap();
    let change = |seconds| {
        sqs(&aws)
            .change_message_visibility()
            .queue_url(url(&aws, "Work"))
            .receipt_handle(&receipt)
            .visibility_timeout(seconds)
            .send()
    };
    change(300).await.unwrap();
    clock.advance_ms(299_999);
    assert_eq!(receive(&aws, "Work").await.len(), 0);
    change(0).await.unwrap();
    assert_eq!(receive(&aws, "Work").await.len(), 1);
    let error = change(1).await.unwrap_err().into_service_error();
    assert!(error.is_message_not_inflight());
}

#[tokio::test]
async fn entries_of_a_batch_fail_by_themselves() {
    let (aws, _) = services(None).await;
    let entry = |id: &str, delay| {
        SendMessageBatchRequestEntry::builder()
            .id(id)
            .message_body(id)
            .delay_seconds(delay)
            .build()
            .unwrap()
    };
    let sent = sqs(&aws)
        .send_message_batch()
        .queue_url(url(&aws, "Work"))
        .entries(entry("good", 0))
        .entries(entry("bad", 901))
        .entries(entry("fine", 0))
        .send()
        .await
        .unwrap();
    let accepted: Vec<&str> = sent
        .successful()
        .iter()
        .map(aws_sdk_sqs::types::SendMessageBatchResultEntry::id)
        .collect();
    assert_eq!(accepted, ["good", "fine"]);
    let failed = sent.failed().first().unwrap();
    assert_eq!(
        (failed.id(), failed.code(), failed.sender_fault()),
        ("bad", "InvalidParameterValue", true)
    );
    assert_eq!(bodies(&receive(&aws, "Work").await), ["good", "fine"]);
}

#[tokio::test]
async fn entries_of_a_deletion_fail_by_themselves() {
    let (aws, _) = services(None).await;
    send(&aws, "good").await;
    send(&aws, "fine").await;
    let received = receive(&aws, "Work").await;
    let receipt = received.first().unwrap().receipt_handle().unwrap();
    let deleted = sqs(&aws)
        .delete_message_batch()
        .queue_url(url(&aws, "Work"))
        .entries(
            DeleteMessageBatchRequestEntry::builder()
                .id("a")
                .receipt_handle(receipt)
                .build()
                .unwrap(),
        )
        .entries(
            DeleteMessageBatchRequestEntry::builder()
                .id("b")
                .receipt_handle("x")
                .build()
                .unwrap(),
        )
        .send()
        .await
        .unwrap();
    assert_eq!(deleted.successful().len(), 1);
    assert_eq!(
        deleted.failed().first().unwrap().code(),
        "ReceiptHandleIsInvalid"
    );

    let receipt = received.last().unwrap().receipt_handle().unwrap();
    let entry = ChangeMessageVisibilityBatchRequestEntry::builder()
        .id("a")
        .receipt_handle(receipt)
        .visibility_timeout(0)
        .build()
        .unwrap();
    sqs(&aws)
        .change_message_visibility_batch()
        .queue_url(url(&aws, "Work"))
        .entries(entry)
        .send()
        .await
        .unwrap();
    assert_eq!(bodies(&receive(&aws, "Work").await), ["fine"]);
}

#[tokio::test]
async fn batches_have_limits() {
    let (aws, _) = services(None).await;
    let batch = async |entries: Vec<(&str, String)>| {
        let entries = entries
            .into_iter()
            .map(|(id, body)| {
                SendMessageBatchRequestEntry::builder()
                    .id(id)
                    .message_body(body)
                    .build()
                    .unwrap()
            })
            .collect();
        sqs(&aws)
            .send_message_batch()
            .queue_url(url(&aws, "Work"))
            .set_entries(Some(entries))
            .send()
            .await
            .unwrap_err()
            .into_service_error()
    };
    assert!(batch(Vec::new()).await.is_empty_batch_request());
    assert!(
        batch(vec![("a", "x".to_owned()); 2])
            .await
            .is_batch_entry_ids_not_distinct()
    );
    let ids: Vec<String> = (0..11).map(|id| id.to_string()).collect();
    let many = ids.iter().map(|id| (id.as_str(), "x".to_owned())).collect();
    assert!(batch(many).await.is_too_many_entries_in_batch_request());
    let large = vec![("a", "x".repeat(200_000)), ("b", "x".repeat(100_000))];
    assert!(batch(large).await.is_batch_request_too_long());
    assert_eq!(aws.queues().counts("savvy-Work").unwrap().visible, 0);

    let too_large = sqs(&aws)
        .send_message()
        .queue_url(url(&aws, "Work"))
        .message_body("x".repeat(262_145))
        .send()
        .await
        .unwrap_err();
    assert_eq!(too_large.code(), Some("InvalidParameterValue"));
}

#[tokio::test]
async fn a_waiting_receiver_hears_of_a_message_at_once() {
    let (aws, _) = services(None).await;
    let (client, address) = (sqs(&aws), url(&aws, "Work"));
    let waiting = client
        .receive_message()
        .queue_url(address)
        .wait_time_seconds(20)
        .send();
    let (received, ()) = tokio::join!(waiting, async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        send(&aws, "now").await;
    });
    assert_eq!(bodies(received.unwrap().messages()), ["now"]);
}

#[tokio::test]
async fn queues_say_what_they_are() {
    let (aws, _) = services(None).await;
    send(&aws, "one").await;
    let found = sqs(&aws)
        .get_queue_url()
        .queue_name("savvy-Work")
        .send()
        .await
        .unwrap();
    assert_eq!(found.queue_url(), Some(url(&aws, "Work").as_str()));
    let attributes = sqs(&aws)
        .get_queue_attributes()
        .queue_url(url(&aws, "Work"))
        .attribute_names(QueueAttributeName::All)
        .send()
        .await
        .unwrap()
        .attributes
        .unwrap();
    assert_eq!(
        attributes[&QueueAttributeName::ApproximateNumberOfMessages],
        "1"
    );
    assert_eq!(attributes[&QueueAttributeName::VisibilityTimeout], "60");
    assert!(attributes[&QueueAttributeName::RedrivePolicy].contains("savvy-Dead"));
    let listed = sqs(&aws).list_queues().send().await.unwrap();
    assert_eq!(listed.queue_urls().len(), 3);

    sqs(&aws)
        .purge_queue()
        .queue_url(url(&aws, "Work"))
        .send()
        .await
        .unwrap();
    assert_eq!(receive(&aws, "Work").await.len(), 0);
    let error = sqs(&aws)
        .get_queue_url()
        .queue_name("nobody")
        .send()
        .await
        .unwrap_err();
    assert!(error.into_service_error().is_queue_does_not_exist());
}

#[tokio::test]
async fn messages_survive_the_process_and_its_receivers() {
    let scratch = Scratch::new();
    let first = services(Some(&scratch.file())).await.0;
    for body in ["delivered", "delayed", "backed off", "waiting"] {
        send(&first, body).await;
    }
    let received = receive(&first, "Work").await;
    let receipt = |body: &str| {
        let message = received.iter().find(|message| message.body() == Some(body));
        message.unwrap().receipt_handle().unwrap()
    };
    let queues = first.queues();
    queues
        .delete("savvy-Work", &[receipt("delivered")])
        .unwrap();
    queues
        .change_visibility("savvy-Work", receipt("backed off"), 600_000)
        .unwrap();
    queues.save_checkpoint("reader", "7").unwrap();
    // No orderly end: the file is opened again as a kill would have left it.
    let (second, clock) = services(Some(&scratch.file())).await;
    assert_eq!(
        second.queues().checkpoint("reader").unwrap().as_deref(),
        Some("7")
    );
    let again = receive(&second, "Work").await;
    assert_eq!(bodies(&again), ["delayed", "waiting"]);
    clock.advance_ms(600_000);
    let late = receive(&second, "Work").await;
    assert!(bodies(&late).contains(&"backed off"));
}

#[tokio::test]
async fn messages_expire_with_the_retention_of_their_queue() {
    let (aws, clock) = services(None).await;
    send(&aws, "old").await;
    clock.advance_ms(345_600_001);
    send(&aws, "new").await;
    assert_eq!(aws.queues().expire().unwrap(), 1);
    assert_eq!(bodies(&receive(&aws, "Work").await), ["new"]);
}
