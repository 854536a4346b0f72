//! Endpoints, what is sent to them, and the log of events.

mod delivery;
mod endpoint;
mod feed;
mod health;
mod record;
mod recovery;

pub use delivery::{
    Attempt, Delivery, DeliveryId, DeliveryStatus, LoggedResponse, RETRY_SECONDS, Retry,
};
pub use endpoint::{DisabledReason, Endpoint, EventFilter, OldSecret};
pub use feed::{FEED_PAGE, FeedPage};
pub use health::{Health, Tally};
pub use record::{Audience, EventRecord};
pub use recovery::Recovery;

/// What every message says of who sends it.
pub const USER_AGENT: &str = "Savvy-Webhooks/1.0";
