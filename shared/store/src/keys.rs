//! Every key of the table.
//!
//! `<b>` is the number of the business and `<m>` its mode: the first half of every key that a business's request can reach.
//!
//! | access pattern | key | operation |
//! |---|---|---|
//! | a record by id | `<b>#<m>#<kind>` / `<id, 16 digits>` | `GetItem` |
//! | a list of records, newest first | `<b>#<m>#<kind>` | `Query` backwards |
//! | a plan by name | `<b>#<m>#plan` / `<slug>` | `GetItem`, `Query` |
//! | a plan or a coupon by name | `<b>#<m>#plan`, `<b>#<m>#coupon` / `<slug>` | `GetItem`, `Query` |
//! | who has a name that only one can have | `<b>#<m>#uniq#<bucket>` / `<what>#<name>` | `GetItem`, conditional `PutItem` |
//! | what was deleted: for its event, and a name that stays taken | `<key of the record, joined by #>` / `deleted` | written with the deletion |
//! | an idempotency key | `<b>#<m>#idem#<hash>` / `idem` | `GetItem`, written with its effect |
//!
//! An invoice that a subscription made is not in `by_parent`: the subscription knows it. An index would cost a write unit for
//! each renewal.
//!
//! An idempotency record has one sort key for all routes: a key that comes back on another route must be refused, so it must
//! be found.

mod billing;
mod customers;
mod due;
mod members;
mod platform;
#[cfg(test)]
mod tests;
mod webhooks;

use models::ids::{Id, Kind, Slug};
use models::{Mode, Scope, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub use billing::{
    INVOICE_PAGE_PREFIX, REFUND_PREFIX, SCHEDULE_PREFIX, USAGE_END, USAGE_PREFIX, billing_settings,
    credit_note_counter, credit_notes_of, invoice_counter, invoice_page, payment_page,
    plan_version, refund, schedule_day, schedule_parts, schedule_row, usage_log, usage_page,
};
pub use customers::{consent, customers_of_email, of_customer};
pub(crate) use customers::{texts_of, texts_to};
pub use due::{
    DUE_SHARDS, due_partition, due_shard, due_sort, due_test_partition, due_until, sent_items,
};
pub use members::{commissions_of, member_settings, members_of, password_link};
pub use platform::{
    ACCOUNTS, account, bucket, credential, failures, oauth_client, stream_mark, test_clock,
};
pub use webhooks::{
    DELIVERY_PREFIX, FEED_END, delivery, delivery_parts, endpoint_of, feed, feed_page, health,
    recovery,
};

/// A primary key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Key {
    /// Partition key.
    pub pk: String,
    /// Sort key.
    pub sk: String,
}

impl Key {
    fn new(pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Self {
            pk: pk.into(),
            sk: sk.into(),
        }
    }

    /// The business and mode that a key belongs to; `None` for what belongs to the installation.
    pub fn scope(&self) -> Option<Scope> {
        let mut parts = self.pk.split('#');
        let business = parts
            .next()?
            .parse()
            .ok()
            .and_then(|number| Id::new(number).ok())?;
        let mode = match parts.next()? {
            "live" => Mode::Live,
            "test" => Mode::Test,
            _ => return None,
        };
        Some(Scope { business, mode })
    }
}

/// The part of a partition key that says whose record it is: `<business>#<mode>`.
pub(crate) fn business_of(pk: &str) -> &str {
    let end = pk
        .match_indices('#')
        .nth(1)
        .map_or(pk.len(), |(end, _)| end);
    pk.get(..end).unwrap_or(pk)
}

/// The hour of a moment, counted from 1970.
fn hour(at: Timestamp) -> String {
    at.seconds().div_euclid(3600).to_string()
}

fn root(scope: &Scope) -> String {
    format!("{}#{}", scope.business.number(), scope.mode.as_str())
}

/// The partition in which all records of a kind are.
pub fn list<K: Kind>(scope: &Scope) -> String {
    format!("{}#{}", root(scope), K::KEY)
}

/// A record by its id.
pub fn record<K: Kind>(scope: &Scope, id: Id<K>) -> Key {
    Key::new(list::<K>(scope), id.digits())
}

/// A record by the name that somebody chose.
pub fn named<K: Kind>(scope: &Scope, slug: &Slug<K>) -> Key {
    Key::new(list::<K>(scope), slug.as_str())
}

/// The partition in which the children of a record are.
pub fn children<K: Kind>(scope: &Scope, id: Id<K>) -> String {
    format!("{}#{}", list::<K>(scope), id.digits())
}

/// A name that only one record of the business can have. Names spread over 256 partitions.
pub fn unique(scope: &Scope, what: &str, name: &str) -> Key {
    let bucket: String = sha256(name).chars().take(2).collect();
    Key::new(
        format!("{}#uniq#{bucket}", root(scope)),
        format!("{what}#{name}"),
    )
}

/// Where a record is put that was deleted: below its own key, so that no two share a partition.
pub fn deleted(key: &Key) -> Key {
    Key::new(format!("{}#{}", key.pk, key.sk), "deleted")
}

/// The id in the key of a record.
pub fn record_id<K: Kind>(key: &Key) -> Option<Id<K>> {
    Id::new(key.sk.parse().ok()?).ok()
}

/// An idempotency key of a caller. Hashed, because callers put anything into it.
pub fn idempotency(scope: &Scope, key: &str) -> Key {
    Key::new(format!("{}#idem#{}", root(scope), sha256(key)), "idem")
}

/// SHA-256 in hexadecimal.
pub fn sha256(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}
