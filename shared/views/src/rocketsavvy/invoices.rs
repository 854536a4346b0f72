//! Invoices as v3 prints them.

use models::ids::{self, Id};
use models::{Metadata, Mode, Result, View, billing};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::billing::PeriodView;
use super::number;

/// A line of an invoice.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LineItem {
    #[schema(example = "il_789012_1")]
    id: String,
    #[schema(example = "Enterprise Pro (2025-06-27 to 2025-07-27)")]
    description: String,
    #[schema(value_type = f64, example = 1)]
    quantity: Box<RawValue>,
    /// Minor units, or a fraction of one; `null` where tiers make the amount.
    #[schema(value_type = Option<f64>, example = 9999)]
    unit_amount: Option<Box<RawValue>>,
    /// Before discounts and before taxes that come on top.
    #[schema(example = 9999)]
    amount: i64,
    proration: bool,
    #[schema(example = "plan_enterprise_pro")]
    plan_id: Option<String>,
    #[schema(example = json!(null))]
    metric_name: Option<String>,
    /// Its own tax rates; absent where those of the invoice apply.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = json!(["txr_rs_123456"]))]
    tax_rate_ids: Option<Vec<String>>,
    period: PeriodView,
}

/// What one rate of tax comes to.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct InvoiceTax {
    #[schema(example = "txr_rs_123456")]
    tax_rate_id: String,
    #[schema(example = "VAT")]
    name: String,
    #[schema(value_type = f64, example = 20)]
    percentage: Box<RawValue>,
    /// Whether the amounts contain it.
    inclusive: bool,
    /// What it was computed on.
    #[schema(example = 9999)]
    taxable_amount: i64,
    #[schema(example = 2000)]
    amount: i64,
}

impl InvoiceTax {
    pub(super) fn of_all(taxes: &[billing::TaxAmount]) -> Result<Vec<Self>> {
        let of = |tax: &billing::TaxAmount| {
            Ok(Self {
                tax_rate_id: tax.rate.id.to_string(),
                name: tax.rate.name.clone(),
                percentage: number(tax.rate.percentage)?,
                inclusive: tax.rate.inclusive,
                taxable_amount: tax.base.minor(),
                amount: tax.amount.minor(),
            })
        };
        taxes.iter().map(of).collect()
    }
}

/// What a coupon took off.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct InvoiceDiscount {
    #[schema(example = "coupon_welcome")]
    coupon_id: String,
    #[schema(example = 2500)]
    amount: i64,
}

/// Seller or customer, as they were when the invoice was made.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct InvoiceParty {
    #[schema(example = "Acme Corp")]
    name: String,
    #[schema(example = json!(["1 Main St", "Toronto ON"]))]
    address_lines: Vec<String>,
    #[schema(example = "test@example.com")]
    email: Option<String>,
    tax_id: Option<String>,
}

impl InvoiceParty {
    fn of(party: &billing::Party) -> Self {
        Self {
            name: party.name.clone(),
            address_lines: party.lines.clone(),
            email: party.email.clone(),
            tax_id: party.tax_id.clone(),
        }
    }
}

/// Why the newest attempt failed, and what is to be done about it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PaymentError {
    /// The gateway's code, or `no_payment_method`.
    #[schema(example = "card_declined")]
    code: String,
    #[schema(example = "The card was declined.")]
    message: String,
    /// `retry_later`, `retry_soon`, `retry_after_instrument_update`, `do_not_retry` or `stop_recurring`.
    #[schema(example = "retry_later")]
    #[schema(inline)]
    advice: billing::Advice,
}

/// An invoice. Amounts are minor units.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Invoice {
    #[schema(example = "inv_rs_789012")]
    id: String,
    /// Given when it becomes final.
    #[schema(example = "INV-2025-000001")]
    number: Option<String>,
    #[schema(example = "cust_rs_123456")]
    customer_id: String,
    #[schema(example = "sub_rs_123456")]
    subscription_id: Option<String>,
    /// `subscription_create`, `subscription_cycle`, `subscription_update` or `manual`.
    #[schema(example = "subscription_cycle")]
    #[schema(inline)]
    billing_reason: billing::BillingReason,
    /// The total.
    #[schema(example = 9999)]
    amount: i64,
    #[schema(example = "USD")]
    currency: &'static str,
    /// `draft`, `open`, `paid`, `void` or `uncollectible`.
    #[schema(example = "paid")]
    #[schema(inline)]
    status: billing::InvoiceStatus,
    /// `unpaid`, `partially_paid`, `paid`, `processing` or `failed`.
    #[schema(example = "paid")]
    payment_status: &'static str,
    #[schema(example = "charge_automatically")]
    #[schema(inline)]
    collection_method: billing::CollectionMethod,
    /// Days from the moment it becomes final to its due date.
    #[schema(example = 30)]
    days_until_due: u32,
    #[schema(example = "2025-07-27")]
    due_date: Option<String>,
    /// Whether the due date passed while it was owed.
    overdue: bool,
    line_items: Vec<LineItem>,
    discount: Option<InvoiceDiscount>,
    /// The taxes in `total`; none where no rate applies.
    taxes: Vec<InvoiceTax>,
    /// What it was paid with.
    #[schema(example = "card_ending_4242")]
    payment_method: Option<String>,
    #[schema(example = 9999)]
    subtotal: i64,
    #[schema(example = 0)]
    discount_amount: i64,
    #[schema(example = 0)]
    tax: i64,
    #[schema(example = 9999)]
    total: i64,
    /// What the customer's balance paid; negative where the invoice gave to the balance.
    #[schema(example = 0)]
    balance_applied: i64,
    #[schema(example = 9999)]
    amount_due: i64,
    #[schema(example = 9999)]
    amount_paid: i64,
    /// What of it was received elsewhere.
    #[schema(example = 0)]
    amount_paid_out_of_band: i64,
    /// What credit notes took off.
    #[schema(example = 0)]
    amount_credited: i64,
    /// What of the payments went back, or is on its way.
    #[schema(example = 0)]
    amount_refunded: i64,
    #[schema(example = 0)]
    amount_remaining: i64,
    #[schema(example = "2025-06-27T10:30:00Z")]
    period_start: String,
    #[schema(example = "2025-07-27T10:30:00Z")]
    period_end: String,
    #[schema(example = 1)]
    attempt_count: u32,
    /// When it is next charged automatically.
    next_payment_attempt: Option<String>,
    /// When a draft is finalized automatically.
    auto_finalize_at: Option<String>,
    last_payment_error: Option<PaymentError>,
    /// The payments that came in, and the newest 20 that failed, in order. List payments by `invoice_id` for all of them.
    #[schema(example = json!(["pay_rs_789012"]))]
    payment_ids: Vec<String>,
    seller: InvoiceParty,
    customer: InvoiceParty,
    footer: Option<String>,
    #[schema(value_type = BTreeMap<String, String>, example = json!({"source": "website"}))]
    metadata: Metadata,
    #[schema(example = "2025-06-27T10:30:00Z")]
    created: String,
    #[schema(example = "2025-06-27T10:30:00Z")]
    finalized_at: Option<String>,
    #[schema(example = "2025-06-27T10:30:01Z")]
    paid_at: Option<String>,
    voided_at: Option<String>,
    uncollectible_at: Option<String>,
    livemode: bool,
}

impl View for Invoice {
    type Of = billing::Invoice;
    type At = Mode;

    fn of(invoice: &billing::Invoice, mode: Mode) -> Result<Self> {
        let total = invoice.total()?.minor();
        let time = |at: models::Timestamp| at.to_string();
        let zero = models::Money::zero(invoice.currency);
        let credited = invoice.credited.as_ref().map_or(zero, |c| c.total);
        Ok(Self {
            id: invoice.id.to_string(),
            number: invoice.number.clone(),
            customer_id: invoice.customer_id.to_string(),
            subscription_id: invoice.subscription_id.map(|id| id.to_string()),
            billing_reason: invoice.billing_reason,
            amount: total,
            currency: invoice.currency.code(),
            status: invoice.status,
            payment_status: payment_status(invoice),
            collection_method: invoice.collection_method,
            days_until_due: invoice.days_until_due,
            due_date: invoice.due_date.map(|date| date.to_string()),
            overdue: invoice.overdue,
            line_items: lines(invoice)?,
            discount: invoice.discount.as_ref().map(|discount| InvoiceDiscount {
                coupon_id: discount.coupon_id.to_string(),
                amount: discount.amount.minor(),
            }),
            taxes: InvoiceTax::of_all(&invoice.taxes)?,
            payment_method: invoice.payment_method.clone(),
            subtotal: invoice.subtotal()?.minor(),
            discount_amount: invoice.discount_amount().minor(),
            tax: invoice.tax()?.minor(),
            total,
            balance_applied: invoice.balance_applied.unwrap_or(zero).minor(),
            amount_due: invoice.amount_due()?.minor(),
            amount_paid: invoice.amount_paid.minor(),
            amount_refunded: invoice.amount_refunded().minor(),
            amount_paid_out_of_band: invoice.out_of_band.unwrap_or(zero).minor(),
            amount_credited: credited.minor(),
            amount_remaining: invoice.amount_remaining()?.minor(),
            period_start: invoice.period.start.to_string(),
            period_end: invoice.period.end.to_string(),
            attempt_count: invoice.attempt_count,
            next_payment_attempt: invoice.next_charge().map(time),
            auto_finalize_at: invoice.finalizes_at().map(time),
            last_payment_error: invoice.refused.as_ref().map(|refused| PaymentError {
                code: refused.code.clone(),
                message: refused.message.clone(),
                advice: refused.advice,
            }),
            payment_ids: invoice.attempts().iter().map(ToString::to_string).collect(),
            seller: InvoiceParty::of(&invoice.seller),
            customer: InvoiceParty::of(&invoice.customer),
            footer: invoice.footer.clone(),
            metadata: invoice.metadata.clone(),
            created: invoice.created.to_string(),
            finalized_at: invoice.finalized_at.map(time),
            paid_at: invoice.paid_at.map(time),
            voided_at: invoice.voided_at.map(time),
            uncollectible_at: invoice.uncollectible_at.map(time),
            livemode: mode.is_live(),
        })
    }
}

fn payment_status(invoice: &billing::Invoice) -> &'static str {
    match invoice.status {
        billing::InvoiceStatus::Paid => "paid",
        _ if invoice.processing.is_some() => "processing",
        _ if invoice.amount_paid.minor() > 0 => "partially_paid",
        _ if invoice.refused.is_some() => "failed",
        billing::InvoiceStatus::Draft
        | billing::InvoiceStatus::Open
        | billing::InvoiceStatus::Void
        | billing::InvoiceStatus::Uncollectible => "unpaid",
    }
}

fn lines(invoice: &billing::Invoice) -> Result<Vec<LineItem>> {
    let line = |(index, line): (usize, &billing::LineItem)| {
        Ok(LineItem {
            id: line_item_id(invoice.id, index),
            description: line.description.clone(),
            quantity: number(line.quantity)?,
            unit_amount: line.unit_amount().map(number).transpose()?,
            amount: line.amount.minor(),
            proration: line.is_proration(),
            plan_id: line.plan_id.as_ref().map(ToString::to_string),
            metric_name: line.metric_name.clone(),
            tax_rate_ids: line.rates.as_ref().map(|rates| rate_ids(rates)),
            period: PeriodView::of(line.period.unwrap_or(invoice.period)),
        })
    };
    invoice.lines.iter().enumerate().map(line).collect()
}

pub(super) fn rate_ids(rates: &[billing::AppliedRate]) -> Vec<String> {
    rates.iter().map(|rate| rate.id.to_string()).collect()
}

/// The id of a line by its place in the invoice, from 0.
pub fn line_item_id(invoice: Id<ids::Invoice>, line: usize) -> String {
    format!("il_{}_{}", invoice.number(), line.saturating_add(1))
}

/// The place of a line in `invoice` by its id, from 0. `None` where the text is not the id of a line of that invoice.
pub fn line_of(invoice: Id<ids::Invoice>, text: &str) -> Option<usize> {
    let place: usize = text.rsplit('_').next()?.parse().ok()?;
    let line = place.checked_sub(1)?;
    (line_item_id(invoice, line) == text).then_some(line)
}

/// An invoice that is to come. Amounts are minor units.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct InvoicePreview {
    /// `subscription_create`, `subscription_cycle` or `subscription_update`.
    #[schema(example = "subscription_cycle")]
    #[schema(inline)]
    billing_reason: billing::BillingReason,
    #[schema(example = "USD")]
    currency: &'static str,
    /// When it will be made.
    #[schema(example = "2025-07-27T10:30:00Z")]
    date: String,
    line_items: Vec<LineItem>,
    discount: Option<InvoiceDiscount>,
    taxes: Vec<InvoiceTax>,
    #[schema(example = 9999)]
    subtotal: i64,
    #[schema(example = 0)]
    discount_amount: i64,
    #[schema(example = 0)]
    tax: i64,
    #[schema(example = 9999)]
    total: i64,
    /// What the customer's balance will pay; negative where the invoice will give to the balance.
    #[schema(example = 0)]
    balance_applied: i64,
    /// What will be charged.
    #[schema(example = 9999)]
    amount_due: i64,
    #[schema(example = "2025-06-27T10:30:00Z")]
    period_start: String,
    #[schema(example = "2025-07-27T10:30:00Z")]
    period_end: String,
}

impl View for InvoicePreview {
    type Of = billing::Invoice;
    type At = ();

    fn of(invoice: &billing::Invoice, _at: ()) -> Result<Self> {
        let zero = models::Money::zero(invoice.currency);
        Ok(Self {
            billing_reason: invoice.billing_reason,
            currency: invoice.currency.code(),
            date: invoice.created.to_string(),
            line_items: lines(invoice)?,
            discount: invoice.discount.as_ref().map(|discount| InvoiceDiscount {
                coupon_id: discount.coupon_id.to_string(),
                amount: discount.amount.minor(),
            }),
            taxes: InvoiceTax::of_all(&invoice.taxes)?,
            subtotal: invoice.subtotal()?.minor(),
            discount_amount: invoice.discount_amount().minor(),
            tax: invoice.tax()?.minor(),
            total: invoice.total()?.minor(),
            balance_applied: invoice.balance_applied.unwrap_or(zero).minor(),
            amount_due: invoice.amount_due()?.minor(),
            period_start: invoice.period.start.to_string(),
            period_end: invoice.period.end.to_string(),
        })
    }
}
