//! Coupons, tax rates and billing settings as v3 prints them.

use models::billing::{self, Duration, Terms};
use models::{Metadata, Mode, Moment, Result, View};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::number;

/// A coupon. It has `percent_off`, or `amount_off` and its `currency`.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Coupon {
    #[schema(example = "coupon_welcome")]
    id: String,
    /// What invoices call it.
    #[schema(example = "Welcome")]
    name: String,
    /// A decimal number, exactly as it was given.
    #[schema(value_type = Option<f64>, example = 12.5)]
    percent_off: Option<Box<RawValue>>,
    /// Minor units of each invoice.
    amount_off: Option<i64>,
    currency: Option<&'static str>,
    /// `once`, `repeating` or `forever`.
    #[schema(example = "repeating")]
    duration: &'static str,
    #[schema(example = 3)]
    duration_in_months: Option<u32>,
    #[schema(example = 100)]
    max_redemptions: Option<u32>,
    /// The last moment at which it can be redeemed.
    redeem_by: Option<String>,
    #[schema(example = 0)]
    times_redeemed: u32,
    /// Whether it may be redeemed at all.
    #[schema(example = true)]
    active: bool,
    /// Whether it can be redeemed now.
    #[schema(example = true)]
    valid: bool,
    #[schema(value_type = BTreeMap<String, String>, example = json!({"campaign": "q4_promo"}))]
    metadata: Metadata,
    #[schema(example = "2025-06-27T10:30:00Z")]
    created: String,
    livemode: bool,
}

impl View for Coupon {
    type Of = billing::Coupon;
    type At = Moment;

    fn of(coupon: &billing::Coupon, Moment { mode, now }: Moment) -> Result<Self> {
        let (percent_off, amount) = match coupon.terms {
            Terms::Percent(percent) => (Some(number(percent)?), None),
            Terms::Amount(amount) => (None, Some(amount)),
        };
        Ok(Self {
            id: coupon.id.to_string(),
            name: coupon.name.clone(),
            percent_off,
            amount_off: amount.map(models::Money::minor),
            currency: amount.map(|amount| amount.currency().code()),
            duration: coupon.duration.as_str(),
            duration_in_months: match coupon.duration {
                Duration::Repeating { months } => Some(months),
                Duration::Once | Duration::Forever => None,
            },
            max_redemptions: coupon.max_redemptions,
            redeem_by: coupon.redeem_by.map(|at| at.to_string()),
            times_redeemed: coupon.times_redeemed,
            active: coupon.active,
            valid: coupon.valid(now),
            metadata: coupon.metadata.clone(),
            created: coupon.created.to_string(),
            livemode: mode.is_live(),
        })
    }
}

/// A tax rate.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TaxRate {
    #[schema(example = "txr_rs_123456")]
    id: String,
    /// What invoices call it.
    #[schema(example = "VAT")]
    display_name: String,
    /// A decimal number, exactly as it was given.
    #[schema(value_type = f64, example = 20)]
    percentage: Box<RawValue>,
    /// Whether the prices it is on include it.
    #[schema(example = false)]
    inclusive: bool,
    #[schema(example = "GB")]
    country: Option<String>,
    jurisdiction: Option<String>,
    #[schema(example = "Standard rate")]
    description: Option<String>,
    /// Whether new invoices and subscriptions can use it.
    #[schema(example = true)]
    active: bool,
    #[schema(value_type = BTreeMap<String, String>, example = json!({}))]
    metadata: Metadata,
    #[schema(example = "2025-06-27T10:30:00Z")]
    created: String,
    livemode: bool,
}

impl View for TaxRate {
    type Of = billing::TaxRate;
    type At = Mode;

    fn of(rate: &billing::TaxRate, mode: Mode) -> Result<Self> {
        Ok(Self {
            id: rate.id.to_string(),
            display_name: rate.display_name.clone(),
            percentage: number(rate.percentage)?,
            inclusive: rate.inclusive,
            country: rate.country.clone(),
            jurisdiction: rate.jurisdiction.clone(),
            description: rate.description.clone(),
            active: rate.active,
            metadata: rate.metadata.clone(),
            created: rate.created.to_string(),
            livemode: mode.is_live(),
        })
    }
}

/// The seller, as an invoice shows it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SellerView {
    #[schema(example = "Acme Ltd")]
    name: String,
    #[schema(example = json!(["1 High Street", "London"]))]
    address_lines: Vec<String>,
    #[schema(example = "GB123456789")]
    tax_id: Option<String>,
    #[schema(example = "billing@example.com")]
    email: Option<String>,
}

/// What a business decided about its billing.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct BillingSettings {
    /// Days from each refused attempt to the next one.
    #[schema(example = json!([3, 5, 7, 14, 21]))]
    retry_days: Vec<u32>,
    /// `cancel`, `past_due` or `unpaid`.
    #[schema(example = "cancel")]
    #[schema(inline)]
    after_retries: billing::AfterRetries,
    /// `day` or `second`.
    #[schema(example = "second")]
    #[schema(inline)]
    proration: billing::ProrationUnit,
    /// `next_invoice` or `reject`.
    #[schema(example = "next_invoice")]
    #[schema(inline)]
    late_usage: billing::LateUsage,
    #[schema(example = json!(["txr_rs_123456"]))]
    default_tax_rates: Vec<String>,
    /// Days from an invoice that is sent to its due date.
    #[schema(example = 30)]
    days_until_due: u32,
    /// Text messages that are sent in a day of UTC at the most.
    #[schema(example = 1000)]
    text_messages_per_day: u32,
    /// What is printed at the foot of an invoice.
    invoice_footer: Option<String>,
    /// The account's name is printed if it is absent.
    seller: Option<SellerView>,
    livemode: bool,
}

impl View for BillingSettings {
    type Of = billing::BillingSettings;
    type At = Mode;

    fn of(settings: &billing::BillingSettings, mode: Mode) -> Result<Self> {
        let seller = |seller: &billing::Seller| SellerView {
            name: seller.name.clone(),
            address_lines: seller.address_lines.clone(),
            tax_id: seller.tax_id.clone(),
            email: seller.email.clone(),
        };
        Ok(Self {
            retry_days: settings.retry_days.clone(),
            after_retries: settings.after_retries,
            proration: settings.proration,
            late_usage: settings.late_usage,
            default_tax_rates: settings
                .default_tax_rates
                .iter()
                .map(ToString::to_string)
                .collect(),
            days_until_due: settings.days_until_due,
            text_messages_per_day: settings.text_messages_per_day,
            invoice_footer: settings.invoice_footer.clone(),
            seller: settings.seller.as_ref().map(seller),
            livemode: mode.is_live(),
        })
    }
}
