//! A world for tests: an embedded DynamoDB of its own, a clock that stands still, chance with a seed, and two businesses.
//!
//! Tests panic where something is not as it should be, so this crate may.
#![warn(missing_docs)]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::missing_panics_doc,
    reason = "a failed expectation of a test is a panic"
)]

mod contract;
mod fixtures;
mod inbox;
mod meter;
mod request;
mod schemas;
mod subscriber;
mod table;
mod world;

pub use fixtures::{GOOD_CARD, card};
pub use inbox::{Inbox, deliver};
pub use meter::{Fault, Meter, Units};
pub use request::{Answer, Call};
pub use schemas::Schemas;
pub use subscriber::Subscriber;
pub use world::{AFTER_A_CRASH, Tenant, World};
