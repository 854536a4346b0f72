//! What one commit writes: conditional puts and deletions, each with the events that it tells of.

use aws_sdk_dynamodb::types::AttributeValue;
use models::event::{EventType, Stamp, TestEvent};
use models::ids::Kind;
use models::{Error, Result, Scope};

use crate::entity::RecordId;
use crate::item::{Item, Record, Stored, attr, bytes_of, encode, stamps_of};
use crate::keys::{self, Key};
use crate::revision::Revision;
use crate::session::{BusinessTime, Session};

/// Bytes of an item at the most: DynamoDB takes 409,600. What a caller can write is bounded well below that, field by field.
const MAX_ITEM_BYTES: usize = 400_000;

/// What must hold for an item to be put or deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Condition {
    /// No item is there.
    Absent,
    /// The item is still at this revision.
    Unchanged(Revision),
    /// No item is there, or one whose `until` (Unix seconds) has passed.
    AbsentOrExpired(i64),
}

/// One conditional change of one item.
#[derive(Debug, Clone)]
pub(crate) struct Action {
    pub(crate) key: Key,
    pub(crate) condition: Condition,
    pub(crate) change: Change,
}

#[derive(Debug, Clone)]
pub(crate) enum Change {
    /// The item is this from now on.
    Put {
        item: Item,
        /// How far it is written then.
        revision: Revision,
    },
    /// There is no item any more.
    Delete,
}

/// What has to hold for an item that is not written.
#[derive(Debug, Clone)]
pub(crate) struct Check {
    pub(crate) key: Key,
    pub(crate) expected: Expected,
}

#[derive(Debug, Clone)]
pub(crate) enum Expected {
    /// A record is there, because others are written that name it. The error where it is not.
    Present(Error),
    /// Nothing is there. Else the action at this index is refused.
    Absent(usize),
}

/// Changes that happen together or not at all. No item is touched twice.
#[derive(Debug, Clone)]
pub struct Writes<'s> {
    session: &'s Session,
    moment: BusinessTime,
    pub(crate) actions: Vec<Action>,
    checks: Vec<Check>,
}

impl Session {
    /// An empty set of changes, at the business's time.
    pub async fn writes(&self) -> Result<Writes<'_>> {
        Ok(Writes {
            session: self,
            moment: self.moment().await?,
            actions: Vec::new(),
            checks: Vec::new(),
        })
    }
}

impl Writes<'_> {
    /// Adds a new record, with the event that tells of it. Returns it as it will be once it is written.
    pub fn create<T: Record + Clone>(
        &mut self,
        record: &T,
        event: Option<EventType>,
    ) -> Result<Stored<T>> {
        self.create_in(&self.session.scope(), record, event)
    }

    /// The same in another mode, or for a business that is only now being made: a live key hands out test keys. Whoever
    /// calls this says why `scope` is the caller's to write in; input never names it.
    pub fn create_in<T: Record + Clone>(
        &mut self,
        scope: &Scope,
        record: &T,
        event: Option<EventType>,
    ) -> Result<Stored<T>> {
        self.put_new(scope, record, event.as_slice())
    }

    /// A new record that several things happened to at once: an invoice that is final and paid the moment it is written.
    pub fn create_after<T: Record + Clone>(
        &mut self,
        record: &T,
        events: &[EventType],
    ) -> Result<Stored<T>> {
        self.put_new(&self.session.scope(), record, events)
    }

    fn put_new<T: Record + Clone>(
        &mut self,
        scope: &Scope,
        record: &T,
        events: &[EventType],
    ) -> Result<Stored<T>> {
        let events = self.stamps(None, events, None)?;
        let key = record.item_key(scope);
        let item = encode(scope, record, events.clone())?;
        if T::NAMED {
            self.checks.push(Check {
                key: keys::deleted(&key),
                expected: Expected::Absent(self.actions.len()),
            });
        }
        let revision = self.put(key, item, Condition::Absent)?;
        Ok(Stored::new(record.clone(), revision, events))
    }

    /// Has the record `id` be there when this is written: what is written names it. Where it is not, or was deleted, nothing is
    /// written, and the error says so of the field at `pointer`. It makes the write a transaction. What many name at once, as a
    /// plan, is no parent: they would refuse each other.
    pub fn child_of<I: RecordId>(&mut self, id: I, pointer: &'static str) {
        let key = id.key(&self.session.scope());
        let gone = Error::no_such(I::Kind::NAME, id, pointer);
        let expected = Expected::Present(gone);
        self.checks.push(Check { key, expected });
    }

    /// The checks of what is not written itself: that has a condition of its own.
    pub(crate) fn other_checks(&self) -> Vec<&Check> {
        let written = |key: &Key| self.actions.iter().any(|action| action.key == *key);
        let checks = self.checks.iter();
        checks.filter(|check| !written(&check.key)).collect()
    }

    /// Adds the next version of a record. `before` is the record as it was read. One that was deleted leaves its place, for 2 items.
    pub fn update<T: Record>(
        &mut self,
        before: &Stored<T>,
        record: &T,
        event: Option<EventType>,
    ) -> Result<()> {
        self.update_after(before, record, event.as_slice())
    }

    /// The next version of a record that the same worker changes further. Nothing is told of it, and how often workers failed at it
    /// stays: this one has not finished. Returns it as it will be once it is written.
    pub fn advance<T: Record + Clone>(
        &mut self,
        before: &Stored<T>,
        record: &T,
    ) -> Result<Stored<T>> {
        let revision = self.push_update(before, record, None)?;
        if let Some(failures) = before.failures {
            self.add_number(attr::FAILURES, failures);
        }
        let mut next = Stored::new(record.clone(), revision, before.events.clone());
        next.failures = before.failures;
        Ok(next)
    }

    /// The next version of a record that several things happened to at once.
    pub fn update_after<T: Record>(
        &mut self,
        before: &Stored<T>,
        record: &T,
        events: &[EventType],
    ) -> Result<()> {
        let events = self.stamps(before.events.as_deref(), events, None)?;
        self.push_update(before, record, events)?;
        Ok(())
    }

    /// Adds the next version of a record that is due now, and whose worker shall not wait for the next sweep: the relay hands
    /// it on. Should that fail, the sweep finds it.
    pub fn update_at_once<T: Record>(&mut self, before: &Stored<T>, record: &T) -> Result<()> {
        self.update(before, record, None)?;
        self.begin_at_once();
        Ok(())
    }

    /// The same for a new record.
    pub fn create_at_once<T: Record + Clone>(&mut self, record: &T) -> Result<()> {
        self.create(record, None)?;
        self.begin_at_once();
        Ok(())
    }

    fn begin_at_once(&mut self) {
        self.add_number(attr::AT_ONCE, 1);
    }

    /// Adds an attribute to the item that was put last.
    fn add_number(&mut self, name: &str, number: u64) {
        let last = self.actions.last_mut().map(|last| &mut last.change);
        if let Some(Change::Put { item, .. }) = last {
            item.insert(name.to_owned(), AttributeValue::N(number.to_string()));
        }
    }

    /// Adds a record unchanged but for a test event that one endpoint alone receives. Returns the event's stamp.
    pub fn touch<T: Record>(
        &mut self,
        before: &Stored<T>,
        event: EventType,
        test: &TestEvent,
    ) -> Result<Stamp> {
        let events = self.stamps(before.events.as_deref(), &[event], Some(test))?;
        let stamp = stamps_of(events.as_deref())?
            .pop()
            .ok_or_else(|| Error::internal("an event without a stamp"))?;
        self.push_update(before, &**before, events)?;
        Ok(stamp)
    }

    /// Whether nothing is to be written.
    pub fn is_empty(&self) -> bool {
        self.actions.is_empty()
    }

    /// Adds a put of an item, and returns how far it is written then.
    pub(crate) fn put(
        &mut self,
        key: Key,
        mut item: Item,
        condition: Condition,
    ) -> Result<Revision> {
        let revision = condition.revision().next(self.session.ids().random()?);
        revision.insert_into(&mut item);
        let bytes = bytes_of(&item);
        if bytes > MAX_ITEM_BYTES {
            let kind = crate::item::text(&item, attr::TYPE).unwrap_or_default();
            let detail = format!(
                "the record would take {} KB ({kind}), and {} KB is the most",
                bytes.div_ceil(1000),
                MAX_ITEM_BYTES.div_euclid(1000)
            );
            return Err(Error::conflict("record_too_large", detail));
        }
        let change = Change::Put {
            item,
            revision: revision.clone(),
        };
        self.push(Action {
            key,
            condition,
            change,
        })?;
        Ok(revision)
    }

    fn push(&mut self, action: Action) -> Result<()> {
        let key = &action.key;
        if let Condition::Unchanged(before) = &action.condition {
            self.session.check_version(key, before.version)?;
        }
        if self.actions.iter().any(|other| other.key == *key) {
            return Err(Error::internal(format_args!(
                "one commit writes {} / {} twice",
                key.pk, key.sk
            )));
        }
        self.actions.push(action);
        Ok(())
    }

    /// Adds the next version of a record, and of one that was deleted that it leaves its place. `events` is what that tells of.
    fn push_update<T: Record>(
        &mut self,
        before: &Stored<T>,
        record: &T,
        events: Option<String>,
    ) -> Result<Revision> {
        let scope = self.session.scope();
        let (key, unchanged) = (
            record.item_key(&scope),
            Condition::Unchanged(before.revision.clone()),
        );
        if record.deleted().is_none() {
            let item = encode(&scope, record, events.or_else(|| before.events.clone()))?;
            return self.put(key, item, unchanged);
        }
        self.push(Action {
            key: record.key(&scope),
            condition: unchanged,
            change: Change::Delete,
        })?;
        let item = encode(&scope, record, events)?;
        self.put(key, item, Condition::Absent)
    }

    /// The text of attribute `ev` for events after those in `before`; `None` for no event.
    fn stamps(
        &self,
        before: Option<&str>,
        kinds: &[EventType],
        only: Option<&TestEvent>,
    ) -> Result<Option<String>> {
        if kinds.is_empty() {
            return Ok(None);
        }
        let mut sequence = stamps_of(before)?.last().map_or(0, |stamp| stamp.sequence);
        let mut stamps = Vec::with_capacity(kinds.len());
        for kind in kinds {
            sequence = sequence.saturating_add(1);
            stamps.push(Stamp {
                id: self.session.mint_at(self.moment)?,
                kind: *kind,
                sequence,
                at: self.moment.at.whole_second(),
                actor: self.session.via().actor.clone(),
                request: self.session.via().request.clone(),
                idempotency_key: self.session.idempotency_key(),
                only: only.cloned(),
            });
        }
        serde_json::to_string(&stamps)
            .map(Some)
            .map_err(Error::internal)
    }
}

impl Condition {
    /// The revision that the put follows.
    fn revision(&self) -> Revision {
        match self {
            Self::Absent | Self::AbsentOrExpired(_) => Revision::absent(),
            Self::Unchanged(before) => before.clone(),
        }
    }

    /// The expression, its names and its values.
    pub(crate) fn expression(
        &self,
    ) -> (
        &'static str,
        Option<(&'static str, &'static str)>,
        Option<AttributeValue>,
    ) {
        match self {
            Self::Absent => ("attribute_not_exists(PK)", None, None),
            Self::Unchanged(before) => {
                let version = AttributeValue::N(before.version.to_string());
                ("v = :c", None, Some(version))
            }
            Self::AbsentOrExpired(now) => (
                "attribute_not_exists(PK) OR #until < :c",
                Some(("#until", "until")),
                Some(AttributeValue::N(now.to_string())),
            ),
        }
    }
}
