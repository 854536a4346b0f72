//! The log of events: what `GET /v3/events` lists and what webhooks send.

use serde::{Deserialize, Serialize};

use crate::event::{Actor, EventType};
use crate::ids::{self, Id};
use crate::time::Timestamp;

/// One event in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventRecord {
    /// Its id: `webhook-id` of every delivery.
    pub id: Id<ids::Event>,
    /// What happened.
    pub event_type: EventType,
    /// To which object, as the API names it.
    pub object_id: String,
    /// The how-manieth event of that object.
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
    /// When, in the business's time.
    pub created: Timestamp,
}
