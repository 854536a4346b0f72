//! One message: which delivery it is about, and what is known of it.

use api::Message;
use models::event::EventType;
use models::webhooks::{Delivery, DeliveryId, EventRecord};
use models::{Error, Result, Scope, Timestamp, View};
use serde::Deserialize;
use store::{DeliveryMessage, Key, Stored, keys};

/// A delivery that a message asks for.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) message_id: String,
    pub(crate) id: DeliveryId,
    pub(crate) scope: Scope,
    /// The moment on the test clock at which it is due.
    pub(crate) at: Option<Timestamp>,
    /// The event, where the message brought it.
    pub(crate) event: Option<Event>,
}

/// What is delivered.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) kind: EventType,
    /// The bytes that are signed and sent.
    pub(crate) body: String,
}

#[derive(Debug, Deserialize)]
struct EventHead {
    #[serde(rename = "type")]
    kind: EventType,
}

impl Job {
    pub(crate) fn read(message: &Message) -> Result<Self> {
        let sent: DeliveryMessage = serde_json::from_str(&message.body).map_err(Error::internal)?;
        let key = sent.key();
        let unknown = || Error::internal(format_args!("{} / {} is no delivery", key.pk, key.sk));
        let scope = key.scope().ok_or_else(unknown)?;
        let (endpoint, event) = keys::delivery_parts(&key).ok_or_else(unknown)?;
        let carried = match sent.event {
            None => None,
            Some(raw) => {
                let head: EventHead = serde_json::from_str(raw.get()).map_err(Error::internal)?;
                Some(Event {
                    kind: head.kind,
                    body: Box::<str>::from(raw).into_string(),
                })
            }
        };
        Ok(Self {
            message_id: message.id.clone(),
            id: DeliveryId { event, endpoint },
            scope,
            at: sent.at,
            event: carried,
        })
    }

    pub(crate) fn delivery_key(&self) -> Key {
        keys::delivery(&self.scope, self.id.endpoint, self.id.event)
    }

    pub(crate) fn event_key(&self) -> Key {
        keys::record(&self.scope, self.id.event)
    }

    pub(crate) fn endpoint_key(&self) -> Key {
        keys::record(&self.scope, self.id.endpoint)
    }

    pub(crate) fn health_key(&self) -> Key {
        keys::health(&self.scope, self.id.endpoint)
    }
}

/// A job with what was read for it.
#[derive(Debug)]
pub(crate) struct LoadedDelivery {
    pub(crate) job: Job,
    /// The delivery, where somebody began it.
    pub(crate) delivery: Option<Stored<Delivery>>,
    /// The event in the log, where the message did not bring it.
    pub(crate) record: Option<Stored<EventRecord>>,
}

impl LoadedDelivery {
    /// Whether an attempt is to be made at `now`.
    pub(crate) fn wants_attempt(&self, now: Timestamp) -> bool {
        let delivery = self.delivery.as_ref();
        delivery.is_none_or(|delivery| delivery.wants_attempt(now))
    }

    /// Whether the rate limit has given it its turn already.
    pub(crate) fn has_turn(&self) -> bool {
        let delivery = self.delivery.as_ref();
        delivery.is_some_and(|delivery| delivery.has_turn)
    }

    /// What is to be sent. An error where the log does not have it yet: the message comes again.
    pub(crate) fn event(&self) -> Result<Event> {
        if let Some(event) = &self.job.event {
            return Ok(event.clone());
        }
        let id = self.job.id.event;
        let Some(record) = &self.record else {
            return Err(Error::Unavailable(format!("{id} is not in the log yet")));
        };
        let view = views::rocketsavvy::Event::of(record, self.job.scope.mode)?;
        Ok(Event {
            kind: record.event_type,
            body: serde_json::to_string(&view).map_err(Error::internal)?,
        })
    }
}
