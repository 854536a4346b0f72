//! A report of usage as callers write it, alone or in a batch.

use api::input::{Fields, Input};
use models::Timestamp;
use models::billing::{Fingerprint, UsageReport};
use models::ids::{self, Id};
use operations::ReportedUsage;
use rust_decimal::Decimal;

/// A report of usage.
#[derive(Debug, Input)]
#[input(name = "NewUsage")]
pub(crate) struct Report {
    #[input(example = "sub_rs_123456")]
    subscription_id: Id<ids::Subscription>,
    /// 1 to 64 of `A-Z a-z 0-9 _ - .` and spaces.
    #[input(chars = 1..=64, pattern = METRIC_NAME, then = metric_name, example = "api_calls")]
    metric_name: String,
    /// Not negative, at most 12 digits before and 6 after the decimal point.
    #[input(quantity, example = 1500)]
    quantity: Decimal,
    /// When it was used, at most 35 days ago and 5 minutes ahead, and before the subscription ends; now if it is absent. It costs
    /// the price of that time.
    #[input(example = "2025-06-27T10:30:00Z")]
    timestamp: Option<Timestamp>,
    /// Another report for this metric with the same key, within 24 hours, is the same report and does not count. It has to
    /// say the same: 400 otherwise.
    #[input(chars = 1..=200, numbers = "id of another system", example = "report-2025-06-27")]
    idempotency_key: Option<String>,
    /// What a metric that counts different values counts, e.g. a user.
    #[input(chars = 1..=200, numbers = "id of another system", example = "user-4711")]
    unique_value: Option<String>,
}

impl Report {
    /// The report that stands at `pointer`. Without a key of its own it has that of the request's header and its place.
    pub(crate) fn at(self, pointer: String, header: Option<&str>, row: usize) -> ReportedUsage {
        let own = self.idempotency_key.as_deref().map(Fingerprint::of_key);
        let derived = header.map(|key| Fingerprint::of_header(key, row));
        ReportedUsage {
            subscription_id: self.subscription_id,
            metric_name: self.metric_name,
            report: UsageReport {
                quantity: self.quantity,
                timestamp: self.timestamp.map(Timestamp::whole_second),
                key: own.or(derived),
                unique_value: self.unique_value.as_deref().map(Fingerprint::of_value),
            },
            pointer,
        }
    }
}

/// What the name of a metric is like: not of spaces alone.
pub(crate) const METRIC_NAME: &str = "^[A-Za-z0-9_. -]*[A-Za-z0-9_.-][A-Za-z0-9_. -]*$";

/// The name of a metric.
pub(crate) fn metric_name(fields: &mut Fields<'_>, field: &str, name: String) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-. ".contains(c);
    if name.chars().all(plain) {
        return Some(name);
    }
    let detail = "must consist of A-Z a-z 0-9 _ - . and spaces";
    fields.reject(field, "invalid_characters", detail);
    None
}
