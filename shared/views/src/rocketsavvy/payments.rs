//! Payment methods, payments and refunds as v3 prints them.

use models::{Metadata, Mode, Result, View, payments};
use serde::Serialize;
use utoipa::ToSchema;

/// A card: never more than this is known of it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CardView {
    #[schema(example = "visa")]
    brand: String,
    #[schema(example = "4242")]
    last4: String,
    #[schema(example = 12)]
    exp_month: u8,
    #[schema(example = 2027)]
    exp_year: u16,
    /// Equal for the same card within one business.
    #[schema(example = "9f86d081884c7d65")]
    fingerprint: String,
}

impl CardView {
    fn of(card: &payments::Card) -> Self {
        Self {
            brand: card.brand.clone(),
            last4: card.last4.clone(),
            exp_month: card.exp_month,
            exp_year: card.exp_year,
            fingerprint: card.fingerprint.clone(),
        }
    }
}

/// A payment method of a customer.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PaymentMethod {
    #[schema(example = "pm_rs_123456")]
    id: String,
    #[schema(example = "cust_rs_123456")]
    customer_id: String,
    #[serde(rename = "type")]
    #[schema(example = "card")]
    kind: &'static str,
    card: CardView,
    #[schema(value_type = HashMap<String, String>, example = json!({"source": "website"}))]
    metadata: Metadata,
    #[schema(example = "2025-06-27T10:30:00Z")]
    created: String,
    #[schema(example = false)]
    livemode: bool,
}

impl View for PaymentMethod {
    type Of = payments::PaymentMethod;
    type At = Mode;

    fn of(method: &payments::PaymentMethod, mode: Mode) -> Result<Self> {
        Ok(Self {
            id: method.id.to_string(),
            customer_id: method.customer_id.to_string(),
            kind: "card",
            card: CardView::of(&method.card),
            metadata: method.metadata.clone(),
            created: method.created.to_string(),
            livemode: mode.is_live(),
        })
    }
}

/// When and how much of the money arrives.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SettlementView {
    #[schema(example = "2025-06-29")]
    expected_date: String,
    /// The gateway's fee in minor units.
    #[schema(example = 145)]
    fees: i64,
}

/// A payment: one attempt to move money.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Payment {
    #[schema(example = "pay_rs_789012")]
    id: String,
    /// `processing`, `succeeded` or `failed`.
    #[schema(example = "succeeded")]
    #[schema(inline)]
    status: payments::PaymentStatus,
    /// Minor units.
    #[schema(example = 5000)]
    amount: i64,
    /// Minor units given back, or on their way back.
    #[schema(example = 0)]
    amount_refunded: i64,
    #[schema(example = "USD")]
    currency: &'static str,
    #[schema(example = "cust_rs_123456")]
    customer_id: Option<String>,
    #[schema(example = "inv_rs_789012")]
    invoice_id: Option<String>,
    #[schema(example = "pm_rs_123456")]
    payment_method_id: Option<String>,
    card: CardView,
    #[schema(example = "Professional services payment")]
    description: Option<String>,
    #[schema(example = "primary_gateway")]
    gateway: String,
    /// The reason of a failure; `null` where it succeeded.
    #[schema(example = "card_declined")]
    failure_code: Option<String>,
    #[schema(example = "The card was declined.")]
    failure_message: Option<String>,
    settlement: Option<SettlementView>,
    /// 0 (harmless) to 99.
    #[schema(example = 32)]
    risk_score: Option<u8>,
    #[schema(example = true)]
    fraud_protection: bool,
    #[schema(value_type = HashMap<String, String>, example = json!({"source": "website"}))]
    metadata: Metadata,
    #[schema(example = "2025-06-27T10:30:00Z")]
    created: String,
    #[schema(example = false)]
    livemode: bool,
}

impl View for Payment {
    type Of = payments::Payment;
    type At = Mode;

    fn of(payment: &payments::Payment, mode: Mode) -> Result<Self> {
        Ok(Self {
            id: payment.id.to_string(),
            status: payment.status,
            amount: payment.amount.minor(),
            amount_refunded: payment.amount_refunded.minor(),
            currency: payment.amount.currency().code(),
            customer_id: payment.customer_id.map(|id| id.to_string()),
            invoice_id: payment.invoice_id.map(|id| id.to_string()),
            payment_method_id: payment.payment_method_id.map(|id| id.to_string()),
            card: CardView::of(&payment.card),
            description: payment.description.clone(),
            gateway: payment.gateway.clone(),
            failure_code: payment.failure.as_ref().map(|failure| failure.code.clone()),
            failure_message: payment
                .failure
                .as_ref()
                .map(|failure| failure.message.clone()),
            settlement: payment
                .settlement
                .as_ref()
                .map(|settlement| SettlementView {
                    expected_date: settlement.expected_date.to_string(),
                    fees: settlement.fees.minor(),
                }),
            risk_score: payment.risk_score,
            fraud_protection: payment.fraud_protection,
            metadata: payment.metadata.clone(),
            created: payment.created.to_string(),
            livemode: mode.is_live(),
        })
    }
}

/// Money given back.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Refund {
    #[schema(example = "re_rs_123456")]
    id: String,
    #[schema(example = "pay_rs_789012")]
    payment_id: String,
    /// Minor units.
    #[schema(example = 1000)]
    amount: i64,
    #[schema(example = "USD")]
    currency: &'static str,
    #[schema(example = "requested_by_customer")]
    reason: Option<String>,
    /// `pending`, `succeeded` or `failed`.
    #[schema(example = "succeeded")]
    #[schema(inline)]
    status: payments::RefundStatus,
    /// The reason of a failure; `null` where it succeeded.
    #[schema(example = "resource_missing")]
    failure_code: Option<String>,
    #[schema(example = "2025-06-27T10:30:00Z")]
    created: String,
    #[schema(example = false)]
    livemode: bool,
}

impl View for Refund {
    type Of = payments::Refund;
    type At = Mode;

    fn of(refund: &payments::Refund, mode: Mode) -> Result<Self> {
        Ok(Self {
            id: refund.id.to_string(),
            payment_id: refund.payment_id.to_string(),
            amount: refund.amount.minor(),
            currency: refund.amount.currency().code(),
            reason: refund.reason.clone(),
            status: refund.status,
            failure_code: refund.failure.as_ref().map(|failure| failure.code.clone()),
            created: refund.created.to_string(),
            livemode: mode.is_live(),
        })
    }
}
