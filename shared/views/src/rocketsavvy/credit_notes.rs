//! Credit notes as v3 prints them.

use models::{Metadata, Mode, Result, View, billing};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::invoices::{InvoiceTax, line_item_id};
use super::number;

/// What is credited of one line of the invoice.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CreditNoteLine {
    /// The line of the invoice.
    #[schema(example = "il_789012_1")]
    line_item_id: String,
    #[schema(example = "Enterprise Pro (2025-06-27 to 2025-07-27)")]
    description: String,
    /// Where units are credited.
    #[schema(value_type = Option<f64>, example = 1)]
    quantity: Option<Box<RawValue>>,
    /// After discounts and before taxes that come on top.
    #[schema(example = 2500)]
    amount: i64,
}

/// Money that goes back.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CreditNoteRefund {
    #[schema(example = "re_rs_789012")]
    id: String,
    #[schema(example = "pay_rs_789012")]
    payment_id: String,
    #[schema(example = 2500)]
    amount: i64,
}

/// A credit note: what is not owed of an invoice any more. Amounts are minor units.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CreditNote {
    #[schema(example = "cn_rs_789012")]
    id: String,
    #[schema(example = "CN-2025-000001")]
    number: String,
    #[schema(example = "inv_rs_789012")]
    invoice_id: String,
    #[schema(example = "cust_rs_123456")]
    customer_id: String,
    /// `issued`: nothing changes it.
    #[schema(example = "issued")]
    status: &'static str,
    /// `pre_payment` where it was still owed, `post_payment` where it had been paid, or `mixed`.
    #[serde(rename = "type")]
    #[schema(example = "post_payment")]
    #[schema(inline)]
    kind: billing::CreditNoteKind,
    /// `duplicate`, `fraudulent`, `order_change` or `product_unsatisfactory`.
    #[schema(example = "order_change")]
    #[schema(inline)]
    reason: Option<billing::CreditNoteReason>,
    #[schema(example = "One seat less from July.")]
    memo: Option<String>,
    #[schema(example = "USD")]
    currency: &'static str,
    line_items: Vec<CreditNoteLine>,
    /// The taxes in `total`.
    taxes: Vec<InvoiceTax>,
    #[schema(example = 2500)]
    subtotal: i64,
    #[schema(example = 0)]
    tax: i64,
    #[schema(example = 2500)]
    total: i64,
    /// What of it was still owed.
    #[schema(example = 0)]
    pre_payment_amount: i64,
    /// What of it had been paid: the sum of the three below.
    #[schema(example = 2500)]
    post_payment_amount: i64,
    /// What goes back the way it came.
    #[schema(example = 2500)]
    refund_amount: i64,
    /// What the customer's balance gets: the next invoice takes it first.
    #[schema(example = 0)]
    credit_amount: i64,
    /// What is settled elsewhere.
    #[schema(example = 0)]
    out_of_band_amount: i64,
    /// The refunds that carry `refund_amount`, one a payment.
    refunds: Vec<CreditNoteRefund>,
    #[schema(value_type = BTreeMap<String, String>, example = json!({"ticket": "4711"}))]
    metadata: Metadata,
    #[schema(example = "2025-06-27T10:30:00Z")]
    created: String,
    livemode: bool,
}

impl View for CreditNote {
    type Of = billing::CreditNote;
    type At = Mode;

    fn of(note: &billing::CreditNote, mode: Mode) -> Result<Self> {
        let line = |line: &billing::CreditNoteLine| {
            Ok(CreditNoteLine {
                line_item_id: line_item_id(note.invoice_id, line.line),
                description: line.description.clone(),
                quantity: line.quantity.map(number).transpose()?,
                amount: line.amount.minor(),
            })
        };
        let refund = |refund: &billing::NoteRefund| CreditNoteRefund {
            id: refund.refund_id.to_string(),
            payment_id: refund.payment_id.to_string(),
            amount: refund.amount.minor(),
        };
        Ok(Self {
            id: note.id.to_string(),
            number: note.number.clone(),
            invoice_id: note.invoice_id.to_string(),
            customer_id: note.customer_id.to_string(),
            status: "issued",
            kind: note.kind()?,
            reason: note.reason,
            memo: note.memo.clone(),
            currency: note.currency.code(),
            line_items: note.lines.iter().map(line).collect::<Result<_>>()?,
            taxes: InvoiceTax::of_all(&note.taxes)?,
            subtotal: note.subtotal()?.minor(),
            tax: note.tax()?.minor(),
            total: note.total()?.minor(),
            pre_payment_amount: note.before_payment.minor(),
            post_payment_amount: note.after_payment()?.minor(),
            refund_amount: note.refund_amount.minor(),
            credit_amount: note.credit_amount.minor(),
            out_of_band_amount: note.out_of_band_amount.minor(),
            refunds: note.refunds.iter().map(refund).collect(),
            metadata: note.metadata.clone(),
            created: note.created.to_string(),
            livemode: mode.is_live(),
        })
    }
}
