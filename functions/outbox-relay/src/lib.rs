//! From the stream of the table to the log of events and to EventBridge.
//!
//! Every write that the outside must hear of carries its events inside the item. The stream shows the item before and after:
//! what the new image's events have that the old one's have not has just happened. Each event is written to the log once,
//! and then published; if publishing fails, the stream is read again from there, and the log knows the event already.

mod publish;
mod record;

use api::{App, Change, Config, Invocation};
use models::Result;

use crate::publish::Bus;

/// The Lambda function.
pub fn function(config: &Config) -> Result<Invocation> {
    let bus = Bus::new(&config.connection, config.require("EVENT_BUS_NAME")?);
    let app = App::new(config)?;
    Ok(api::stream_function(move |changes| {
        let (app, bus) = (app.clone(), bus.clone());
        async move { relay(&app, &bus, changes).await }
    }))
}

/// Logs and publishes what the changes tell of, in order. Returns the first change that failed.
async fn relay(app: &App, bus: &Bus, changes: Vec<Change>) -> Result<Option<String>> {
    let mut entries = Vec::new();
    let mut failed = None;
    for change in changes {
        let sequence_number = change.sequence_number.clone();
        match record::log(app, change).await {
            Ok(logged) => entries.extend(
                logged
                    .into_iter()
                    .map(|entry| (sequence_number.clone(), entry)),
            ),
            Err(error) => {
                tracing::error!(?error, sequence_number, "an event could not be logged");
                failed = Some(sequence_number);
                break;
            }
        }
    }
    // What was logged before a failure is published all the same; the rest comes again.
    Ok(bus.publish(entries).await?.or(failed))
}
