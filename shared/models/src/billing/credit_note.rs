//! A credit note: what of an invoice is owed no longer, and where the money went that had been paid for it.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::billing::{Credit, Invoice, TaxAmount, exclusive_total, tax_total};
use crate::choices;
use crate::error::Result;
use crate::ids::{self, Id};
use crate::metadata::Metadata;
use crate::money::{Currency, Money};
use crate::time::Timestamp;

choices! {
    /// Why something is credited.
    pub enum CreditNoteReason {
        /// It was billed twice.
        Duplicate = "duplicate",
        /// Somebody was deceived.
        Fraudulent = "fraudulent",
        /// Something else was wanted.
        OrderChange = "order_change",
        /// It was not good.
        ProductUnsatisfactory = "product_unsatisfactory",
    }
}

choices! {
    /// Whether what is credited had been paid.
    pub enum CreditNoteKind {
        /// It was still owed.
        PrePayment = "pre_payment",
        /// It had been paid.
        PostPayment = "post_payment",
        /// A part of it had been paid.
        Mixed = "mixed",
    }
}

/// What is credited of one line of the invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreditNoteLine {
    /// The line's place in the invoice, from 0.
    pub line: usize,
    /// What the invoice says of it.
    pub description: String,
    /// How many of them, where that is how they were counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<Decimal>,
    /// After its share of the discount and before taxes that come on top; below zero where the line gave something back.
    pub amount: Money,
}

/// Money that goes back by a credit note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoteRefund {
    /// The refund.
    pub refund_id: Id<ids::Refund>,
    /// The payment that it gives back.
    pub payment_id: Id<ids::Payment>,
    /// How much.
    pub amount: Money,
}

/// What a caller says of a credit note beside what is credited.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewCreditNote {
    /// Why.
    pub reason: Option<CreditNoteReason>,
    /// A text for the customer.
    pub memo: Option<String>,
    /// The caller's.
    pub metadata: Metadata,
}

/// What is owed no longer. It is issued for good: nothing changes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreditNote {
    /// Its id.
    pub id: Id<ids::CreditNote>,
    /// Its number in the books, `CN-2026-000001`.
    pub number: String,
    /// Of which invoice.
    pub invoice_id: Id<ids::Invoice>,
    /// Whose.
    pub customer_id: Id<ids::Customer>,
    /// In which currency.
    pub currency: Currency,
    /// For what. Empty where an amount was credited that only a tax was left of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<CreditNoteLine>,
    /// Each rate's tax.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub taxes: Vec<TaxAmount>,
    /// What of it was still owed.
    pub before_payment: Money,
    /// What of it goes back the way it came.
    pub refund_amount: Money,
    /// What of it the customer's balance gets.
    pub credit_amount: Money,
    /// What of it is settled elsewhere.
    pub out_of_band_amount: Money,
    /// The refunds that carry `refund_amount`, one a payment.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refunds: Vec<NoteRefund>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<CreditNoteReason>,
    /// A text for the customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memo: Option<String>,
    /// The caller's.
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
    /// When it was issued.
    pub created: Timestamp,
}

impl CreditNote {
    /// The note of what `invoice` was credited with, without refunds and without a number.
    pub fn new(
        id: Id<ids::CreditNote>,
        invoice: &Invoice,
        credit: Credit,
        new: NewCreditNote,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            number: String::new(),
            invoice_id: invoice.id,
            customer_id: invoice.customer_id,
            currency: invoice.currency,
            lines: credit.lines,
            taxes: credit.taxes,
            before_payment: credit.before_payment,
            refund_amount: credit.refund,
            credit_amount: credit.balance,
            out_of_band_amount: credit.out_of_band,
            refunds: Vec::new(),
            reason: new.reason,
            memo: new.memo,
            metadata: new.metadata,
            created: now,
        }
    }

    /// The sum of the lines.
    pub fn subtotal(&self) -> Result<Money> {
        self.lines
            .iter()
            .try_fold(Money::zero(self.currency), |sum, line| {
                sum.plus(line.amount)
            })
    }

    /// All taxes, on top or contained.
    pub fn tax(&self) -> Result<Money> {
        tax_total(self.currency, &self.taxes)
    }

    /// What is owed no longer in all: the lines, and the taxes that come on top.
    pub fn total(&self) -> Result<Money> {
        self.subtotal()?
            .plus(exclusive_total(self.currency, &self.taxes)?)
    }

    /// What of it had been paid.
    pub fn after_payment(&self) -> Result<Money> {
        self.total()?.minus(self.before_payment)
    }

    /// Whether what is credited had been paid.
    pub fn kind(&self) -> Result<CreditNoteKind> {
        let after = self.after_payment()?;
        Ok(match (self.before_payment.is_zero(), after.is_zero()) {
            (_, true) => CreditNoteKind::PrePayment,
            (true, false) => CreditNoteKind::PostPayment,
            (false, false) => CreditNoteKind::Mixed,
        })
    }
}
