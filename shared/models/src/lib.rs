//! The types and rules of the business: no AWS, no HTTP, no async.
//!
//! A record's state changes only through its own methods, so a rule is written once and read where the data is.
//! Everything here is deterministic: time and chance come in as arguments.
#![warn(missing_docs)]

pub mod billing;
#[doc(hidden)]
pub mod choice;
pub mod crm;
pub mod error;
pub mod event;
pub mod ids;
pub mod mail;
pub mod members;
pub mod messaging;
pub mod metadata;
pub mod money;
pub mod page;
pub mod payments;
pub mod platform;
pub mod size;
pub mod tenant;
pub mod text;
pub mod time;
pub mod view;
pub mod webhooks;

pub use error::{Error, FieldError, Invalid, RatePolicy, Result};
pub use ids::{Id, IdSource, OrNotFound, Slug};
pub use metadata::Metadata;
pub use money::{Currency, Money};
pub use tenant::{Business, Mode, Scope};
pub use time::{Date, Timestamp, Zone};
#[doc(hidden)]
pub use utoipa;
pub use view::{Moment, ShownOnce, View};
