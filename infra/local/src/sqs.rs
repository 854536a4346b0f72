//! The SQS protocol in front of the [`crate::queues`].

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::queues::{QueueError, Queues};
use crate::reply::Refusal;
use crate::template::{arn, queue_url};

pub(crate) use messages::system_attributes;
use messages::{outgoing, received, sent};

mod batches;
mod messages;

/// A message with its attributes, and a batch altogether, may not be larger.
const MAXIMUM_BYTES: usize = 262_144;
const MAXIMUM_DELAY_SECONDS: i64 = 900;
const MAXIMUM_VISIBILITY_SECONDS: i64 = 43_200;

/// Answers the SQS operations that the product and its tests use.
#[derive(Debug)]
pub struct Sqs {
    queues: Arc<Queues>,
    port: u16,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Receive {
    max_number_of_messages: Option<i64>,
    visibility_timeout: Option<i64>,
    wait_time_seconds: Option<i64>,
    #[serde(default)]
    attribute_names: Vec<String>,
    #[serde(default)]
    message_system_attribute_names: Vec<String>,
    #[serde(default)]
    message_attribute_names: Vec<String>,
}

impl Sqs {
    /// Queue addresses are those of an endpoint on `port`.
    pub fn new(queues: Arc<Queues>, port: u16) -> Self {
        Self { queues, port }
    }

    pub(crate) async fn answer(&self, operation: &str, input: &Value) -> Result<Value, Refusal> {
        let queue = || queue_of(input);
        match operation {
            "SendMessage" => self.send(queue()?, input),
            "SendMessageBatch" => self.send_batch(queue()?, input),
            "ReceiveMessage" => self.receive(queue()?, input).await,
            "DeleteMessage" => {
                let deleted = self
                    .queues
                    .delete(queue()?, &[text(input, "ReceiptHandle")?]);
                match deleted.map_err(refusal)?.as_slice() {
                    [true] => Ok(json!({})),
                    _ => Err(refusal(QueueError::InvalidReceipt)),
                }
            }
            "DeleteMessageBatch" => self.delete_batch(queue()?, input),
            "ChangeMessageVisibility" => self.change_visibility(queue()?, input),
            "ChangeMessageVisibilityBatch" => self.change_visibility_batch(queue()?, input),
            "GetQueueAttributes" => self.attributes(queue()?, input),
            "GetQueueUrl" => {
                let name = text(input, "QueueName")?;
                self.queues.queue(name).map_err(refusal)?;
                Ok(json!({ "QueueUrl": queue_url(self.port, name) }))
            }
            "ListQueues" => {
                let prefix = input
                    .get("QueueNamePrefix")
                    .and_then(Value::as_str)
                    .unwrap_or_default();
                let urls: Vec<String> = self
                    .queues
                    .names()
                    .filter(|name| name.starts_with(prefix) && !name.starts_with('~'))
                    .map(|name| queue_url(self.port, name))
                    .collect();
                Ok(json!({ "QueueUrls": urls }))
            }
            "PurgeQueue" => {
                self.queues.purge(queue()?).map_err(refusal)?;
                Ok(json!({}))
            }
            "StartMessageMoveTask" => self.redrive(input),
            unknown => Err(Refusal::new(
                "com.amazonaws.sqs#UnsupportedOperation",
                format!("{unknown} is not provided here"),
            )
            .with_query_code("AWS.SimpleQueueService.UnsupportedOperation")),
        }
    }

    /// Moves dead letters back to where they came from. Here that is done at once.
    fn redrive(&self, input: &Value) -> Result<Value, Refusal> {
        let source = text(input, "SourceArn")?;
        let name = source.rsplit(':').next().unwrap_or_default();
        let moved = self.queues.redrive(name).map_err(refusal)?;
        moved.map_or_else(
            || {
                Err(invalid(
                    "SourceArn must be the dead-letter queue of one queue",
                ))
            },
            |moved| Ok(json!({ "TaskHandle": format!("{name}-{moved}") })),
        )
    }

    fn send(&self, queue: &str, input: &Value) -> Result<Value, Refusal> {
        let outgoing = outgoing(queue, input)?;
        let message_ids = self
            .queues
            .send(std::slice::from_ref(&outgoing))
            .map_err(refusal)?;
        Ok(sent(&outgoing, message_ids.first().map(String::as_str)))
    }

    async fn receive(&self, queue: &str, input: &Value) -> Result<Value, Refusal> {
        let input: Receive = decode(input)?;
        let maximum = within(
            "MaxNumberOfMessages",
            input.max_number_of_messages.unwrap_or(1),
            1,
            10,
        )?;
        let maximum = usize::try_from(maximum).unwrap_or(1);
        let visibility_ms = match input.visibility_timeout {
            None => None,
            Some(seconds) => Some(
                within("VisibilityTimeout", seconds, 0, MAXIMUM_VISIBILITY_SECONDS)?
                    .saturating_mul(1000),
            ),
        };
        let wait = within(
            "WaitTimeSeconds",
            input.wait_time_seconds.unwrap_or(0),
            0,
            20,
        )?;
        let wait = Duration::from_secs(u64::try_from(wait).unwrap_or_default());
        let messages = if wait.is_zero() {
            self.queues.receive(queue, maximum, visibility_ms)
        } else {
            tokio::time::timeout(
                wait,
                self.queues.receive_or_wait(queue, maximum, visibility_ms),
            )
            .await
            .unwrap_or_else(|_elapsed| Ok(Vec::new()))
        };
        let messages = messages.map_err(refusal)?;
        let system = [input.attribute_names, input.message_system_attribute_names].concat();
        let messages: Vec<Value> = messages
            .into_iter()
            .map(|message| received(&message, &system, &input.message_attribute_names))
            .collect();
        Ok(if messages.is_empty() {
            json!({})
        } else {
            json!({ "Messages": messages })
        })
    }

    fn change_visibility(&self, queue: &str, input: &Value) -> Result<Value, Refusal> {
        let seconds = input
            .get("VisibilityTimeout")
            .and_then(Value::as_i64)
            .unwrap_or(-1);
        let seconds = within("VisibilityTimeout", seconds, 0, MAXIMUM_VISIBILITY_SECONDS)?;
        self.queues
            .change_visibility(
                queue,
                text(input, "ReceiptHandle")?,
                seconds.saturating_mul(1000),
            )
            .map_err(refusal)?;
        Ok(json!({}))
    }

    fn attributes(&self, queue: &str, input: &Value) -> Result<Value, Refusal> {
        let counts = self.queues.counts(queue).map_err(refusal)?;
        let definition = self.queues.queue(queue).map_err(refusal)?;
        let seconds = |milliseconds: i64| {
            milliseconds
                .checked_div(1000)
                .unwrap_or_default()
                .to_string()
        };
        let mut all = vec![
            ("QueueArn", arn("sqs", queue)),
            ("ApproximateNumberOfMessages", counts.visible.to_string()),
            (
                "ApproximateNumberOfMessagesNotVisible",
                counts.in_flight.to_string(),
            ),
            (
                "ApproximateNumberOfMessagesDelayed",
                counts.delayed.to_string(),
            ),
            ("VisibilityTimeout", seconds(definition.visibility_ms)),
            ("DelaySeconds", seconds(definition.delay_ms)),
            ("MessageRetentionPeriod", seconds(definition.retention_ms)),
            ("MaximumMessageSize", MAXIMUM_BYTES.to_string()),
        ];
        if let Some(redrive) = &definition.redrive {
            let policy = json!({
                "deadLetterTargetArn": arn("sqs", &redrive.dead_letter_queue),
                "maxReceiveCount": redrive.max_receives,
            });
            all.push(("RedrivePolicy", policy.to_string()));
        }
        let wanted: Vec<&str> = input
            .get("AttributeNames")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let attributes: Map<String, Value> = all
            .into_iter()
            .filter(|(name, _)| wanted.contains(&"All") || wanted.contains(name))
            .map(|(name, value)| (name.to_owned(), Value::String(value)))
            .collect();
        Ok(json!({ "Attributes": attributes }))
    }
}

/// The name of the queue whose address a request gives.
pub(crate) fn queue_of(input: &Value) -> Result<&str, Refusal> {
    let url = text(input, "QueueUrl")?;
    Ok(url.rsplit('/').next().unwrap_or_default())
}

fn text<'v>(input: &'v Value, key: &str) -> Result<&'v str, Refusal> {
    input.get(key).and_then(Value::as_str).ok_or_else(|| {
        Refusal::new(
            "com.amazon.coral.service#MissingParameter",
            format!("The request must contain the parameter {key}."),
        )
        .with_query_code("MissingParameter")
    })
}

fn decode<T: for<'d> Deserialize<'d>>(input: &Value) -> Result<T, Refusal> {
    T::deserialize(input).map_err(|error| invalid(error.to_string()))
}

fn within(name: &str, value: i64, least: i64, most: i64) -> Result<i64, Refusal> {
    if (least..=most).contains(&value) {
        Ok(value)
    } else {
        Err(invalid(format!(
            "Value {value} for parameter {name} is invalid. Reason: Must be between {least} and {most}."
        )))
    }
}

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new("com.amazonaws.sqs#InvalidParameterValue", message)
        .with_query_code("InvalidParameterValue")
}

fn refusal(error: QueueError) -> Refusal {
    match error {
        QueueError::NoSuchQueue(_) => Refusal::new(
            "com.amazonaws.sqs#QueueDoesNotExist",
            "The specified queue does not exist.",
        )
        .with_query_code("AWS.SimpleQueueService.NonExistentQueue"),
        QueueError::InvalidReceipt => Refusal::new(
            "com.amazonaws.sqs#ReceiptHandleIsInvalid",
            "The input receipt handle is invalid.",
        )
        .with_query_code("ReceiptHandleIsInvalid"),
        QueueError::NotInFlight => Refusal::new(
            "com.amazonaws.sqs#MessageNotInflight",
            "The specified message isn't in flight.",
        )
        .with_query_code("AWS.SimpleQueueService.MessageNotInflight"),
        QueueError::Storage(error) => Refusal::internal(error.to_string()),
    }
}
