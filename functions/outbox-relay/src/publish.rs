//! Publishing to the event bus.

use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::config::{BehaviorVersion, Region};
use aws_sdk_eventbridge::error::DisplayErrorContext;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use models::{Error, Result};
use store::Connection;

/// The `source` of all events of businesses.
pub(crate) const EVENTS: &str = "savvy";
/// The `source` of what the product tells itself.
pub(crate) const WORK: &str = "savvy.work";
/// EventBridge takes so many entries in one call.
const BATCH: usize = 10;

/// What is to be published.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) source: &'static str,
    pub(crate) detail_type: &'static str,
    pub(crate) detail: String,
}

/// The event bus.
#[derive(Debug, Clone)]
pub(crate) struct Bus {
    client: Client,
    name: String,
}

impl Bus {
    pub(crate) fn new(connection: &Connection, name: &str) -> Self {
        let mut config = aws_sdk_eventbridge::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(connection.region.clone()))
            .credentials_provider(connection.credentials.clone())
            .http_client(connection.http_client.clone());
        if let Some(url) = &connection.endpoint_url {
            config = config.endpoint_url(url);
        }
        Self {
            client: Client::from_conf(config.build()),
            name: name.to_owned(),
        }
    }

    /// Publishes entries in order and returns the sequence number of the first that the bus did not take.
    pub(crate) async fn publish(&self, entries: Vec<(String, Entry)>) -> Result<Option<String>> {
        for batch in entries.chunks(BATCH) {
            let request = batch.iter().map(|(_, entry)| {
                PutEventsRequestEntry::builder()
                    .event_bus_name(&self.name)
                    .source(entry.source)
                    .detail_type(entry.detail_type)
                    .detail(&entry.detail)
                    .build()
            });
            let sent = self
                .client
                .put_events()
                .set_entries(Some(request.collect()))
                .send()
                .await;
            let output = sent.map_err(|error| {
                Error::Unavailable(format!("EventBridge: {}", DisplayErrorContext(&error)))
            })?;
            let results = output.entries();
            let refused = batch
                .iter()
                .zip(results)
                .find(|(_, result)| result.error_code().is_some());
            if let Some(((sequence_number, _), result)) = refused {
                tracing::warn!(code = result.error_code(), "the bus did not take an event");
                return Ok(Some(sequence_number.clone()));
            }
        }
        Ok(None)
    }
}
