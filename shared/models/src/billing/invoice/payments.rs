//! The payments of an invoice: all that came in, and the newest that failed. A customer may try cards without end, and what an
//! invoice keeps of that has one.
//!
//! # Determinations
//! - Each payment has the number of its attempt, and one is made at a time: whose number has been counted is booked.
//! - Earlier ones that failed are found among the payments of the customer.

use super::Invoice;
use crate::error::{Error, Result};
use crate::ids::{self, Id};
use crate::money::Money;
use crate::payments::{Payment, PaymentStatus};
use crate::time::Timestamp;

/// Payments that come in for one invoice: the last one pays all that is left.
pub const MAX_PAYMENTS: usize = 1000;
/// Payments that failed of which an invoice keeps the newest.
pub const MAX_FAILED_PAYMENTS: usize = 20;

/// Drops the oldest of what there is too much of.
pub(super) fn keep_newest<T>(list: &mut Vec<T>, most: usize) {
    list.drain(..list.len().saturating_sub(most));
}

impl Invoice {
    /// Whether the outcome of a payment is booked.
    pub(super) fn has_booked(&self, payment: &Payment) -> bool {
        payment
            .attempt
            .is_some_and(|number| number <= self.attempt_count)
    }

    /// Notes a payment whose outcome is known.
    pub(super) fn note_payment(&mut self, payment: &Payment) {
        if payment.status == PaymentStatus::Succeeded {
            self.payment_ids.push(payment.id);
        } else {
            self.failed_payment_ids.push(payment.id);
            keep_newest(&mut self.failed_payment_ids, MAX_FAILED_PAYMENTS);
        }
    }

    /// The payments that it knows of, in order.
    pub fn attempts(&self) -> Vec<Id<ids::Payment>> {
        let known = self.payment_ids.iter().chain(&self.failed_payment_ids);
        let mut known: Vec<_> = known.copied().collect();
        known.sort();
        known
    }

    /// A 409 where a payment of `amount` would leave something to pay, and no other one may follow.
    pub fn refuse_part(&self, amount: Money) -> Result<()> {
        let last = self.payment_ids.len().saturating_add(1) >= MAX_PAYMENTS;
        let remaining = self.amount_remaining()?;
        if !last || amount.minor() >= remaining.minor() {
            return Ok(());
        }
        let detail = format!(
            "invoice {} has been paid in {} parts: the next payment must be all that remains, {}",
            self.id,
            self.payment_ids.len(),
            remaining.minor()
        );
        Err(Error::conflict("too_many_payments", detail))
    }

    /// Until when no more cards are tried where `most` payments failed within 24 hours. Of more than [`MAX_FAILED_PAYMENTS`] it
    /// does not know.
    pub fn refused_until(&self, most: usize, now: Timestamp) -> Option<Timestamp> {
        let first = self.failed_payment_ids.len().checked_sub(most)?;
        let failed = self.failed_payment_ids.get(first)?;
        let until = failed.at().whole_second().plus_days(1);
        (until > now).then_some(until)
    }
}
