//! The batch operations, each entry of which succeeds or fails by itself.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::messages::{outgoing, sent, size};
use super::{MAXIMUM_BYTES, Sqs, refusal, text};
use crate::queues::QueueError;
use crate::reply::Refusal;

const MAXIMUM_ENTRIES: usize = 10;

impl Sqs {
    pub(super) fn send_batch(&self, queue: &str, input: &Value) -> Result<Value, Refusal> {
        self.queues.queue(queue).map_err(refusal)?;
        let mut accepted = Vec::new();
        let mut failed = Vec::new();
        for (id, entry) in entries(input)? {
            match outgoing(queue, entry) {
                Ok(message) => accepted.push((id, message)),
                Err(refusal) => failed.push(failure(id, &refusal)),
            }
        }
        let bytes = accepted
            .iter()
            .map(|(_, message)| size(message))
            .fold(0, usize::saturating_add);
        if bytes > MAXIMUM_BYTES {
            return Err(batch_error(
                "BatchRequestTooLong",
                format!("Batch requests cannot be longer than {MAXIMUM_BYTES} bytes."),
            ));
        }
        let messages: Vec<_> = accepted
            .iter()
            .map(|(_, message)| message.clone())
            .collect();
        let message_ids = self.queues.send(&messages).map_err(refusal)?;
        let successful: Vec<Value> = accepted
            .iter()
            .zip(&message_ids)
            .map(|((id, message), message_id)| {
                let mut entry = sent(message, Some(message_id));
                if let Some(entry) = entry.as_object_mut() {
                    entry.insert("Id".to_owned(), json!(id));
                }
                entry
            })
            .collect();
        Ok(json!({ "Successful": successful, "Failed": failed }))
    }

    pub(super) fn delete_batch(&self, queue: &str, input: &Value) -> Result<Value, Refusal> {
        let entries = entries(input)?;
        let receipts: Vec<&str> = entries
            .iter()
            .map(|(_, entry)| {
                entry
                    .get("ReceiptHandle")
                    .and_then(Value::as_str)
                    .unwrap_or_default()
            })
            .collect();
        let deleted = self.queues.delete(queue, &receipts).map_err(refusal)?;
        let outcomes = entries.into_iter().zip(deleted).map(|((id, _), deleted)| {
            (
                id,
                if deleted {
                    Ok(())
                } else {
                    Err(refusal(QueueError::InvalidReceipt))
                },
            )
        });
        Ok(summary(outcomes))
    }

    pub(super) fn change_visibility_batch(
        &self,
        queue: &str,
        input: &Value,
    ) -> Result<Value, Refusal> {
        let outcomes = entries(input)?
            .into_iter()
            .map(|(id, entry)| (id, self.change_visibility(queue, entry).map(drop)));
        Ok(summary(outcomes))
    }
}

fn summary<'v>(outcomes: impl Iterator<Item = (&'v str, Result<(), Refusal>)>) -> Value {
    let mut successful = Vec::new();
    let mut failed = Vec::new();
    for (id, outcome) in outcomes {
        match outcome {
            Ok(()) => successful.push(json!({ "Id": id })),
            Err(refusal) => failed.push(failure(id, &refusal)),
        }
    }
    json!({ "Successful": successful, "Failed": failed })
}

fn failure(id: &str, refusal: &Refusal) -> Value {
    let code = refusal.kind.rsplit('#').next().unwrap_or_default();
    json!({ "Id": id, "SenderFault": refusal.status.is_client_error(), "Code": code, "Message": refusal.message })
}

/// The entries with their ids, which have to be different.
fn entries(input: &Value) -> Result<Vec<(&str, &Value)>, Refusal> {
    let entries = input
        .get("Entries")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    if entries.is_empty() {
        return Err(batch_error(
            "EmptyBatchRequest",
            "There should be at least one entry in the request.",
        ));
    }
    if entries.len() > MAXIMUM_ENTRIES {
        let message = format!(
            "Maximum number of entries per request are {MAXIMUM_ENTRIES}. You have sent {}.",
            entries.len()
        );
        return Err(batch_error("TooManyEntriesInBatchRequest", message));
    }
    let mut seen = BTreeSet::new();
    let mut identified = Vec::with_capacity(entries.len());
    for entry in entries {
        let id = text(entry, "Id")?;
        if !seen.insert(id) {
            return Err(batch_error(
                "BatchEntryIdsNotDistinct",
                format!("Id {id} repeated."),
            ));
        }
        identified.push((id, entry));
    }
    Ok(identified)
}

fn batch_error(kind: &'static str, message: impl Into<String>) -> Refusal {
    let code = match kind {
        "EmptyBatchRequest" => "AWS.SimpleQueueService.EmptyBatchRequest",
        "TooManyEntriesInBatchRequest" => "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
        "BatchEntryIdsNotDistinct" => "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
        _ => "AWS.SimpleQueueService.BatchRequestTooLong",
    };
    Refusal::new(format!("com.amazonaws.sqs#{kind}"), message).with_query_code(code)
}
