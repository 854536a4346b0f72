//! Plans, subscriptions and invoices as v3 prints them.

use models::time::{Interval, Period};
use models::{Metadata, Mode, Result, billing};
use serde::Serialize;
use utoipa::ToSchema;

use super::spelling;

/// A plan.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Plan {
    #[schema(example = "plan_enterprise_pro")]
    id: String,
    #[schema(example = "Enterprise Pro")]
    name: String,
    #[schema(example = "USD")]
    currency: &'static str,
    /// Minor units for a period, or for a unit in a period.
    #[schema(example = 9999)]
    amount: i64,
    /// `day`, `week`, `month`, `quarter` or `year`.
    #[schema(example = "month")]
    interval: String,
    #[schema(example = 1)]
    interval_count: u32,
    #[schema(example = 0)]
    trial_period_days: u32,
    /// `flat` or `per_unit`.
    #[schema(example = "flat")]
    pricing_model: String,
    #[schema(value_type = BTreeMap<String, String>, example = json!({"source": "website"}))]
    metadata: Metadata,
    #[schema(example = "2025-06-27T10:30:00Z")]
    created: String,
    livemode: bool,
}

impl Plan {
    /// The plan as v3 prints it.
    pub fn of(plan: &billing::Plan, mode: Mode) -> Self {
        Self {
            id: plan.id.to_string(),
            name: plan.price.name.clone(),
            currency: plan.price.amount.currency().code(),
            amount: plan.price.amount.minor(),
            interval: spelling(Interval::ALL, &plan.price.interval),
            interval_count: plan.price.interval_count,
            trial_period_days: plan.trial_period_days,
            pricing_model: spelling(billing::PricingModel::ALL, &plan.price.pricing_model),
            metadata: plan.metadata.clone(),
            created: plan.created.to_string(),
            livemode: mode.is_live(),
        }
    }
}

/// A subscription.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Subscription {
    #[schema(example = "sub_rs_123456")]
    id: String,
    #[schema(example = "cust_rs_123456")]
    customer_id: String,
    #[schema(example = "plan_enterprise_pro")]
    plan_id: String,
    #[schema(example = "monthly")]
    billing_cycle: String,
    #[schema(example = true)]
    auto_collection: bool,
    #[schema(example = "charge_automatically")]
    collection_method: String,
    #[schema(example = 0)]
    days_until_due: u32,
    /// `trialing`, `active`, `incomplete`, `incomplete_expired`, `past_due` or `canceled`.
    #[schema(example = "trialing")]
    status: String,
    #[schema(example = 1)]
    quantity: u32,
    payment_method_id: Option<String>,
    #[schema(example = "2025-06-27T10:30:00Z")]
    current_period_start: String,
    #[schema(example = "2025-07-11T10:30:00Z")]
    current_period_end: String,
    #[schema(example = "2025-07-11T10:30:00Z")]
    trial_end: Option<String>,
    #[schema(example = "2025-07-11T10:30:00Z")]
    next_billing_date: Option<String>,
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

impl Subscription {
    /// The subscription as v3 prints it.
    pub fn of(subscription: &billing::Subscription, mode: Mode) -> Self {
        Self {
            id: subscription.id.to_string(),
            customer_id: subscription.customer_id.to_string(),
            plan_id: subscription.plan_id.to_string(),
            billing_cycle: spelling(billing::BillingCycle::ALL, &subscription.billing_cycle),
            auto_collection: subscription.collection_method
                == billing::CollectionMethod::ChargeAutomatically,
            collection_method: spelling(
                billing::CollectionMethod::ALL,
                &subscription.collection_method,
            ),
            days_until_due: subscription.days_until_due,
            status: spelling(billing::SubscriptionStatus::ALL, &subscription.status),
            quantity: subscription.quantity,
            payment_method_id: subscription.payment_method_id.map(|id| id.to_string()),
            current_period_start: subscription.period.start.to_string(),
            current_period_end: subscription.period.end.to_string(),
            trial_end: subscription.trial_end.map(|at| at.to_string()),
            next_billing_date: subscription.next_billing_date().map(|at| at.to_string()),
            cancel_at_period_end: subscription.cancel_at_period_end,
            canceled_at: subscription.canceled_at.map(|at| at.to_string()),
            ended_at: subscription.ended_at.map(|at| at.to_string()),
            latest_invoice_id: subscription.latest_invoice.map(|id| id.to_string()),
            metadata: subscription.metadata.clone(),
            created: subscription.created.to_string(),
            livemode: mode.is_live(),
        }
    }
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
    fn of(period: Period) -> Self {
        Self {
            start: period.start.to_string(),
            end: period.end.to_string(),
        }
    }
}

/// A line of an invoice.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LineItem {
    #[schema(example = "il_789012_1")]
    id: String,
    #[schema(example = "Enterprise Pro (2025-06-27 to 2025-07-27)")]
    description: String,
    #[schema(example = 1)]
    quantity: u32,
    #[schema(example = 9999)]
    unit_amount: i64,
    #[schema(example = 9999)]
    amount: i64,
    proration: bool,
    period: PeriodView,
}

/// An invoice. Amounts are minor units.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Invoice {
    #[schema(example = "inv_rs_789012")]
    id: String,
    #[schema(example = "INV-2025-000001")]
    number: String,
    #[schema(example = "cust_rs_123456")]
    customer_id: String,
    #[schema(example = "sub_rs_123456")]
    subscription_id: String,
    /// `subscription_create` or `subscription_cycle`.
    #[schema(example = "subscription_cycle")]
    billing_reason: &'static str,
    /// The total.
    #[schema(example = 9999)]
    amount: i64,
    #[schema(example = "USD")]
    currency: &'static str,
    /// `open`, `paid` or `void`.
    #[schema(example = "paid")]
    status: String,
    #[schema(example = "2025-07-27")]
    due_date: String,
    line_items: Vec<LineItem>,
    /// The taxes in `total`; none where no rate applies.
    #[schema(value_type = Vec<Object>)]
    taxes: Vec<serde_json::Value>,
    /// What it was paid with.
    #[schema(example = "card_ending_4242")]
    payment_method: Option<String>,
    #[schema(example = 9999)]
    subtotal: i64,
    #[schema(example = 0)]
    tax: i64,
    #[schema(example = 9999)]
    total: i64,
    #[schema(example = 9999)]
    amount_due: i64,
    #[schema(example = 9999)]
    amount_paid: i64,
    #[schema(example = 0)]
    amount_remaining: i64,
    #[schema(example = "2025-06-27T10:30:00Z")]
    period_start: String,
    #[schema(example = "2025-07-27T10:30:00Z")]
    period_end: String,
    #[schema(example = 1)]
    attempt_count: u32,
    next_payment_attempt: Option<String>,
    #[schema(example = json!(["pay_rs_789012"]))]
    payment_ids: Vec<String>,
    #[schema(value_type = BTreeMap<String, String>, example = json!({"source": "website"}))]
    metadata: Metadata,
    #[schema(example = "2025-06-27T10:30:00Z")]
    created: String,
    #[schema(example = "2025-06-27T10:30:00Z")]
    finalized_at: String,
    #[schema(example = "2025-06-27T10:30:01Z")]
    paid_at: Option<String>,
    livemode: bool,
}

impl Invoice {
    /// The invoice as v3 prints it. Errors where its sums leave the range, which writing it has ruled out.
    pub fn of(invoice: &billing::Invoice, mode: Mode) -> Result<Self> {
        let line = |(index, line): (usize, &billing::LineItem)| LineItem {
            id: format!("il_{}_{}", invoice.id.number(), index + 1),
            description: line.description.clone(),
            quantity: line.quantity,
            unit_amount: line.unit_amount.minor(),
            amount: line.amount.minor(),
            proration: false,
            period: PeriodView::of(line.period),
        };
        let total = invoice.total()?.minor();
        Ok(Self {
            id: invoice.id.to_string(),
            number: invoice.number.clone(),
            customer_id: invoice.customer_id.to_string(),
            subscription_id: invoice.subscription_id.to_string(),
            billing_reason: invoice.billing_reason.as_str(),
            amount: total,
            currency: invoice.currency.code(),
            status: spelling(billing::InvoiceStatus::ALL, &invoice.status),
            due_date: invoice.due_date.to_string(),
            line_items: invoice.lines.iter().enumerate().map(line).collect(),
            taxes: Vec::new(),
            payment_method: invoice.payment_method.clone(),
            subtotal: invoice.subtotal()?.minor(),
            tax: 0,
            total,
            amount_due: total,
            amount_paid: invoice.amount_paid.minor(),
            amount_remaining: invoice.amount_remaining()?.minor(),
            period_start: invoice.period.start.to_string(),
            period_end: invoice.period.end.to_string(),
            attempt_count: invoice.attempt_count,
            next_payment_attempt: invoice.next_payment_attempt.map(|at| at.to_string()),
            payment_ids: invoice
                .payment_ids
                .iter()
                .map(ToString::to_string)
                .collect(),
            metadata: invoice.metadata.clone(),
            created: invoice.created.to_string(),
            finalized_at: invoice.finalized_at.to_string(),
            paid_at: invoice.paid_at.map(|at| at.to_string()),
            livemode: mode.is_live(),
        })
    }
}
