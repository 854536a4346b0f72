//! The log's record of an event, made from the item before and after.

use api::Change;
use models::event::Stamp;
use models::webhooks::EventRecord;
use models::{Error, Result, Scope, View};
use serde::Serialize;
use serde_json::Value;
use store::{DueKind, DueMessage, Image};
use views::rocketsavvy::{Event, EventData};

use crate::object::object_of;
use crate::publish::{EVENTS, Entry, WORK};

/// Bytes of data in an event: the bus takes 256 KiB with all around it. Larger ones are told without what was before, and if
/// that does not suffice with nothing but the object's id, by which it can be read.
const MAX_DATA_BYTES: usize = 200 * 1024;

/// The detail of an event on the bus: the event as v3 prints it, and whose it is.
#[derive(Debug, Serialize)]
struct Detail {
    /// The business.
    account: String,
    /// Live or test.
    livemode: bool,
    /// The endpoint that alone receives a test event.
    #[serde(skip_serializing_if = "Option::is_none")]
    only_endpoint: Option<String>,
    /// The endpoint that never receives it.
    #[serde(skip_serializing_if = "Option::is_none")]
    except_endpoint: Option<String>,
    /// The event.
    event: Event,
}

/// What a change tells of: events, and work that is to begin at once.
#[derive(Debug)]
pub(crate) struct Emitted {
    pub(crate) scope: Scope,
    pub(crate) events: Vec<EventRecord>,
    pub(crate) due: Option<DueMessage>,
}

/// Reads what a change tells of: the new image's events after those of the old one. What was deleted is put aside as a new item,
/// whose events are all new. `None` where there are none.
pub(crate) fn told(change: Change) -> Result<Option<Emitted>> {
    let Some(after) = change.after else {
        return Ok(None);
    };
    let Some(scope) = after.key.scope() else {
        return Ok(None);
    };
    let before = change.before.as_ref();
    // Not by their ids: two processes may draw the same one while a test clock stands still.
    let told_before = before.and_then(|image| image.stamps.last());
    let told_before = told_before.map_or(0, |stamp| stamp.sequence);
    let mut events = Vec::new();
    for stamp in &after.stamps {
        if stamp.sequence > told_before {
            let data = data(&scope, stamp, before, &after)?;
            events.push(record(stamp.clone(), &after, data));
        }
    }
    let due = if after.at_once {
        Some(DueMessage {
            pk: after.key.pk.clone(),
            sk: after.key.sk.clone(),
            kind: DueKind::of(&after.entity_type)?,
            at: None,
        })
    } else {
        None
    };
    Ok((due.is_some() || !events.is_empty()).then_some(Emitted { scope, events, due }))
}

/// An event of the log as it goes to the bus.
pub(crate) fn entry(scope: Scope, record: &EventRecord) -> Result<Entry> {
    let detail = Detail {
        account: scope.business.to_string(),
        livemode: scope.mode.is_live(),
        only_endpoint: record.only_endpoint.map(|id| id.to_string()),
        except_endpoint: record.except_endpoint.map(|id| id.to_string()),
        event: Event::of(record, scope.mode)?,
    };
    Ok(Entry {
        source: EVENTS,
        detail_type: record.event_type.as_str(),
        detail: serde_json::to_string(&detail).map_err(Error::internal)?,
    })
}

/// Work that begins at once, as it goes to the bus: `due-sweep` hands it to the queue of its kind.
pub(crate) fn due_entry(due: &DueMessage) -> Result<Entry> {
    Ok(Entry {
        source: WORK,
        detail_type: "due",
        detail: serde_json::to_string(&serde_json::json!({ "due": due }))
            .map_err(Error::internal)?,
    })
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
    bounded(data, &after.object_id)
}

/// The data as text, and less of it where it is more than the bus and the log take.
fn bounded(data: EventData, object_id: &str) -> Result<String> {
    let text = serde_json::to_string(&data).map_err(Error::internal)?;
    if text.len() <= MAX_DATA_BYTES {
        return Ok(text);
    }
    let text = serde_json::to_string(&data.without_previous()).map_err(Error::internal)?;
    if text.len() <= MAX_DATA_BYTES {
        return Ok(text);
    }
    let object = serde_json::json!({ "id": object_id, "truncated": true });
    serde_json::to_string(&EventData::of_change(None, object)).map_err(Error::internal)
}

fn record(stamp: Stamp, after: &Image, data: String) -> EventRecord {
    let tells_of_endpoint = stamp.kind.is_operational();
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
        except_endpoint: tells_of_endpoint.then(|| after.endpoint()).flatten(),
        created: stamp.at,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_event_that_is_too_large_is_told_with_less() {
        let text = |before: usize, after: usize| {
            let before = json!({ "id": "inv_rs_1", "a": "x".repeat(before) });
            let after = json!({ "id": "inv_rs_1", "a": "y".repeat(after) });
            let data = EventData::of_change(Some(&before), after);
            bounded(data, "inv_rs_1").unwrap()
        };
        assert!(text(100_000, 100_000).contains("previous_attributes"));
        let less = text(150_000, 100_000);
        assert!(less.len() > 100_000 && !less.contains("previous_attributes"));
        let least = text(1, 300_000);
        assert_eq!(least, r#"{"object":{"id":"inv_rs_1","truncated":true}}"#);
    }
}
