//! From the stream of the table to the log of events and to EventBridge.
//!
//! Every write that the outside must hear of carries its events inside the item. The stream shows the item before and after:
//! what the new image's events have that the old one's have not has just happened. Each event is written to the log once,
//! and then published; if publishing fails, the stream is read again from there, and the log knows the event already.

mod log;
mod object;
mod publish;
mod record;

use api::{App, Change, Config, Invocation};
use models::Result;

use crate::publish::Bus;
use crate::record::Emitted;

/// The Lambda function.
pub fn function(config: &Config) -> Result<Invocation> {
    let bus = Bus::new(&config.connection, config.require("EVENT_BUS_NAME")?);
    let app = App::new(config)?;
    Ok(api::stream_function(move |changes| {
        let (app, bus) = (app.clone(), bus.clone());
        async move { relay(&app, &bus, changes).await }
    }))
}

/// Events of one business that are written at the same time.
const AT_ONCE: usize = 8;

/// What a change told of, and its place in the stream.
#[derive(Debug)]
struct Place {
    sequence_number: String,
    told: Emitted,
}

/// Logs and publishes what the changes tell of, in order. Returns the first change that failed, from which the stream is read
/// again: what was logged or published before comes again then, and is known.
async fn relay(app: &App, bus: &Bus, changes: Vec<Change>) -> Result<Option<String>> {
    let mut places = Vec::new();
    let mut failed = None;
    for change in changes {
        let sequence_number = change.sequence_number.clone();
        match record::told(change) {
            Ok(None) => {}
            Ok(Some(told)) => places.push(Place {
                sequence_number,
                told,
            }),
            Err(error) => {
                tracing::error!(?error, sequence_number, "a change could not be read");
                failed = Some(sequence_number);
                break;
            }
        }
    }
    let logged = log::log(app, &places).await;
    // What was logged before a failure is published all the same.
    let count = logged.iter().take_while(|events| events.is_some()).count();
    if let Some(place) = places.get(count) {
        failed = Some(place.sequence_number.clone());
    }
    let mut entries = Vec::new();
    for (place, events) in places.iter().zip(logged.into_iter().flatten()).take(count) {
        for event in &events {
            let entry = record::entry(place.told.scope, &event.record)?;
            entries.push((place.sequence_number.clone(), entry));
        }
        if let Some(due) = &place.told.due {
            entries.push((place.sequence_number.clone(), record::due_entry(due)?));
        }
    }
    Ok(bus.publish(entries).await?.or(failed))
}
