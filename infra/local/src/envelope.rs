//! What functions are told about a batch, and what they answer about it.

use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value, json};

use crate::attributes::md5_of;
use crate::invoke::InvokeError;
use crate::queues::Message;
use crate::sqs::system_attributes;
use crate::template::{REGION, arn};

/// What became of a batch.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Done,
    /// Identifiers of the records that failed; the others are done.
    Partly(Vec<String>),
    Failed(String),
}

/// The event with which Lambda hands over messages of a queue.
pub(crate) fn sqs_event(
    queue: &str,
    messages: &[Message],
) -> Result<Box<RawValue>, serde_json::Error> {
    let records: Vec<Value> = messages
        .iter()
        .map(|message| {
            let attributes: Map<String, Value> = system_attributes(message)
                .into_iter()
                .map(|(name, value)| (name.to_owned(), Value::String(value)))
                .collect();
            json!({
                "messageId": message.message_id,
                "receiptHandle": message.receipt,
                "body": message.body,
                "attributes": attributes,
                "messageAttributes": message_attributes(message.attributes.as_ref()),
                "md5OfBody": md5_of(&message.body),
                "eventSource": "aws:sqs",
                "eventSourceARN": arn("sqs", queue),
                "awsRegion": REGION,
            })
        })
        .collect();
    to_raw_value(&json!({ "Records": records }))
}

/// Lambda writes the members of message attributes in lower case.
fn message_attributes(attributes: Option<&Value>) -> Map<String, Value> {
    attributes
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(name, attribute)| {
            let member = |key: &str| attribute.get(key).cloned();
            let mut renamed = Map::new();
            for (from, to) in [
                ("DataType", "dataType"),
                ("StringValue", "stringValue"),
                ("BinaryValue", "binaryValue"),
            ] {
                renamed.extend(member(from).map(|value| (to.to_owned(), value)));
            }
            (name.clone(), Value::Object(renamed))
        })
        .collect()
}

/// Reads the reply to a batch. A reply that cannot be understood fails the whole batch, as in Lambda.
pub(crate) fn outcome(
    reply: Result<Box<RawValue>, InvokeError>,
    reports_item_failures: bool,
) -> Outcome {
    let reply = match reply {
        Ok(reply) => reply,
        Err(error) => return Outcome::Failed(error.to_string()),
    };
    if !reports_item_failures {
        return Outcome::Done;
    }
    let failures = match serde_json::from_str::<Value>(reply.get()) {
        Ok(Value::Null) => return Outcome::Done,
        Ok(Value::Object(mut reply)) => reply.remove("batchItemFailures").unwrap_or_default(),
        _ => return Outcome::Failed("the reply is not an object".to_owned()),
    };
    match failures {
        Value::Null => Outcome::Done,
        Value::Array(failures) if failures.is_empty() => Outcome::Done,
        Value::Array(failures) => {
            let identifiers: Option<Vec<String>> = failures
                .iter()
                .map(|failure| failure.get("itemIdentifier")?.as_str().map(str::to_owned))
                .collect();
            match identifiers {
                Some(identifiers) if !identifiers.iter().any(String::is_empty) => {
                    Outcome::Partly(identifiers)
                }
                _ => Outcome::Failed("a failure has no itemIdentifier".to_owned()),
            }
        }
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            Outcome::Failed("batchItemFailures is not a list".to_owned())
        }
    }
}
