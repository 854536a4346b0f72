//! Messages in the words of the protocol.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{MAXIMUM_BYTES, MAXIMUM_DELAY_SECONDS, decode, invalid, within};
use crate::attributes::{md5_of, md5_of_attributes};
use crate::queues::{Message, Outgoing};
use crate::reply::Refusal;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Send {
    message_body: Option<String>,
    delay_seconds: Option<i64>,
    message_attributes: Option<Value>,
}

/// A message as a client asked to send it, if SQS would take it.
pub(super) fn outgoing(queue: &str, input: &Value) -> Result<Outgoing, Refusal> {
    let input: Send = decode(input)?;
    let body = input
        .message_body
        .filter(|body| !body.is_empty())
        .ok_or_else(|| {
            Refusal::new(
                "com.amazon.coral.service#MissingParameter",
                "The request must contain the parameter MessageBody.",
            )
            .with_query_code("MissingParameter")
        })?;
    let delay_ms = match input.delay_seconds {
        None => None,
        Some(seconds) => {
            Some(within("DelaySeconds", seconds, 0, MAXIMUM_DELAY_SECONDS)?.saturating_mul(1000))
        }
    };
    let message = Outgoing {
        queue: queue.to_owned(),
        body,
        attributes: input.message_attributes,
        delay_ms,
    };
    if size(&message) > MAXIMUM_BYTES {
        return Err(invalid(format!(
            "One or more parameters are invalid. Reason: Message must be shorter than {MAXIMUM_BYTES} bytes."
        )));
    }
    Ok(message)
}

pub(super) fn size(message: &Outgoing) -> usize {
    let attributes = message
        .attributes
        .as_ref()
        .map_or(0, |attributes| attributes.to_string().len());
    message.body.len().saturating_add(attributes)
}

pub(super) fn sent(message: &Outgoing, message_id: Option<&str>) -> Value {
    let mut reply = json!({ "MessageId": message_id, "MD5OfMessageBody": md5_of(&message.body) });
    if let (Some(reply), Some(md5)) = (
        reply.as_object_mut(),
        message.attributes.as_ref().and_then(md5_of_attributes),
    ) {
        reply.insert("MD5OfMessageAttributes".to_owned(), Value::String(md5));
    }
    reply
}

pub(super) fn received(message: &Message, system: &[String], custom: &[String]) -> Value {
    let attributes: Map<String, Value> = system_attributes(message)
        .into_iter()
        .filter(|(name, _)| {
            system
                .iter()
                .any(|wanted| wanted == "All" || wanted == name)
        })
        .map(|(name, value)| (name.to_owned(), Value::String(value)))
        .collect();
    let wants = |name: &str| {
        custom.iter().any(|wanted| {
            wanted == "All"
                || wanted == name
                || wanted
                    .strip_suffix(".*")
                    .is_some_and(|prefix| name.starts_with(prefix))
        })
    };
    let custom: Map<String, Value> = message
        .attributes
        .as_ref()
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter(|(name, _)| wants(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let mut reply = json!({
        "MessageId": message.message_id,
        "ReceiptHandle": message.receipt,
        "MD5OfBody": md5_of(&message.body),
        "Body": message.body,
    });
    if let Some(reply) = reply.as_object_mut() {
        if !attributes.is_empty() {
            reply.insert("Attributes".to_owned(), Value::Object(attributes));
        }
        if !custom.is_empty() {
            let custom = Value::Object(custom);
            reply.extend(
                md5_of_attributes(&custom)
                    .map(|md5| ("MD5OfMessageAttributes".to_owned(), Value::String(md5))),
            );
            reply.insert("MessageAttributes".to_owned(), custom);
        }
    }
    reply
}

/// What SQS itself knows of a message.
pub(crate) fn system_attributes(message: &Message) -> [(&'static str, String); 4] {
    [
        ("ApproximateReceiveCount", message.receives.to_string()),
        ("SentTimestamp", message.sent_ms.to_string()),
        (
            "ApproximateFirstReceiveTimestamp",
            message.first_received_ms.to_string(),
        ),
        ("SenderId", "AIDALOCAL".to_owned()),
    ]
}
