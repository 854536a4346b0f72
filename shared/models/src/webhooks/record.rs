//! The log of events: what `GET /v3/events` lists and what webhooks send.

use serde::{Deserialize, Serialize};

use crate::event::{Actor, EventType};
use crate::ids::{self, Id};
use crate::time::Timestamp;
use crate::webhooks::Endpoint;

/// One event in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventRecord {
    /// Its id: `webhook-id` of every delivery.
    pub id: Id<ids::Event>,
    /// What happened.
    pub event_type: EventType,
    /// To which object, as the API names it.
    pub object_id: String,
    /// The sequence number of the event among those of that object.
    pub sequence: u64,
    /// `{"object":…,"previous_attributes":…}` as JSON text: stored, signed and sent as the same bytes.
    pub data: String,
    /// Who did it.
    pub actor: Actor,
    /// The request that caused it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// The caller's idempotency key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
    /// Item, sequence and type: tells a repeated write of this event from another event that drew the same id.
    pub source: String,
    /// The endpoint that alone receives it, for test events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub only_endpoint: Option<Id<ids::Webhook>>,
    /// The endpoint that never receives it, because it tells of that endpoint's own failures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub except_endpoint: Option<Id<ids::Webhook>>,
    /// When, in the business's time.
    pub created: Timestamp,
}

impl EventRecord {
    /// Whether `endpoint` is to receive it: it listens, and the event is not meant for another one alone.
    pub fn is_for(&self, endpoint: &Endpoint) -> bool {
        let audience = Audience {
            only: self.only_endpoint,
            except: self.except_endpoint,
        };
        audience.includes(endpoint, self.event_type)
    }
}

/// Which endpoints may hear of an event, beside those that listen to its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Audience {
    /// This one alone, whatever it listens to.
    pub only: Option<Id<ids::Webhook>>,
    /// Never this one.
    pub except: Option<Id<ids::Webhook>>,
}

impl Audience {
    /// Whether `endpoint` is to receive an event of that type.
    pub fn includes(&self, endpoint: &Endpoint, kind: EventType) -> bool {
        match self.only {
            Some(only) => endpoint.id == only && endpoint.takes_any(),
            None => Some(endpoint.id) != self.except && endpoint.wants(kind),
        }
    }
}
