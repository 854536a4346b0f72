//! Plans, subscriptions and usage as v3 prints them.

use models::time::Period;
use models::{Metadata, Mode, Result, View, billing};
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::number;

/// A step of a tiered price. Amounts are minor units and may be fractions of one.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Tier {
    /// The last unit that belongs to it; `null` is without end.
    #[schema(example = 100)]
    up_to: Option<u64>,
    /// For each unit.
    #[schema(value_type = f64, example = 50)]
    unit_amount: Box<RawValue>,
    /// Once, where at least one unit falls into the tier.
    #[schema(value_type = f64, example = 0)]
    flat_amount: Box<RawValue>,
}

/// A metered component of a plan, billed when the period has ended.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Meter {
    #[schema(example = "api_calls")]
    metric_name: String,
    /// Its name on invoices.
    #[schema(example = "API calls")]
    name: String,
    /// `sum`, `count`, `max`, `latest` or `unique`.
    #[schema(example = "sum")]
    #[schema(inline)]
    aggregation: billing::Aggregation,
    /// `flat`, `per_unit`, `graduated`, `volume`, `package` or `percentage`.
    #[schema(example = "per_unit")]
    #[schema(inline)]
    pricing_model: billing::PricingModel,
    /// Minor units for a unit, a package or an event; may be a fraction of one.
    #[schema(value_type = f64, example = 0.25)]
    amount: Box<RawValue>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tiers: Vec<Tier>,
    /// Units in a package.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 100)]
    package_size: Option<u64>,
    /// Percent of the quantity, which then counts minor units.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<f64>, example = 2.9)]
    percentage: Option<Box<RawValue>>,
    /// Units of each period that cost nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<f64>, example = 1000)]
    included_units: Option<Box<RawValue>>,
}

impl Meter {
    fn of(meter: &billing::Meter) -> Result<Self> {
        let charge = &meter.charge;
        Ok(Self {
            metric_name: meter.metric_name.clone(),
            name: meter.label().to_owned(),
            aggregation: meter.aggregation,
            pricing_model: charge.model,
            amount: number(charge.amount)?,
            tiers: tiers(charge)?,
            package_size: charge.package_size,
            percentage: optional(charge.percentage)?,
            included_units: optional(charge.included_units)?,
        })
    }
}

pub(super) fn optional(decimal: Option<Decimal>) -> Result<Option<Box<RawValue>>> {
    decimal.map(number).transpose()
}

pub(super) fn tiers(charge: &billing::Charge) -> Result<Vec<Tier>> {
    charge
        .tiers
        .iter()
        .map(|tier| {
            Ok(Tier {
                up_to: tier.up_to,
                unit_amount: number(tier.unit_amount)?,
                flat_amount: number(tier.flat_amount)?,
            })
        })
        .collect()
}

/// A plan.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Plan {
    #[schema(example = "plan_enterprise_pro")]
    id: String,
    #[schema(example = "Enterprise Pro")]
    name: String,
    /// The version of the price, from 1. A subscription keeps the version that it began with.
    #[schema(example = 1)]
    version: u32,
    #[schema(example = "USD")]
    currency: &'static str,
    /// Minor units for a period, a unit or a package; may be a fraction of one. 0 with tiers.
    #[schema(value_type = f64, example = 9999)]
    amount: Box<RawValue>,
    /// `day`, `week`, `month`, `quarter` or `year`.
    #[schema(example = "month")]
    #[schema(inline)]
    interval: models::time::Interval,
    #[schema(example = 1)]
    interval_count: u32,
    #[schema(example = 0)]
    trial_period_days: u32,
    /// `flat`, `per_unit`, `graduated`, `volume`, `package` or `percentage`.
    #[schema(example = "flat")]
    #[schema(inline)]
    pricing_model: billing::PricingModel,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tiers: Vec<Tier>,
    /// Units in a package.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 100)]
    package_size: Option<u64>,
    /// Percent of the quantity, which then counts minor units.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<f64>, example = 2.9)]
    percentage: Option<Box<RawValue>>,
    /// Metered components, billed when the period has ended.
    meters: Vec<Meter>,
    /// Whether the amounts contain the tax: `inclusive`, `exclusive`, or `unspecified` (the tax rate says).
    #[schema(example = "unspecified")]
    #[schema(inline)]
    tax_behavior: billing::TaxBehavior,
    /// What makes it a tier of Reveknew, whose subscriptions are paid by schedule; absent for any other plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    tier: Option<super::PlanTier>,
    #[schema(value_type = BTreeMap<String, String>, example = json!({"source": "website"}))]
    metadata: Metadata,
    #[schema(example = "2025-06-27T10:30:00Z")]
    created: String,
    livemode: bool,
}

impl View for Plan {
    type Of = billing::Plan;
    type At = Mode;

    fn of(plan: &billing::Plan, mode: Mode) -> Result<Self> {
        let price = &plan.price;
        Ok(Self {
            id: plan.id.to_string(),
            name: price.name.clone(),
            version: plan.version,
            currency: price.currency.code(),
            amount: number(price.charge.amount)?,
            interval: price.interval,
            interval_count: price.interval_count,
            trial_period_days: plan.trial_period_days,
            pricing_model: price.charge.model,
            tiers: tiers(&price.charge)?,
            package_size: price.charge.package_size,
            percentage: optional(price.charge.percentage)?,
            meters: price.meters.iter().map(Meter::of).collect::<Result<_>>()?,
            tax_behavior: price.tax_behavior,
            tier: super::PlanTier::of(plan),
            metadata: plan.metadata.clone(),
            created: plan.created.to_string(),
            livemode: mode.is_live(),
        })
    }
}

/// A plan within a subscription.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SubscriptionItem {
    #[schema(example = "plan_enterprise_pro")]
    plan_id: String,
    /// The version of the price, from 1.
    #[schema(example = 1)]
    plan_version: u32,
    #[schema(example = 1)]
    quantity: u32,
}

impl SubscriptionItem {
    fn of(item: &billing::Item) -> Self {
        Self {
            plan_id: item.plan_id.to_string(),
            plan_version: item.version,
            quantity: item.quantity,
        }
    }
}

/// A coupon on a subscription.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SubscriptionDiscount {
    #[schema(example = "coupon_welcome")]
    coupon_id: String,
    #[schema(value_type = Option<f64>, example = 25)]
    percent_off: Option<Box<RawValue>>,
    /// Minor units of each invoice.
    #[schema(example = json!(null))]
    amount_off: Option<i64>,
    /// `once`, `repeating` or `forever`.
    #[schema(example = "once")]
    duration: &'static str,
    #[schema(example = "2025-06-27T10:30:00Z")]
    start: String,
    /// From when on it takes nothing off any more.
    end: Option<String>,
}

impl SubscriptionDiscount {
    fn of(discount: &billing::Discount) -> Result<Self> {
        let (percent_off, amount_off) = match discount.terms {
            billing::Terms::Percent(percent) => (Some(number(percent)?), None),
            billing::Terms::Amount(amount) => (None, Some(amount.minor())),
        };
        Ok(Self {
            coupon_id: discount.coupon_id.to_string(),
            percent_off,
            amount_off,
            duration: discount.duration.as_str(),
            start: discount.start.to_string(),
            end: discount.end.map(|at| at.to_string()),
        })
    }
}

/// Collection is paused: invoices are made, and none is collected.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PauseCollection {
    /// `keep_as_draft`, `mark_uncollectible` or `void`.
    #[schema(example = "keep_as_draft")]
    #[schema(inline)]
    behavior: billing::PauseBehavior,
    #[schema(example = "2025-09-01T00:00:00Z")]
    resumes_at: Option<String>,
}

/// A change that takes place when the running period ends.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ScheduledChange {
    items: Vec<SubscriptionItem>,
    #[schema(example = "2025-07-27T10:30:00Z")]
    effective_at: String,
}

/// A change that takes place when its invoice is paid.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PendingUpdate {
    items: Vec<SubscriptionItem>,
    #[schema(example = "2025-07-11T10:30:00Z")]
    billing_cycle_anchor: String,
    /// The invoice that is to be paid; voiding it drops the change.
    #[schema(example = "inv_rs_789012")]
    invoice_id: String,
    /// When the change is dropped and nothing is owed for it any more: after 23 hours, or with the end of the running period.
    #[schema(example = "2025-06-28T09:30:00Z")]
    expires_at: String,
}

/// A subscription.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Subscription {
    #[schema(example = "sub_rs_123456")]
    id: String,
    #[schema(example = "cust_rs_123456")]
    customer_id: String,
    /// The first of its plans.
    #[schema(example = "plan_enterprise_pro")]
    plan_id: String,
    #[schema(example = "monthly")]
    #[schema(inline)]
    billing_cycle: billing::BillingCycle,
    #[schema(example = true)]
    auto_collection: bool,
    #[schema(example = "charge_automatically")]
    #[schema(inline)]
    collection_method: billing::CollectionMethod,
    #[schema(example = 0)]
    days_until_due: u32,
    /// `trialing`, `active`, `incomplete`, `incomplete_expired`, `past_due`, `unpaid`, `paused` or `canceled`.
    #[schema(example = "trialing")]
    #[schema(inline)]
    status: billing::SubscriptionStatus,
    /// Units of the first of its plans.
    #[schema(example = 1)]
    quantity: u32,
    /// All its plans.
    items: Vec<SubscriptionItem>,
    payment_method_id: Option<String>,
    #[schema(example = "2025-06-27T10:30:00Z")]
    start_date: String,
    /// From when periods are counted.
    #[schema(example = "2025-07-11T10:30:00Z")]
    billing_cycle_anchor: String,
    #[schema(example = "2025-06-27T10:30:00Z")]
    current_period_start: String,
    #[schema(example = "2025-07-11T10:30:00Z")]
    current_period_end: String,
    #[schema(example = "2025-07-11T10:30:00Z")]
    trial_end: Option<String>,
    #[schema(example = "2025-07-11T10:30:00Z")]
    next_billing_date: Option<String>,
    discount: Option<SubscriptionDiscount>,
    #[schema(example = json!(["txr_rs_123456"]))]
    tax_rate_ids: Vec<String>,
    pause_collection: Option<PauseCollection>,
    /// When a pause ends automatically, or when a subscription that starts later starts.
    resumes_at: Option<String>,
    scheduled_change: Option<ScheduledChange>,
    pending_update: Option<PendingUpdate>,
    /// Lines that wait for the next invoice, in all, in minor units.
    #[schema(example = 0)]
    pending_amount: i64,
    cancel_at_period_end: bool,
    canceled_at: Option<String>,
    ended_at: Option<String>,
    latest_invoice_id: Option<String>,
    #[schema(value_type = BTreeMap<String, String>, example = json!({"source": "website", "campaign": "q4_promo"}))]
    metadata: Metadata,
    #[schema(example = "2025-06-27T10:30:00Z")]
    created: String,
    livemode: bool,
}

impl View for Subscription {
    type Of = billing::Subscription;
    type At = Mode;

    fn of(subscription: &billing::Subscription, mode: Mode) -> Result<Self> {
        let main = subscription.main()?;
        let currency = main.price.currency;
        let pending = subscription
            .pending_lines
            .iter()
            .try_fold(models::Money::zero(currency), |sum, line| {
                sum.plus(line.amount)
            })?;
        let time = |at: models::Timestamp| at.to_string();
        Ok(Self {
            id: subscription.id.to_string(),
            customer_id: subscription.customer_id.to_string(),
            plan_id: main.plan_id.to_string(),
            billing_cycle: subscription.billing_cycle,
            auto_collection: subscription.collection_method
                == billing::CollectionMethod::ChargeAutomatically,
            collection_method: subscription.collection_method,
            days_until_due: subscription.days_until_due,
            status: subscription.status,
            quantity: main.quantity,
            items: subscription
                .items
                .iter()
                .map(SubscriptionItem::of)
                .collect(),
            payment_method_id: subscription.payment_method_id.map(|id| id.to_string()),
            start_date: subscription.started.to_string(),
            billing_cycle_anchor: subscription.anchor.to_string(),
            current_period_start: subscription.period.start.to_string(),
            current_period_end: subscription.period.end.to_string(),
            trial_end: subscription.trial_end.map(time),
            next_billing_date: subscription.next_billing_date().map(time),
            discount: subscription
                .discount
                .as_ref()
                .map(SubscriptionDiscount::of)
                .transpose()?,
            tax_rate_ids: subscription
                .tax_rates
                .iter()
                .map(|rate| rate.id.to_string())
                .collect(),
            pause_collection: paused(subscription),
            resumes_at: subscription.resumes_at.map(time),
            scheduled_change: scheduled(subscription),
            pending_update: pending_update(subscription),
            pending_amount: pending.minor(),
            cancel_at_period_end: subscription.cancel_at_period_end,
            canceled_at: subscription.canceled_at.map(time),
            ended_at: subscription.ended_at.map(time),
            latest_invoice_id: subscription.latest_invoice.map(|id| id.to_string()),
            metadata: subscription.metadata.clone(),
            created: subscription.created.to_string(),
            livemode: mode.is_live(),
        })
    }
}

fn paused(subscription: &billing::Subscription) -> Option<PauseCollection> {
    let pause = subscription.pause_collection?;
    Some(PauseCollection {
        behavior: pause.behavior,
        resumes_at: pause.resumes_at.map(|at| at.to_string()),
    })
}

fn pending_update(subscription: &billing::Subscription) -> Option<PendingUpdate> {
    let update = subscription.pending_update.as_ref()?;
    let items = &update.after.items;
    Some(PendingUpdate {
        items: items.iter().map(SubscriptionItem::of).collect(),
        billing_cycle_anchor: update.after.anchor.to_string(),
        invoice_id: update.invoice_id.to_string(),
        expires_at: update.expires_at.to_string(),
    })
}

fn scheduled(subscription: &billing::Subscription) -> Option<ScheduledChange> {
    let change = subscription.scheduled.as_ref()?;
    let items = change.items.as_ref().unwrap_or(&subscription.items);
    Some(ScheduledChange {
        items: items.iter().map(SubscriptionItem::of).collect(),
        effective_at: subscription.period.end.to_string(),
    })
}

/// From `start` (inclusive) to `end` (exclusive).
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PeriodView {
    #[schema(example = "2025-06-27T10:30:00Z")]
    start: String,
    #[schema(example = "2025-07-27T10:30:00Z")]
    end: String,
}

impl PeriodView {
    pub(super) fn of(period: Period) -> Self {
        Self {
            start: period.start.to_string(),
            end: period.end.to_string(),
        }
    }
}
