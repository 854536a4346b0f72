//! The log's record of an event, made from the item before and after.

use api::dialect::rocketsavvy::{Event, EventData, object_of};
use api::{App, Change};
use models::event::Stamp;
use models::webhooks::EventRecord;
use models::{Error, Result, Scope};
use serde::Serialize;
use serde_json::Value;
use store::Image;

/// The detail of an event on the bus: the event as v3 prints it, and whose it is.
#[derive(Debug, Serialize)]
pub(crate) struct Detail {
    /// The business.
    pub(crate) account: String,
    /// Live or test.
    pub(crate) livemode: bool,
    /// The endpoint that alone receives a test event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) only_endpoint: Option<String>,
    /// The event.
    pub(crate) event: Event,
}

/// An event that is in the log and still to be published.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) event_type: &'static str,
    pub(crate) detail: String,
}

/// Writes the events of a change to the log and returns what is to be published.
pub(crate) async fn log(app: &App, change: Change) -> Result<Vec<Entry>> {
    let Some(after) = change.after else {
        return Ok(Vec::new());
    };
    let told: Vec<_> = change
        .before
        .iter()
        .flat_map(|image| &image.stamps)
        .map(|stamp| stamp.id)
        .collect();
    let new: Vec<Stamp> = after
        .stamps
        .iter()
        .filter(|stamp| !told.contains(&stamp.id))
        .cloned()
        .collect();
    if new.is_empty() {
        return Ok(Vec::new());
    }
    let Some(scope) = after.key.scope() else {
        return Ok(Vec::new());
    };
    let mut entries = Vec::with_capacity(new.len());
    for stamp in new {
        let data = data(&scope, &stamp, change.before.as_ref(), &after)?;
        let session = app.scheduled(scope, Some(stamp.at));
        let record = session.log_event(record(stamp, &after, data)).await?;
        let detail = Detail {
            account: scope.business.to_string(),
            livemode: scope.mode.is_live(),
            only_endpoint: record.only_endpoint.map(|id| id.to_string()),
            event: Event::of(&record, scope.mode)?,
        };
        entries.push(Entry {
            event_type: record.event_type.as_str(),
            detail: serde_json::to_string(&detail).map_err(Error::internal)?,
        });
    }
    Ok(entries)
}

/// `{"object":…,"previous_attributes":…}` of an event.
fn data(scope: &Scope, stamp: &Stamp, before: Option<&Image>, after: &Image) -> Result<String> {
    let view =
        |image: &Image| object_of(&image.entity_type, image.item.clone(), scope.mode, stamp.at);
    let data = if let Some(test) = &stamp.only {
        let object: Value = serde_json::from_str(&test.object).map_err(Error::internal)?;
        EventData::of_change(None, object)
    } else {
        // An object that nobody has heard of yet has no previous attributes, even if it was written before.
        let heard = before.filter(|image| !image.stamps.is_empty());
        EventData::of_change(heard.map(view).transpose()?.as_ref(), view(after)?)
    };
    serde_json::to_string(&data).map_err(Error::internal)
}

fn record(stamp: Stamp, after: &Image, data: String) -> EventRecord {
    EventRecord {
        id: stamp.id,
        event_type: stamp.kind,
        object_id: after.object_id.clone(),
        sequence: stamp.sequence,
        data,
        actor: stamp.actor,
        request: stamp.request,
        idempotency_key: stamp.idempotency_key,
        source: format!("{}/{}#{}", after.key.pk, after.key.sk, stamp.sequence),
        only_endpoint: stamp.only.map(|test| test.endpoint),
        created: stamp.at,
    }
}
