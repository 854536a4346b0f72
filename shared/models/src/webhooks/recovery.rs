//! Sending again what an endpoint missed.

use serde::{Deserialize, Serialize};

use crate::ids::{self, Id};
use crate::time::Timestamp;

/// What an endpoint missed since some time is sent again: event by event, each once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recovery {
    /// The endpoint.
    pub webhook_id: Id<ids::Webhook>,
    /// The oldest moment of an event that is sent.
    pub since: Timestamp,
    /// When it was asked for: what happened later is delivered anyway.
    pub until: Timestamp,
    /// The event up to which everything has been sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Id<ids::Event>>,
    /// Deliveries that were begun.
    pub resent: u64,
    /// Whether it goes on.
    pub running: bool,
}

impl Recovery {
    /// One that has just been asked for.
    pub const fn new(webhook_id: Id<ids::Webhook>, since: Timestamp, now: Timestamp) -> Self {
        Self {
            webhook_id,
            since,
            until: now,
            after: None,
            resent: 0,
            running: true,
        }
    }
}
