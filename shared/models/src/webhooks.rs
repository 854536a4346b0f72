//! Endpoints, what is sent to them, and the log of events.

mod delivery;
mod endpoint;
mod record;

pub use delivery::{Attempt, Delivery, DeliveryStatus, RETRY_SECONDS};
pub use endpoint::{Endpoint, EventFilter};
pub use record::EventRecord;
