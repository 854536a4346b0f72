//! Sending messages to an SQS queue. A crate of its own, so that functions without a queue do not link the client.
#![warn(missing_docs)]

use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::{BehaviorVersion, Region};
use aws_sdk_sqs::error::DisplayErrorContext;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use models::{Error, Result};
use serde::Serialize;
use store::{Connection, OfBusiness};

/// SQS takes so many messages in one call.
const BATCH: usize = 10;
/// And so many bytes, of which we leave some for what it counts beside the bodies.
const BATCH_BYTES: usize = 240 * 1024;

/// A queue to send to.
#[derive(Debug, Clone)]
pub struct Queue {
    client: Client,
    url: String,
}

impl Queue {
    /// The queue with that URL.
    pub fn new(connection: &Connection, url: impl Into<String>) -> Self {
        let mut config = aws_sdk_sqs::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(connection.region.clone()))
            .credentials_provider(connection.credentials.clone())
            .http_client(connection.http_client.clone());
        if let Some(endpoint) = &connection.endpoint_url {
            config = config.endpoint_url(endpoint);
        }
        Self {
            client: Client::from_conf(config.build()),
            url: url.into(),
        }
    }

    /// Sends every message, ten to a call as long as they fit. An error says that some may not have been sent: sending again
    /// is harmless to our workers. Each goes in the group of its business: SQS hands out the messages of a group with a long
    /// backlog after those of the others (a fair queue).
    pub async fn send<M: Serialize + OfBusiness>(&self, messages: &[M]) -> Result<()> {
        let (mut batch, mut bytes) = (Vec::with_capacity(BATCH), 0_usize);
        for message in messages {
            let body = serde_json::to_string(message).map_err(Error::internal)?;
            if batch.len() == BATCH || bytes.saturating_add(body.len()) > BATCH_BYTES {
                self.send_batch(std::mem::take(&mut batch)).await?;
                bytes = 0;
            }
            bytes = bytes.saturating_add(body.len());
            batch.push((message.business(), body));
        }
        self.send_batch(batch).await
    }

    async fn send_batch(&self, messages: Vec<(&str, String)>) -> Result<()> {
        if messages.is_empty() {
            return Ok(());
        }
        let messages = messages.into_iter().enumerate();
        let entries = messages.map(|(index, (business, body))| {
            let entry = SendMessageBatchRequestEntry::builder()
                .id(index.to_string())
                .message_group_id(business)
                .message_body(body);
            entry.build().map_err(Error::internal)
        });
        let entries = entries.collect::<Result<Vec<_>>>()?;
        let call = self
            .client
            .send_message_batch()
            .queue_url(&self.url)
            .set_entries(Some(entries));
        let sent = Box::pin(call.send()).await;
        let output = sent
            .map_err(|error| Error::Unavailable(format!("SQS: {}", DisplayErrorContext(&error))))?;
        match output.failed().first() {
            None => Ok(()),
            Some(failed) => Err(Error::Unavailable(format!(
                "SQS did not take a message: {}",
                failed.code()
            ))),
        }
    }
}
