//! A report of usage as callers write it, alone or in a batch.

use api::input::{Fields, Input};
use models::billing::{Fingerprint, UsageReport};
use models::ids::{self, Id};
use operations::ReportedUsage;
use rust_decimal::Decimal;
use utoipa::ToSchema;

/// A report of usage.
#[derive(Debug, ToSchema)]
#[expect(
    dead_code,
    reason = "the schema of the input; it is read into a report"
)]
pub(crate) struct NewUsage {
    #[schema(example = "sub_rs_123456")]
    subscription_id: String,
    /// 1 to 64 of `A-Z a-z 0-9 _ - .` and spaces.
    #[schema(example = "api_calls")]
    metric_name: String,
    /// Not negative, at most 12 digits before and 6 after the decimal point.
    #[schema(value_type = f64, example = 1500)]
    quantity: String,
    /// When it was used, at most 35 days ago and 5 minutes ahead, and before the subscription ends; now where it is absent. It costs
    /// the price of that time.
    #[schema(example = "2025-06-27T10:30:00Z")]
    timestamp: Option<String>,
    /// Another report for this metric with the same key, within 24 hours, is the same report and does not count. It has to
    /// say the same: 400 otherwise.
    #[schema(example = "report-2025-06-27")]
    idempotency_key: Option<String>,
    /// What a metric that counts different values counts, e.g. a user.
    #[schema(example = "user-4711")]
    unique_value: Option<String>,
}

/// What a report says.
#[derive(Debug)]
pub(crate) struct Report {
    subscription_id: Id<ids::Subscription>,
    metric_name: String,
    report: UsageReport,
}

impl Input for Report {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let subscription_id = fields.id("subscription_id").required(fields);
        let metric_name = metric_name(fields);
        let quantity = quantity(fields);
        let timestamp = fields.timestamp("timestamp").optional();
        let key = fields.text("idempotency_key", 1..=200).optional();
        let unique_value = fields.text("unique_value", 1..=200).optional();
        Some(Self {
            subscription_id: subscription_id?,
            metric_name: metric_name?,
            report: UsageReport {
                quantity: quantity?,
                timestamp: timestamp.map(models::Timestamp::whole_second),
                key: key.map(|key| Fingerprint::of_key(&key)),
                unique_value: unique_value.map(|value| Fingerprint::of_value(&value)),
            },
        })
    }
}

impl Report {
    /// The report that stands at `pointer`. Without a key of its own it has that of the request's header and its place.
    pub(crate) fn at(mut self, pointer: String, header: Option<&str>, row: usize) -> ReportedUsage {
        let derived = header.map(|key| Fingerprint::of_header(key, row));
        self.report.key = self.report.key.or(derived);
        ReportedUsage {
            subscription_id: self.subscription_id,
            metric_name: self.metric_name,
            report: self.report,
            pointer,
        }
    }
}

/// The name of a metric.
pub(crate) fn metric_name(fields: &mut Fields<'_>) -> Option<String> {
    let name = fields.text("metric_name", 1..=64).required(fields)?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-. ".contains(c);
    if name.chars().all(plain) {
        return Some(name);
    }
    let detail = "must consist of A-Z a-z 0-9 _ - . and spaces";
    fields.reject("metric_name", "invalid_characters", detail);
    None
}

/// A quantity that is not negative.
pub(crate) fn quantity(fields: &mut Fields<'_>) -> Option<Decimal> {
    let quantity = fields.decimal("quantity").required(fields)?;
    if quantity.is_sign_positive() || quantity.is_zero() {
        return Some(quantity.abs());
    }
    fields.reject("quantity", "out_of_range", "must not be negative");
    None
}
