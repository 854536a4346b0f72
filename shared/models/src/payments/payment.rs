//! A payment: one attempt to move money. It is written down before the gateway is asked and again with the answer.

use serde::{Deserialize, Serialize};

use crate::choices;
use crate::error::{Error, Result};
use crate::ids::{self, Id};
use crate::metadata::Metadata;
use crate::money::Money;
use crate::payments::{Card, Lease};
use crate::time::{Date, Timestamp};

choices! {
    /// Where an attempt stands.
    pub enum PaymentStatus {
        /// Recorded; the gateway's answer is not known yet.
        Processing = "processing",
        /// The money moved.
        Succeeded = "succeeded",
        /// It did not, and this attempt never will.
        Failed = "failed",
    }
}

/// Why an attempt failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The gateway's code: `card_declined`, `insufficient_funds`, `processing_error`, …
    pub code: String,
    /// A sentence for a person.
    pub message: String,
    /// Whether the gateway was at fault rather than the card: such an attempt is worth repeating soon.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub fault: bool,
}

impl Failure {
    /// The error that tells a caller of it. `payment` is the one that records the attempt, where one does.
    pub fn into_error(self, payment: Option<Id<ids::Payment>>) -> Error {
        Error::Declined {
            code: self.code,
            message: self.message,
            payment: payment.map(|id| id.to_string()),
        }
    }
}

/// When and how much of the money arrives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settlement {
    /// Two calendar days after the payment, as the v3 document's example has it.
    pub expected_date: Date,
    /// The gateway's fee.
    pub fees: Money,
}

/// What the gateway answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The money moved.
    Succeeded {
        /// The gateway's own name for the charge.
        reference: String,
        /// 0 (harmless) to 99.
        risk_score: u8,
    },
    /// It did not.
    Failed(Failure),
    /// Nobody knows yet: ask again, with the same key.
    Pending,
}

/// What is needed to begin an attempt.
#[derive(Debug, Clone)]
pub struct NewPayment {
    /// How much.
    pub amount: Money,
    /// From whom, where known.
    pub customer_id: Option<Id<ids::Customer>>,
    /// The stored payment method, where one is used.
    pub payment_method_id: Option<Id<ids::PaymentMethod>>,
    /// The card.
    pub card: Card,
    /// The invoice that this pays, and the number of the attempt.
    pub invoice: Option<(Id<ids::Invoice>, u32)>,
    /// Free text.
    pub description: Option<String>,
    /// Whether the gateway weighs the risk.
    pub fraud_protection: bool,
    /// The caller's.
    pub metadata: Metadata,
}

/// One attempt to move money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// Its id, which is also the idempotency key that the gateway gets.
    pub id: Id<ids::Payment>,
    /// Where it stands.
    pub status: PaymentStatus,
    /// How much.
    pub amount: Money,
    /// How much of it was given back or is on its way back.
    pub amount_refunded: Money,
    /// From whom.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<Id<ids::Customer>>,
    /// The stored payment method.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment_method_id: Option<Id<ids::PaymentMethod>>,
    /// The card as it was at that moment.
    pub card: Card,
    /// The invoice that this pays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invoice_id: Option<Id<ids::Invoice>>,
    /// The number of the attempt on that invoice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
    /// Free text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Which gateway.
    pub gateway: String,
    /// The gateway's own name for the charge.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// 0 to 99, where it was weighed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub risk_score: Option<u8>,
    /// Whether the caller asked for the risk to be weighed.
    #[serde(default)]
    pub fraud_protection: bool,
    /// When the money arrives.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settlement: Option<Settlement>,
    /// The caller's.
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
    /// Who asks the gateway about it; absent where nobody did yet, and where its answer is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease: Option<Lease>,
    /// When it was begun.
    pub created: Timestamp,
}

/// The gateway's price: 2.9 % and no fixed part, as in the v3 document (145 on 5000).
const FEE_BASIS_POINTS: u32 = 290;
/// Calendar days until the money arrives (27 Jun → 29 Jun in the v3 document).
const SETTLEMENT_DAYS: i32 = 2;

impl Payment {
    /// An attempt whose outcome is not known yet.
    pub fn begin(id: Id<ids::Payment>, new: NewPayment, gateway: &str, now: Timestamp) -> Self {
        Self {
            id,
            status: PaymentStatus::Processing,
            amount: new.amount,
            amount_refunded: Money::zero(new.amount.currency()),
            customer_id: new.customer_id,
            payment_method_id: new.payment_method_id,
            card: new.card,
            invoice_id: new.invoice.map(|(id, _)| id),
            attempt: new.invoice.map(|(_, attempt)| attempt),
            description: new.description,
            gateway: gateway.to_owned(),
            reference: None,
            failure: None,
            risk_score: None,
            fraud_protection: new.fraud_protection,
            settlement: None,
            metadata: new.metadata,
            lease: None,
            created: now,
        }
    }

    /// The same whose gateway is asked at once by whoever writes it.
    #[must_use]
    pub fn leased(self, wall: Timestamp) -> Self {
        Self {
            lease: Some(Lease::first(wall)),
            ..self
        }
    }

    /// Records the gateway's answer. Only the first answer counts; `false` says that there was one already.
    pub fn resolve(&mut self, outcome: Outcome) -> Result<bool> {
        if self.status != PaymentStatus::Processing {
            return Ok(false);
        }
        match outcome {
            Outcome::Succeeded {
                reference,
                risk_score,
            } => {
                self.status = PaymentStatus::Succeeded;
                self.reference = Some(reference);
                self.risk_score = Some(risk_score);
                self.settlement = Some(Settlement {
                    expected_date: self.created.date()?.plus_days(SETTLEMENT_DAYS)?,
                    fees: self.amount.basis_points(FEE_BASIS_POINTS)?,
                });
            }
            Outcome::Failed(failure) => {
                self.status = PaymentStatus::Failed;
                self.failure = Some(failure);
            }
            Outcome::Pending => return Ok(false),
        }
        self.lease = None;
        Ok(true)
    }

    /// What can still be given back.
    pub fn refundable(&self) -> Result<Money> {
        self.amount.minus(self.amount_refunded)
    }

    /// Sets money aside to be given back. Errors unless the payment succeeded and that much is left.
    pub fn reserve_refund(&mut self, amount: Money) -> Result<()> {
        if self.status != PaymentStatus::Succeeded {
            let detail = format!(
                "payment {} is {}, so nothing can be refunded",
                self.id,
                self.status.as_str()
            );
            return Err(Error::conflict("payment_not_succeeded", detail));
        }
        let left = self.refundable()?;
        if amount.minor() > left.minor() {
            let detail = format!(
                "the refund of {} is more than the {} left of the payment",
                amount.minor(),
                left.minor()
            );
            return Err(Error::invalid("/amount", "exceeds_refundable", detail));
        }
        self.amount_refunded = self.amount_refunded.plus(amount)?;
        Ok(())
    }

    /// Gives money set aside for a refund back to the payment: the gateway refused the refund.
    pub fn release_refund(&mut self, amount: Money) -> Result<()> {
        self.amount_refunded = self.amount_refunded.minus(amount)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payment() -> Payment {
        let card = Card {
            brand: "visa".into(),
            last4: "4242".into(),
            exp_month: 12,
            exp_year: 2027,
            fingerprint: "fp".into(),
            token: "tok".into(),
        };
        let new = NewPayment {
            amount: Money::new(5000, "USD".parse().unwrap()),
            customer_id: None,
            payment_method_id: None,
            card,
            invoice: None,
            description: None,
            fraud_protection: true,
            metadata: Metadata::new(),
        };
        Payment::begin(
            Id::new(1).unwrap(),
            new,
            "primary_gateway",
            "2025-06-27T10:30:00Z".parse().unwrap(),
        )
    }

    fn success() -> Outcome {
        Outcome::Succeeded {
            reference: "ch_1".into(),
            risk_score: 32,
        }
    }

    #[test]
    fn settles_as_the_document_prints() {
        let mut payment = payment();
        assert!(payment.resolve(success()).unwrap());
        let settlement = payment.settlement.unwrap();
        assert_eq!(settlement.expected_date.to_string(), "2025-06-29");
        assert_eq!(settlement.fees.minor(), 145);
    }

    #[test]
    fn only_the_first_answer_counts() {
        let mut payment = payment();
        payment.resolve(success()).unwrap();
        let failure = Failure {
            code: "card_declined".into(),
            message: String::new(),
            fault: false,
        };
        assert!(!payment.resolve(Outcome::Failed(failure)).unwrap());
        assert_eq!(payment.status, PaymentStatus::Succeeded);
    }

    #[test]
    fn never_gives_back_more_than_it_took() {
        let mut payment = payment();
        let usd = |minor| Money::new(minor, "USD".parse().unwrap());
        assert!(payment.reserve_refund(usd(1)).is_err());
        payment.resolve(success()).unwrap();
        payment.reserve_refund(usd(3000)).unwrap();
        assert!(payment.reserve_refund(usd(2001)).is_err());
        payment.reserve_refund(usd(2000)).unwrap();
        assert!(payment.refundable().unwrap().is_zero());
        payment.release_refund(usd(2000)).unwrap();
        assert_eq!(payment.refundable().unwrap(), usd(2000));
    }
}
