//! Endpoints, their deliveries, and the log of events.

use models::event::EventType;
use models::ids::{self, Id};
use models::page::{Page, PageRequest, Pages};
use models::webhooks::{Delivery, DeliveryId, Endpoint, EventRecord, Health, Recovery};
use models::{Error, Result, Scope, Timestamp};

use crate::due::DueKind;
use crate::feed::Logged;
use crate::item::{Record, Stored};
use crate::keys::{self, Key};
use crate::list::{Filter, Range, Room, Span};
use crate::retry::Retry;
use crate::session::Session;

/// How long deliveries stay in the log.
const DELIVERY_DAYS: i64 = 90;
/// Endpoints that one business may have in one mode.
const MAX_ENDPOINTS: u32 = 100;
/// What is read of them at once. Requests that meet may leave a few more than there may be, and these are served, too.
const ENDPOINTS_READ: u32 = 200;

/// A delivery, and its event where that is there.
pub type Delivered = (Stored<Delivery>, Option<Stored<EventRecord>>);

impl Record for Endpoint {
    const TYPE: &'static str = "we";

    fn key(&self, scope: &Scope) -> Key {
        keys::record(scope, self.id)
    }

    fn deleted(&self) -> Option<Timestamp> {
        self.deleted
    }
}

impl Record for Delivery {
    const TYPE: &'static str = DueKind::Delivery.as_str();

    fn key(&self, scope: &Scope) -> Key {
        keys::delivery(scope, self.id.endpoint, self.id.event)
    }

    fn due(&self) -> Option<Timestamp> {
        self.next_retry
    }

    fn expires(&self) -> Option<Timestamp> {
        // Counted from the wall's time or the test clock's, whichever wrote it: a log may outlive its days, never die early.
        Some(self.created.plus_days(DELIVERY_DAYS))
    }
}

impl Record for Health {
    const TYPE: &'static str = "health";

    fn key(&self, scope: &Scope) -> Key {
        keys::health(scope, self.webhook_id)
    }
}

impl Record for Recovery {
    const TYPE: &'static str = DueKind::Recovery.as_str();

    fn key(&self, scope: &Scope) -> Key {
        keys::recovery(scope, self.webhook_id)
    }

    fn due(&self) -> Option<Timestamp> {
        self.running.then_some(self.until)
    }
}

impl Record for EventRecord {
    const TYPE: &'static str = "evt";

    fn key(&self, scope: &Scope) -> Key {
        keys::record(scope, self.id)
    }
}

impl Session {
    /// Every endpoint of the business. One query.
    pub async fn all_endpoints(&self) -> Result<Vec<Stored<Endpoint>>> {
        let mut pages = Pages::of(ENDPOINTS_READ);
        let mut endpoints = Vec::new();
        while let Some(request) = pages.request() {
            let page = self.list::<ids::Webhook>(request).await?;
            endpoints.extend(pages.turn(page));
        }
        Ok(endpoints)
    }

    /// Whether the business may have one more endpoint. One query.
    pub async fn has_room_for_endpoint(&self) -> Result<bool> {
        let count = u32::try_from(self.all_endpoints().await?.len()).map_err(Error::internal)?;
        Ok(count < MAX_ENDPOINTS)
    }

    /// A delivery as it is at this moment: it is about to be changed. One consistent read.
    pub async fn delivery_now(&self, id: DeliveryId) -> Result<Option<Stored<Delivery>>> {
        let key = keys::delivery(&self.scope(), id.endpoint, id.event);
        self.load(&key, true).await
    }

    /// A delivery. One read.
    pub async fn delivery(&self, id: DeliveryId) -> Result<Option<Stored<Delivery>>> {
        let key = keys::delivery(&self.scope(), id.endpoint, id.event);
        self.load(&key, false).await
    }

    /// How an endpoint is doing, at this moment; nothing is written of one that is fine. One consistent read.
    pub async fn health_now(&self, id: Id<ids::Webhook>) -> Result<Option<Stored<Health>>> {
        self.load(&keys::health(&self.scope(), id), true).await
    }

    /// What is sent again to an endpoint, at this moment. One consistent read.
    pub async fn recovery_now(&self, id: Id<ids::Webhook>) -> Result<Option<Stored<Recovery>>> {
        self.load(&keys::recovery(&self.scope(), id), true).await
    }

    /// Deliveries to an endpoint, newest event first, without those that `wanted` leaves out, each with its event where that is
    /// there. One query, or up to 4 with a filter, and one read of the events.
    pub async fn deliveries(
        &self,
        endpoint: Id<ids::Webhook>,
        page: &PageRequest,
        wanted: &DeliveryQuery<'_>,
    ) -> Result<Page<Delivered>> {
        let range = Range {
            pk: keys::children(&self.scope(), endpoint),
            span: Span::Prefix(keys::DELIVERY_PREFIX.to_owned()),
            descending: true,
        };
        let found: Page<Stored<Delivery>> =
            self.list_range(&range, page, &wanted.filters()).await?;
        let ids: Vec<_> = found.items.iter().map(|item| item.id.event).collect();
        let events = self.events_by_id(&ids).await?;
        let (mut items, mut next, mut room) = (Vec::new(), found.next, Room::default());
        for (delivery, event) in found.items.into_iter().zip(events) {
            if !room.takes(event.as_ref().map_or(0, |event| event.data.len())) {
                let last = items.last();
                next = last.map(|(last, _): &Delivered| last.key(&self.scope()).sk);
                break;
            }
            items.push((delivery, event));
        }
        Ok(Page { items, next })
    }

    /// Writes an event into the log. It is written once however often it is told; where another event has its id, it moves
    /// on to the next free one. One write unit.
    pub async fn log_event(&self, mut record: EventRecord) -> Result<Logged> {
        let mut retry = Retry::of("the log of events");
        loop {
            let mut writes = self.writes().await?;
            writes.create(&record, None)?;
            if self.write(&writes).await? {
                return Ok(Logged {
                    record,
                    repeated: false,
                });
            }
            if let Some(there) = self.find_now(record.id).await?
                && there.source == record.source
            {
                return Ok(Logged {
                    record: there.into_inner(),
                    repeated: true,
                });
            }
            record.id = retry.next_id(record.id)?;
        }
    }

    /// Events of the log by their ids, in that order; `None` for one that is not there. One read of them all.
    pub async fn events_by_id(
        &self,
        ids: &[Id<ids::Event>],
    ) -> Result<Vec<Option<Stored<EventRecord>>>> {
        let scope = self.scope();
        let keys: Vec<Key> = ids.iter().map(|id| keys::record(&scope, *id)).collect();
        let mut read = self.table().batch_get(&keys).await?;
        keys.iter().map(|key| read.take(key)).collect()
    }

    /// The log of events, newest first, without those that `wanted` leaves out.
    pub async fn events(
        &self,
        page: &PageRequest,
        wanted: &EventQuery<'_>,
    ) -> Result<Page<Stored<EventRecord>>> {
        let range = Range {
            pk: keys::list::<ids::Event>(&self.scope()),
            span: wanted.span()?,
            descending: true,
        };
        self.list_range(&range, page, &wanted.filters()).await
    }

    /// Events that happened from `since` to `until`, oldest first. One query.
    pub async fn events_between(
        &self,
        (since, until): (Timestamp, Timestamp),
        after: Option<Id<ids::Event>>,
        limit: u32,
    ) -> Result<Page<Stored<EventRecord>>> {
        let wanted = EventQuery {
            since: Some(since),
            until: Some(until),
            ..EventQuery::default()
        };
        let range = Range {
            pk: keys::list::<ids::Event>(&self.scope()),
            span: wanted.span()?,
            descending: false,
        };
        let request = PageRequest {
            limit,
            after: after.map(Id::digits),
        };
        self.list_range(&range, &request, &[]).await
    }
}

/// Which deliveries are asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct DeliveryQuery<'a> {
    /// Where they stand, as the wire names it.
    pub status: Option<&'a str>,
    /// The types of their events, if not any.
    pub types: Option<&'a [EventType]>,
}

impl DeliveryQuery<'_> {
    fn filters(&self) -> Vec<Filter> {
        let is = |name, text: &str| Filter::Equals(name, text.to_owned());
        let mut filters = Vec::new();
        filters.extend(self.status.map(|status| is("status", status)));
        filters.extend(self.types.map(of_types));
        filters
    }
}

/// Leaves out what has another event type.
fn of_types(types: &[EventType]) -> Filter {
    let names = types.iter().map(|kind| kind.as_str().to_owned());
    Filter::OneOf("event_type", names.collect())
}

/// Which events of the log are asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct EventQuery<'a> {
    /// Their types, if not any.
    pub types: Option<&'a [EventType]>,
    /// The object that they happened to.
    pub object: Option<&'a str>,
    /// The earliest second, included.
    pub since: Option<Timestamp>,
    /// The latest second, included.
    pub until: Option<Timestamp>,
}

impl EventQuery<'_> {
    /// Whether it asks for that event.
    pub fn has(&self, event: &EventRecord) -> bool {
        self.types
            .is_none_or(|types| types.contains(&event.event_type))
            && self.object.is_none_or(|id| event.object_id == id)
            && self.since.is_none_or(|at| event.created >= at)
            && self.until.is_none_or(|at| event.created <= at)
    }

    fn filters(&self) -> Vec<Filter> {
        let object = |id: &str| Filter::Equals("object_id", id.to_owned());
        let mut filters: Vec<Filter> = self.types.map(of_types).into_iter().collect();
        filters.extend(self.object.map(object));
        filters
    }

    /// Ids are in order of time, so times are keys.
    fn span(&self) -> Result<Span> {
        Span::of_window::<ids::Event>(self.since, self.until)
    }
}
