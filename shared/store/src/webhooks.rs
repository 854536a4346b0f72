//! Endpoints, their deliveries, and the log of events.

use models::ids::{self, Id};
use models::page::{Page, PageRequest};
use models::webhooks::{Delivery, Endpoint, EventRecord};
use models::{Error, Result, Scope, Timestamp};

use crate::crm::TOMBSTONE_DAYS;
use crate::item::{Record, Stored};
use crate::keys::{self, Key};
use crate::list::{Filter, Range};
use crate::session::Session;

/// Neighbours that are looked at where another event drew the same id.
const MAX_NEIGHBOURS: u32 = 4096;
/// How long deliveries stay in the log.
const DELIVERY_DAYS: i64 = 90;
/// Endpoints that one business may have in one mode.
const MAX_ENDPOINTS: u32 = 100;
/// What is read of them at once. Requests that meet may leave a few more than there may be, and these are served, too.
const ENDPOINTS_READ: u32 = 200;

impl Record for Endpoint {
    const TYPE: &'static str = "we";

    fn key(&self, scope: &Scope) -> Key {
        keys::record(scope, self.id)
    }

    fn expires(&self) -> Option<Timestamp> {
        self.deleted.map(|at| at.plus_days(TOMBSTONE_DAYS))
    }

    fn is_deleted(&self) -> bool {
        self.deleted.is_some()
    }
}

impl Record for Delivery {
    const TYPE: &'static str = "del";

    fn key(&self, scope: &Scope) -> Key {
        keys::delivery(scope, self.webhook_id, self.event_id)
    }

    fn due(&self) -> Option<Timestamp> {
        self.next_retry
    }

    fn expires(&self) -> Option<Timestamp> {
        // Counted from the wall's time or the test clock's, whichever wrote it: a log may outlive its days, never die early.
        Some(self.created.plus_days(DELIVERY_DAYS))
    }
}

impl Record for EventRecord {
    const TYPE: &'static str = "evt";

    fn key(&self, scope: &Scope) -> Key {
        keys::record(scope, self.id)
    }
}

impl Session {
    /// An endpoint. One read.
    pub async fn endpoint(&self, id: Id<ids::Webhook>) -> Result<Option<Stored<Endpoint>>> {
        self.load(&keys::record(&self.scope(), id), false).await
    }

    /// An endpoint as it is at this moment: it is about to be changed. One consistent read.
    pub async fn endpoint_now(&self, id: Id<ids::Webhook>) -> Result<Option<Stored<Endpoint>>> {
        self.load(&keys::record(&self.scope(), id), true).await
    }

    /// Endpoints, newest first.
    pub async fn endpoints(&self, page: &PageRequest) -> Result<Page<Stored<Endpoint>>> {
        self.list(
            &Range::newest_first(keys::list::<ids::Webhook>(&self.scope())),
            page,
            &[],
        )
        .await
    }

    /// Every endpoint of the business: one query.
    pub async fn all_endpoints(&self) -> Result<Vec<Stored<Endpoint>>> {
        Ok(self
            .endpoints(&PageRequest {
                limit: ENDPOINTS_READ,
                after: None,
            })
            .await?
            .items)
    }

    /// Whether the business may have one more endpoint. One query.
    pub async fn has_room_for_endpoint(&self) -> Result<bool> {
        let count = u32::try_from(self.all_endpoints().await?.len()).map_err(Error::internal)?;
        Ok(count < MAX_ENDPOINTS)
    }

    /// The delivery of an event to an endpoint. One consistent read: it decides whether to send.
    pub async fn delivery(
        &self,
        endpoint: Id<ids::Webhook>,
        event: Id<ids::Event>,
    ) -> Result<Option<Stored<Delivery>>> {
        self.load(&keys::delivery(&self.scope(), endpoint, event), true)
            .await
    }

    /// Deliveries to an endpoint, newest event first.
    pub async fn deliveries(
        &self,
        endpoint: Id<ids::Webhook>,
        page: &PageRequest,
    ) -> Result<Page<Stored<Delivery>>> {
        let range = Range {
            pk: keys::children(&self.scope(), endpoint),
            prefix: Some(keys::DELIVERY_PREFIX.to_owned()),
            descending: true,
        };
        self.list(&range, page, &[]).await
    }

    /// Writes an event into the log. It is written once however often it is told; where another event has its id, it moves
    /// on to the next free one. One write unit.
    pub async fn log_event(&self, mut record: EventRecord) -> Result<EventRecord> {
        for _ in 0..MAX_NEIGHBOURS {
            let mut writes = self.writes().await?;
            writes.create(&record, None)?;
            if self.write(&writes).await? {
                return Ok(record);
            }
            if let Some(there) = self.event(record.id).await?
                && there.source == record.source
            {
                return Ok(there.into_inner());
            }
            record.id = record.id.successor()?;
        }
        Err(Error::Unavailable("no free event id was found".to_owned()))
    }

    /// An event of the log. One read.
    pub async fn event(&self, id: Id<ids::Event>) -> Result<Option<Stored<EventRecord>>> {
        self.load(&keys::record(&self.scope(), id), true).await
    }

    /// The log of events, newest first, of one type or object or of all.
    pub async fn events(
        &self,
        page: &PageRequest,
        event_type: Option<&str>,
        object: Option<&str>,
    ) -> Result<Page<Stored<EventRecord>>> {
        let mut filters = Vec::new();
        filters.extend(event_type.map(|kind| Filter::Equals("event_type", kind.to_owned())));
        filters.extend(object.map(|id| Filter::Equals("object_id", id.to_owned())));
        self.list(
            &Range::newest_first(keys::list::<ids::Event>(&self.scope())),
            page,
            &filters,
        )
        .await
    }
}
