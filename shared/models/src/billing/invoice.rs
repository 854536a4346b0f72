//! An invoice: what is owed, for what, and what has been paid of it.

use serde::{Deserialize, Serialize};

use crate::billing::CollectionMethod;
use crate::error::Result;
use crate::ids::{self, Id};
use crate::metadata::Metadata;
use crate::money::{Currency, Money};
use crate::payments::{Payment, PaymentStatus};
use crate::time::{Date, Period, Timestamp};

/// Where an invoice stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InvoiceStatus {
    /// Final and owed.
    Open,
    /// Paid in full.
    Paid,
    /// Owed no longer.
    Void,
}

impl InvoiceStatus {
    /// All states in their wire spelling.
    pub const ALL: &'static [(&'static str, Self)] = &[
        ("open", Self::Open),
        ("paid", Self::Paid),
        ("void", Self::Void),
    ];
}

/// Why an invoice was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BillingReason {
    /// A subscription without a trial began.
    SubscriptionCreate,
    /// A period of a subscription began.
    SubscriptionCycle,
}

impl BillingReason {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SubscriptionCreate => "subscription_create",
            Self::SubscriptionCycle => "subscription_cycle",
        }
    }
}

/// One line of an invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineItem {
    /// What for.
    pub description: String,
    /// How many.
    pub quantity: u32,
    /// One of them.
    pub unit_amount: Money,
    /// All of them.
    pub amount: Money,
    /// For which period.
    pub period: Period,
}

/// What is needed to make an invoice.
#[derive(Debug, Clone)]
pub struct NewInvoice {
    /// Who owes.
    pub customer_id: Id<ids::Customer>,
    /// For which subscription.
    pub subscription_id: Id<ids::Subscription>,
    /// Why.
    pub billing_reason: BillingReason,
    /// In which currency.
    pub currency: Currency,
    /// For what.
    pub lines: Vec<LineItem>,
    /// The period billed.
    pub period: Period,
    /// How it is collected.
    pub collection_method: CollectionMethod,
    /// Days until it is due.
    pub days_until_due: u32,
}

/// What is owed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invoice {
    /// Its id, derived from subscription, reason and period: billing twice writes one record.
    pub id: Id<ids::Invoice>,
    /// Its number in the books, `INV-2026-000001`.
    pub number: String,
    /// Who owes.
    pub customer_id: Id<ids::Customer>,
    /// For which subscription.
    pub subscription_id: Id<ids::Subscription>,
    /// Why.
    pub billing_reason: BillingReason,
    /// Where it stands.
    pub status: InvoiceStatus,
    /// In which currency.
    pub currency: Currency,
    /// For what.
    pub lines: Vec<LineItem>,
    /// The period billed.
    pub period: Period,
    /// How it is collected.
    pub collection_method: CollectionMethod,
    /// When it is due.
    pub due_date: Date,
    /// Paid so far.
    pub amount_paid: Money,
    /// The payments that were tried, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub payment_ids: Vec<Id<ids::Payment>>,
    /// What it was paid with, e.g. `card_ending_4242`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment_method: Option<String>,
    /// Attempts whose outcome is known.
    pub attempt_count: u32,
    /// Attempts in a row that failed by the gateway's fault.
    #[serde(default)]
    pub faults: u32,
    /// When the next attempt is made by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_payment_attempt: Option<Timestamp>,
    /// The caller's.
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
    /// When it was made.
    pub created: Timestamp,
    /// When it became final.
    pub finalized_at: Timestamp,
    /// When it was paid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paid_at: Option<Timestamp>,
    /// When it was voided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub voided_at: Option<Timestamp>,
}

/// The first wait after a fault of the gateway; each further one is twice as long (Kill Bill's numbers).
const FAULT_SECONDS: i64 = 300;
/// After so many faults in a row the attempt counts as refused.
const MAX_FAULTS: u32 = 8;

impl Invoice {
    /// A final invoice. One of nothing is paid at once.
    pub fn finalize(
        id: Id<ids::Invoice>,
        number: String,
        new: NewInvoice,
        now: Timestamp,
    ) -> Result<Self> {
        let mut invoice = Self {
            id,
            number,
            customer_id: new.customer_id,
            subscription_id: new.subscription_id,
            billing_reason: new.billing_reason,
            status: InvoiceStatus::Open,
            currency: new.currency,
            lines: new.lines,
            period: new.period,
            collection_method: new.collection_method,
            due_date: now.plus_days(i64::from(new.days_until_due)).date()?,
            amount_paid: Money::zero(new.currency),
            payment_ids: Vec::new(),
            payment_method: None,
            attempt_count: 0,
            faults: 0,
            next_payment_attempt: None,
            metadata: Metadata::new(),
            created: now,
            finalized_at: now,
            paid_at: None,
            voided_at: None,
        };
        if invoice.total()?.is_zero() {
            invoice.status = InvoiceStatus::Paid;
            invoice.paid_at = Some(now);
        }
        Ok(invoice)
    }

    /// The identity of what it bills: equal for two attempts to bill the same thing.
    pub fn identity(&self) -> String {
        identity(self.subscription_id, self.billing_reason, self.period.start)
    }

    /// The sum of the lines.
    pub fn subtotal(&self) -> Result<Money> {
        self.lines
            .iter()
            .try_fold(Money::zero(self.currency), |sum, line| {
                sum.plus(line.amount)
            })
    }

    /// What the customer owes in all. No tax is configured on a flat or per-unit plan, so it is the sum of the lines.
    pub fn total(&self) -> Result<Money> {
        self.subtotal()
    }

    /// What is still to be paid.
    pub fn amount_remaining(&self) -> Result<Money> {
        match self.status {
            InvoiceStatus::Open => self.total()?.minus(self.amount_paid),
            InvoiceStatus::Paid | InvoiceStatus::Void => Ok(Money::zero(self.currency)),
        }
    }

    /// When something must happen by itself.
    pub fn due(&self) -> Option<Timestamp> {
        self.next_payment_attempt
            .filter(|_| self.status == InvoiceStatus::Open)
    }

    /// The identity of the next attempt to collect it; also what the payment's id is derived from.
    pub fn attempt_identity(&self) -> String {
        format!("{}#{}", self.id, self.attempt_count.saturating_add(1))
    }

    /// Books the outcome of an attempt. Booked once however often it is told; `false` says that it was known.
    pub fn book(&mut self, payment: &Payment, now: Timestamp) -> Result<bool> {
        if payment.status == PaymentStatus::Processing || self.payment_ids.contains(&payment.id) {
            return Ok(false);
        }
        self.payment_ids.push(payment.id);
        self.attempt_count = self.attempt_count.saturating_add(1);
        self.next_payment_attempt = None;
        if payment.status == PaymentStatus::Succeeded {
            self.faults = 0;
            self.amount_paid = self.amount_paid.plus(payment.amount)?;
            self.payment_method = Some(payment.card.ending());
            if self.status == InvoiceStatus::Open && self.amount_remaining()?.minor() <= 0 {
                self.status = InvoiceStatus::Paid;
                self.paid_at = Some(now);
            }
        } else if payment
            .failure
            .as_ref()
            .is_some_and(|failure| failure.fault)
            && self.faults < MAX_FAULTS
        {
            let wait = FAULT_SECONDS.saturating_mul(1_i64.checked_shl(self.faults).unwrap_or(1));
            self.faults = self.faults.saturating_add(1);
            self.next_payment_attempt = Some(now.plus_seconds(wait));
        }
        Ok(true)
    }

    /// Books that there was nothing to charge: the customer has no payment method.
    pub fn book_without_method(&mut self) {
        self.attempt_count = self.attempt_count.saturating_add(1);
        self.next_payment_attempt = None;
    }

    /// The moment of the next attempt: the same for whoever makes it, so that all derive the same payment from it.
    pub fn attempt_at(&self) -> Timestamp {
        self.next_payment_attempt.unwrap_or(self.created)
    }

    /// Nothing is owed any longer. `false` says that it was not open.
    pub fn void(&mut self, now: Timestamp) -> bool {
        let open = self.status == InvoiceStatus::Open;
        if open {
            self.status = InvoiceStatus::Void;
            self.voided_at = Some(now);
            self.next_payment_attempt = None;
        }
        open
    }

    /// Whether collecting it failed for good: open, and no further attempt will be made by itself.
    pub fn refused(&self) -> bool {
        self.status == InvoiceStatus::Open
            && self.collection_method == CollectionMethod::ChargeAutomatically
            && self.next_payment_attempt.is_none()
    }
}

/// Subscription, reason and start of the period: what makes two invoices the same one.
pub(super) fn identity(
    subscription: Id<ids::Subscription>,
    reason: BillingReason,
    start: Timestamp,
) -> String {
    format!("{subscription}#{}#{start}", reason.as_str())
}

impl NewInvoice {
    /// See [`Invoice::identity`].
    pub fn identity(&self) -> String {
        identity(self.subscription_id, self.billing_reason, self.period.start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payments::{Card, Failure, NewPayment, Outcome};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn invoice(minor: i64) -> Invoice {
        let currency: Currency = "USD".parse().unwrap();
        let period = Period {
            start: at("2026-01-01T00:00:00Z"),
            end: at("2026-02-01T00:00:00Z"),
        };
        let amount = Money::new(minor, currency);
        let line = LineItem {
            description: "Pro".into(),
            quantity: 1,
            unit_amount: amount,
            amount,
            period,
        };
        let new = NewInvoice {
            customer_id: Id::new(1).unwrap(),
            subscription_id: Id::new(2).unwrap(),
            billing_reason: BillingReason::SubscriptionCycle,
            currency,
            lines: vec![line],
            period,
            collection_method: CollectionMethod::ChargeAutomatically,
            days_until_due: 0,
        };
        Invoice::finalize(
            Id::new(3).unwrap(),
            "INV-2026-000001".into(),
            new,
            period.start,
        )
        .unwrap()
    }

    fn payment(id: u64, minor: i64, outcome: Outcome) -> Payment {
        let card = Card {
            brand: "visa".into(),
            last4: "4242".into(),
            exp_month: 1,
            exp_year: 2030,
            fingerprint: String::new(),
            token: String::new(),
        };
        let new = NewPayment {
            amount: Money::new(minor, "USD".parse().unwrap()),
            customer_id: None,
            payment_method_id: None,
            card,
            invoice: None,
            description: None,
            fraud_protection: false,
            metadata: Metadata::new(),
        };
        let mut payment =
            Payment::begin(Id::new(id).unwrap(), new, "g", at("2026-01-01T00:00:00Z"));
        payment.resolve(outcome).unwrap();
        payment
    }

    #[test]
    fn a_payment_is_booked_once() {
        let mut invoice = invoice(9999);
        let payment = payment(
            7,
            9999,
            Outcome::Succeeded {
                reference: "ch".into(),
                risk_score: 1,
            },
        );
        assert!(invoice.book(&payment, at("2026-01-01T00:00:00Z")).unwrap());
        assert!(!invoice.book(&payment, at("2026-01-01T00:00:00Z")).unwrap());
        assert_eq!(invoice.status, InvoiceStatus::Paid);
        assert_eq!(invoice.amount_paid.minor(), 9999);
        assert!(invoice.amount_remaining().unwrap().is_zero());
    }

    #[test]
    fn a_faulty_gateway_is_asked_again_later_and_later_and_then_no_more() {
        let mut invoice = invoice(9999);
        let mut waits = Vec::new();
        let mut now = at("2026-01-01T00:00:00Z");
        for n in 0..9 {
            let failure = Failure {
                code: "processing_error".into(),
                message: String::new(),
                fault: true,
            };
            invoice
                .book(&payment(10 + n, 9999, Outcome::Failed(failure)), now)
                .unwrap();
            if let Some(next) = invoice.next_payment_attempt {
                waits.push(next.seconds() - now.seconds());
                now = next;
            }
        }
        // The vector of section 17: 300 s doubled, eight tries, 21 h 15 min in all.
        assert_eq!(waits, [300, 600, 1200, 2400, 4800, 9600, 19_200, 38_400]);
        assert_eq!(waits.iter().sum::<i64>(), 21 * 3600 + 15 * 60);
        assert!(invoice.refused());
    }

    #[test]
    fn an_invoice_of_nothing_is_paid() {
        assert_eq!(invoice(0).status, InvoiceStatus::Paid);
    }
}
