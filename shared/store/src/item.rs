//! Records as items: the entity's own attributes, and the few that every item has.

use std::collections::HashMap;
use std::ops::Deref;

use aws_sdk_dynamodb::types::AttributeValue;
use models::event::Stamp;
use models::ids::{self, Id};
use models::webhooks::{Delivery, Endpoint};
use models::{Error, Result, Scope, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::due::DueKind;
use crate::keys::{self, Key};
use crate::revision::Revision;

/// An item as DynamoDB has it.
pub type Item = HashMap<String, AttributeValue>;

/// Attribute names that every item may have. An entity's own attributes never use them.
pub(crate) mod attr {
    pub(crate) const PK: &str = "PK";
    pub(crate) const SK: &str = "SK";
    pub(crate) const TYPE: &str = "et";
    pub(crate) const VERSION: &str = "v";
    pub(crate) const EVENTS: &str = "ev";
    pub(crate) const TTL: &str = "ttl";
    pub(crate) const DUE_PK: &str = "due_pk";
    pub(crate) const DUE_SK: &str = "due_sk";
    /// The ids of the item's newest writes.
    pub(crate) const WRITES: &str = "w";
    /// On a write that wants its due work begun at once, without waiting for the next sweep.
    pub(crate) const AT_ONCE: &str = "at_once";
    /// How often in a row the item's worker failed, on an item that was put off for it. An ordinary write leaves it out.
    pub(crate) const FAILURES: &str = "due_failed";
    pub(crate) const PARENT_PK: &str = "gp_pk";
    pub(crate) const PARENT_SK: &str = "gp_sk";
}

/// How long a deleted record is kept for whoever wants to know what it was.
pub(crate) const TOMBSTONE_DAYS: i64 = 30;

/// Something that has its place in the table.
pub trait Record: Serialize + DeserializeOwned + Send + Sync {
    /// The entity type, attribute `et`.
    const TYPE: &'static str;
    /// Whether somebody chose the key of such a record. After it was deleted nobody gets the name again: invoices and events speak
    /// of what had it.
    const NAMED: bool = false;

    /// Where it is.
    fn key(&self, scope: &Scope) -> Key;

    /// The partition of index `by_parent` in which it is listed; its own sort key is that index's, too.
    fn parent(&self, _scope: &Scope) -> Option<String> {
        None
    }

    /// When something must happen to it next.
    fn due(&self) -> Option<Timestamp> {
        None
    }

    /// From when on DynamoDB may remove it.
    fn expires(&self) -> Option<Timestamp> {
        None
    }

    /// When it was deleted. The write that says so takes it from its place, so that nobody finds it and no list reads over it, and
    /// puts it aside with its event ([`keys::deleted`]).
    fn deleted(&self) -> Option<Timestamp> {
        None
    }

    /// Where its item is: in its place, or aside.
    fn item_key(&self, scope: &Scope) -> Key {
        let key = self.key(scope);
        match self.deleted() {
            Some(_) => keys::deleted(&key),
            None => key,
        }
    }
}

/// A record as it was read, with what is needed to write it back.
#[derive(Debug, Clone)]
pub struct Stored<T> {
    record: T,
    pub(crate) revision: Revision,
    pub(crate) events: Option<String>,
    pub(crate) failures: Option<u64>,
}

impl<T> Stored<T> {
    pub(crate) const fn new(record: T, revision: Revision, events: Option<String>) -> Self {
        Self {
            record,
            revision,
            events,
            failures: None,
        }
    }

    /// The record itself.
    pub fn into_inner(self) -> T {
        self.record
    }

    /// How often it was written.
    pub const fn version(&self) -> u64 {
        self.revision.version
    }
}

impl<T> Deref for Stored<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.record
    }
}

/// The events that the newest write of an item carries.
pub(crate) fn stamps_of(events: Option<&str>) -> Result<Vec<Stamp>> {
    events.map_or_else(
        || Ok(Vec::new()),
        |text| serde_json::from_str(text).map_err(Error::internal),
    )
}

/// A record as an item, without the revision that its write gives it.
pub(crate) fn encode<T: Record>(scope: &Scope, record: &T, events: Option<String>) -> Result<Item> {
    let mut item: Item = serde_dynamo::to_item(record).map_err(Error::internal)?;
    item.retain(|_, value| !matches!(value, AttributeValue::Null(_)));
    let key = record.item_key(scope);
    let expires = match record.deleted() {
        // Where its name stays taken, this is what takes it.
        Some(_) if T::NAMED => None,
        Some(at) => Some(at.plus_days(TOMBSTONE_DAYS)),
        None => {
            index(&mut item, scope, record, &key)?;
            record.expires()
        }
    };
    if let Some(at) = expires {
        item.insert(
            attr::TTL.into(),
            AttributeValue::N(at.seconds().to_string()),
        );
    }
    if let Some(events) = events {
        item.insert(attr::EVENTS.into(), AttributeValue::S(events));
    }
    item.insert(attr::TYPE.into(), AttributeValue::S(T::TYPE.to_owned()));
    item.insert(attr::PK.into(), AttributeValue::S(key.pk));
    item.insert(attr::SK.into(), AttributeValue::S(key.sk));
    Ok(item)
}

/// Adds to an item where the indexes have it.
fn index<T: Record>(item: &mut Item, scope: &Scope, record: &T, key: &Key) -> Result<()> {
    if let Some(parent) = record.parent(scope) {
        item.insert(attr::PARENT_PK.into(), AttributeValue::S(parent));
        item.insert(attr::PARENT_SK.into(), AttributeValue::S(key.sk.clone()));
    }
    if let Some(due) = record.due() {
        let kind = DueKind::of(T::TYPE)?.as_str();
        let (partition, sort) = (keys::due_partition(key), keys::due_sort(due, kind, key));
        item.insert(attr::DUE_PK.into(), AttributeValue::S(partition));
        item.insert(attr::DUE_SK.into(), AttributeValue::S(sort));
    }
    Ok(())
}

/// The record in an item.
pub(crate) fn decode<T: Record>(item: Item) -> Result<Stored<T>> {
    let revision =
        Revision::of(&item).ok_or_else(|| Error::internal("an item without a version"))?;
    let events = text(&item, attr::EVENTS).map(str::to_owned);
    let failures = number(&item, attr::FAILURES);
    let kind = text(&item, attr::TYPE).unwrap_or_default();
    if kind != T::TYPE {
        return Err(Error::internal(format_args!(
            "expected an item of type {}, found {kind}",
            T::TYPE
        )));
    }
    let record: T = serde_dynamo::from_item(item).map_err(Error::internal)?;
    Ok(Stored {
        failures,
        ..Stored::new(record, revision, events)
    })
}

/// What DynamoDB counts of an item: names and values in UTF-8, numbers by half their digits, and a few bytes for what holds others.
pub(crate) fn bytes_of(item: &Item) -> usize {
    let attributes = item.iter();
    attributes
        .map(|(name, value)| name.len().saturating_add(bytes_of_value(value)))
        .fold(0, usize::saturating_add)
}

fn bytes_of_value(value: &AttributeValue) -> usize {
    if let Ok(text) = value.as_s() {
        text.len()
    } else if let Ok(digits) = value.as_n() {
        digits.len().div_ceil(2).saturating_add(2)
    } else if let Ok(list) = value.as_l() {
        let values = list
            .iter()
            .map(|value| bytes_of_value(value).saturating_add(1));
        values.fold(3, usize::saturating_add)
    } else if let Ok(map) = value.as_m() {
        let bytes = bytes_of(map).saturating_add(map.len());
        bytes.saturating_add(3)
    } else if let Ok(bytes) = value.as_b() {
        bytes.as_ref().len()
    } else {
        // A truth value; records have no sets.
        1
    }
}

pub(crate) fn text<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)
        .and_then(|value| value.as_s().ok())
        .map(String::as_str)
}

pub(crate) fn number(item: &Item, name: &str) -> Option<u64> {
    item.get(name)
        .and_then(|value| value.as_n().ok())
        .and_then(|digits| digits.parse().ok())
}

/// The record in an item image of the stream, whatever its version, deleted or not.
pub fn read_image<T: DeserializeOwned>(item: Item) -> Result<T> {
    serde_dynamo::from_item(item).map_err(Error::internal)
}

/// An item as the stream shows it, with what the relay needs to know of it.
#[derive(Debug, Clone)]
pub struct Image {
    /// Where it is.
    pub key: Key,
    /// The record's `TYPE`.
    pub entity_type: String,
    /// The record's id, or its type where it has none.
    pub object_id: String,
    /// The events that its newest write carries.
    pub stamps: Vec<Stamp>,
    /// Whether its newest write wants its due work begun at once.
    pub at_once: bool,
    /// The item itself.
    pub item: Item,
}

impl Image {
    /// Reads an image. `None` where there is no item.
    pub fn read(item: Item) -> Result<Option<Self>> {
        let (Some(pk), Some(sk)) = (text(&item, attr::PK), text(&item, attr::SK)) else {
            return Ok(None);
        };
        let entity_type = text(&item, attr::TYPE).unwrap_or_default();
        Ok(Some(Self {
            key: Key {
                pk: pk.to_owned(),
                sk: sk.to_owned(),
            },
            entity_type: entity_type.to_owned(),
            object_id: text(&item, "id").unwrap_or(entity_type).to_owned(),
            stamps: stamps_of(text(&item, attr::EVENTS))?,
            at_once: item.contains_key(attr::AT_ONCE),
            item,
        }))
    }

    /// The webhook endpoint that it is, or that it is a delivery to.
    pub fn endpoint(&self) -> Option<Id<ids::Webhook>> {
        match self.entity_type.as_str() {
            Endpoint::TYPE => keys::record_id(&self.key),
            Delivery::TYPE => keys::endpoint_of(&self.key),
            _ => None,
        }
    }
}
