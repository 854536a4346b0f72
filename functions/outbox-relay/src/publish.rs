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
/// And so many bytes, of which we leave some for what it counts beside the details.
const BATCH_BYTES: usize = 240 * 1024;

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
        for batch in batches(&entries) {
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

/// Entries in order, as many to a call as fit.
fn batches(entries: &[(String, Entry)]) -> Vec<&[(String, Entry)]> {
    let mut batches = Vec::new();
    let mut rest = entries;
    while !rest.is_empty() {
        let mut bytes = 0_usize;
        let fitting = rest.iter().take(BATCH).take_while(|(_, entry)| {
            bytes = bytes.saturating_add(entry.detail.len());
            bytes <= BATCH_BYTES
        });
        let (batch, others) = rest.split_at(fitting.count().clamp(1, rest.len()));
        batches.push(batch);
        rest = others;
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(entries: &[usize]) -> Vec<usize> {
        let entry = |bytes: &usize| {
            let entry = Entry {
                source: EVENTS,
                detail_type: "invoice.paid",
                detail: "x".repeat(*bytes),
            };
            (String::new(), entry)
        };
        let entries: Vec<_> = entries.iter().map(entry).collect();
        batches(&entries).iter().map(|batch| batch.len()).collect()
    }

    #[test]
    fn a_call_has_no_more_entries_and_bytes_than_the_bus_takes() {
        assert_eq!(sizes(&[]), [0; 0]);
        assert_eq!(sizes(&[1; 21]), [10, 10, 1]);
        assert_eq!(sizes(&[100_000; 5]), [2, 2, 1]);
        assert_eq!(sizes(&[1, 200_000, 200_000, 1]), [2, 2]);
        assert_eq!(sizes(&[900_000, 1]), [1, 1]);
    }
}
