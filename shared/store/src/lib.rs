//! The business in DynamoDB: one table, every key built in [`keys`], every change conditional.
//!
//! `docs/adding-an-operation.md` says how a kind of record is added.
//!
//! # Rules
//! - A [`Session`] is one unit of work for one business. It is the only way in, and it never takes a business from input.
//! - A read of something absent is `Ok(None)`; absence is an error only for whoever needed it.
//! - A change is read, method of the record, conditional write on its version. Events travel inside the item (`ev`).
//! - Reads are eventually consistent unless a decision hangs on them.
#![warn(missing_docs)]

mod batch_get;
mod billing;
mod catalog;
mod connection;
mod crm;
mod due;
mod entity;
mod feed;
mod idempotency;
mod invoices;
mod item;
pub mod keys;
mod list;
mod lost_answer;
mod mail;
mod members;
mod messages;
mod numbers;
mod parties;
mod payments;
mod platform;
mod put_off;
mod rate_limit;
mod retry;
mod revision;
mod schedules;
mod sealed_pages;
mod sent_items;
mod session;
mod table;
mod unique;
mod usage;
mod webhooks;
mod write;

pub use batch_get::BatchItems;
pub use connection::{Connection, Credentials};
pub use crm::CustomerQuery;
pub use due::{DeliveryMessage, DueItem, DueKind, DueMessage, OfBusiness};
pub use entity::{Entity, RecordId};
pub use feed::{FeedHead, FeedSlice, Logged};
pub use idempotency::{Idempotency, IdempotencyKey, StoredResponse};
pub use item::{Image, Item, Record, Stored, read_image};
pub use keys::Key;
pub use list::Filter;
pub use parties::InvoiceParties;
pub use platform::{CredentialLookup, OauthLookup};
pub use put_off::PutOff;
pub use rate_limit::{Lease, LimitedBy, TokenRequest};
pub use retry::Retry;
pub use sent_items::SentItems;
pub use session::{Clock, Origin, Session, Versions, stale};
pub use table::Table;
pub use unique::UniqueName;
pub use webhooks::{Delivered, DeliveryQuery, EventQuery};
pub use write::Writes;
