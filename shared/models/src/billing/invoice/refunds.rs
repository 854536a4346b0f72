//! What was given back of an invoice: one account for refunds of its payments and for credit notes.
//!
//! # Determinations
//! - What was paid, by card, elsewhere or by the customer's balance, is given back once: as a refund, by a credit note, or by a
//!   later invoice for time that was not used.
//! - A credit note says how much of it goes back as refunds. Where the gateway refuses one of these, the note still stands for it,
//!   and a later refund of the payment is that one.

use serde::{Deserialize, Serialize};

use super::Invoice;
use super::collection::BEGUN_SECONDS;
use crate::error::{Error, Result};
use crate::ids::{self, Id};
use crate::money::Money;
use crate::time::Timestamp;

/// Refunds of a credit note that are not set aside on their payments yet: until they are, nothing else gives these back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refunding {
    /// The note, which names its refunds.
    pub credit_note_id: Id<ids::CreditNote>,
    /// How many of them are set aside, in the note's order.
    pub set_aside: usize,
    /// When the first were.
    pub since: Timestamp,
}

impl Refunding {
    /// When somebody else goes on with it.
    pub(super) fn due(self) -> Timestamp {
        self.since.plus_seconds(BEGUN_SECONDS)
    }
}

impl Invoice {
    /// A 409 while a credit note sets its refunds aside.
    pub(super) fn refuse_while_refunding(&self) -> Result<()> {
        let Some(refunding) = self.refunding else {
            return Ok(());
        };
        let detail = format!(
            "credit note {} is refunding the payments of invoice {}; retry in a moment",
            refunding.credit_note_id, self.id
        );
        Err(Error::conflict("refund_processing", detail))
    }

    /// Says that so many of a note's refunds are set aside by now, of so many in all.
    pub fn set_refunds_aside(
        &mut self,
        note: Id<ids::CreditNote>,
        (set_aside, all): (usize, usize),
        now: Timestamp,
    ) {
        let since = self.refunding.map_or(now, |refunding| refunding.since);
        let refunding = Refunding {
            credit_note_id: note,
            set_aside,
            since,
        };
        self.refunding = (set_aside < all).then_some(refunding);
    }

    /// What went back to cards, or is on its way.
    pub fn amount_refunded(&self) -> Money {
        self.refunded.unwrap_or_else(|| Money::zero(self.currency))
    }

    /// What credit notes gave back of what had been paid, but for refunds; and the refunds that they promised.
    fn noted(&self) -> Result<(Money, Money)> {
        let zero = Money::zero(self.currency);
        let Some(credited) = &self.credited else {
            return Ok((zero, zero));
        };
        let promised = credited.refunds.unwrap_or(zero);
        let after_payment = credited.total.minus(credited.before_payment)?;
        Ok((after_payment.minus(promised)?, promised))
    }

    /// What was paid, also by the customer's balance.
    fn paid_in(&self) -> Result<Money> {
        let zero = Money::zero(self.currency);
        let applied = self.balance_applied.unwrap_or(zero);
        self.amount_paid
            .plus(if applied.minor() > 0 { applied } else { zero })
    }

    /// What was paid and is not given back by a later invoice for time that was not used.
    fn kept(&self) -> Result<Money> {
        let zero = Money::zero(self.currency);
        let unused = self.credited.as_ref().and_then(|credited| credited.unused);
        self.paid_in()?.minus(unused.unwrap_or(zero))
    }

    /// What a payment of it can still be refunded of what was paid.
    pub fn refundable(&self) -> Result<Money> {
        let (elsewhere, _) = self.noted()?;
        self.kept()?.minus(elsewhere)?.minus(self.amount_refunded())
    }

    /// What a credit note can still give back of what was paid.
    pub fn notable(&self) -> Result<Money> {
        let (elsewhere, promised) = self.noted()?;
        let refunded = self.amount_refunded().minor().max(promised.minor());
        let refunded = Money::new(refunded, self.currency);
        let left = self.kept()?.minus(elsewhere)?.minus(refunded)?;
        Ok(Money::new(left.minor().max(0), self.currency))
    }

    /// What was refunded and no credit note stands for.
    pub(super) fn refunded_without_note(&self) -> Result<Money> {
        let (_, promised) = self.noted()?;
        let beyond = self.amount_refunded().minus(promised)?;
        Ok(Money::new(beyond.minor().max(0), self.currency))
    }

    /// A refund of one of its payments is set aside. Errors with a 409 that names what is left.
    pub fn reserve_refund(&mut self, amount: Money) -> Result<()> {
        self.refuse_while_refunding()?;
        let left = self.refundable()?;
        if amount.minor() > left.minor() {
            let detail = format!(
                "the refund of {} is more than the {} that are left of what was paid for invoice {}: credit notes and refunds gave \
                 the rest back",
                amount.minor(),
                left.minor().max(0),
                self.id
            );
            return Err(Error::conflict("exceeds_refundable", detail));
        }
        self.add_refund(amount)
    }

    /// A refund is set aside that a credit note has been issued for.
    pub(super) fn add_refund(&mut self, amount: Money) -> Result<()> {
        let refunded = self.amount_refunded().plus(amount)?;
        self.refunded = Some(refunded).filter(|refunded| !refunded.is_zero());
        Ok(())
    }

    /// The gateway refused a refund: it did not go back.
    pub fn release_refund(&mut self, amount: Money) -> Result<()> {
        let refunded = self.amount_refunded().minus(amount)?;
        self.refunded = Some(refunded).filter(|refunded| !refunded.is_zero());
        Ok(())
    }
}
