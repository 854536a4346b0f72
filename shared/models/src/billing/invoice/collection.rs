//! Collecting an invoice: attempts, their outcomes, and when the next one is made.

use super::{Invoice, InvoiceStatus, Refused};
use crate::billing::{Advice, BillingReason, CollectionMethod, advice, fault_wait};
use crate::error::Result;
use crate::ids::{self, Id};
use crate::money::Money;
use crate::payments::{Payment, PaymentStatus};
use crate::time::Timestamp;

/// How the booking of a payment changed an invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Booked {
    /// Whether it changed at all: an outcome is booked once, however often it is told.
    pub changed: bool,
    /// What was paid beyond what was owed: the customer's.
    pub overpaid: Money,
}

/// How long until a payment under way is asked about again: minutes at first, days in the end (Kill Bill's numbers).
fn poll_wait(payment: &Payment, now: Timestamp) -> i64 {
    match now.seconds().saturating_sub(payment.created.seconds()) {
        ..3_600 => 300,
        3_600..86_400 => 3_600,
        _ => 86_400,
    }
}

impl Invoice {
    /// The identity of the next attempt to collect it; also what the payment's id is derived from.
    pub fn attempt_identity(&self) -> String {
        format!("{}#{}", self.id, self.attempt_count.saturating_add(1))
    }

    /// Books the outcome of an attempt. Booked once however often it is told.
    ///
    /// `retry_days` is the business's schedule: a refusal moves to its next step, unless the invoice is the first of its
    /// subscription, which has 23 hours and no schedule. A fault of the gateway has a schedule of its own.
    pub fn book(
        &mut self,
        payment: &Payment,
        retry_days: &[u32],
        now: Timestamp,
    ) -> Result<Booked> {
        let zero = Money::zero(self.currency);
        let mut booked = Booked {
            changed: false,
            overpaid: zero,
        };
        if self.payment_ids.contains(&payment.id) {
            return Ok(booked);
        }
        if payment.status == PaymentStatus::Processing {
            booked.changed = !self.processing;
            self.processing = true;
            self.next_payment_attempt = Some(now.plus_seconds(poll_wait(payment, now)));
            return Ok(booked);
        }
        booked.changed = true;
        self.payment_ids.push(payment.id);
        self.attempt_count = self.attempt_count.saturating_add(1);
        self.processing = false;
        self.next_payment_attempt = None;
        if payment.status == PaymentStatus::Succeeded {
            booked.overpaid = self.receive(payment.amount, now)?;
            self.payment_method = Some(payment.card.ending());
            self.faults = 0;
            self.refused = None;
            return Ok(booked);
        }
        let (code, message, fault) =
            payment
                .failure
                .as_ref()
                .map_or(("card_declined", "", false), |failure| {
                    (
                        failure.code.as_str(),
                        failure.message.as_str(),
                        failure.fault,
                    )
                });
        self.refused = Some(Refused {
            code: code.to_owned(),
            message: message.to_owned(),
            advice: advice(code, fault),
            method: payment.payment_method_id,
        });
        self.reschedule(retry_days, now);
        Ok(booked)
    }

    /// Takes money in, from a payment or from outside. Returns what is beyond what is owed.
    pub fn receive(&mut self, amount: Money, now: Timestamp) -> Result<Money> {
        let zero = Money::zero(self.currency);
        if !self.status.is_payable() {
            return Ok(amount);
        }
        let remaining = self.amount_remaining()?;
        let taken = Money::new(amount.minor().min(remaining.minor()).max(0), self.currency);
        self.amount_paid = self.amount_paid.plus(taken)?;
        self.settle(now)?;
        let over = amount.minus(taken)?;
        Ok(if over.minor() > 0 { over } else { zero })
    }

    /// The next attempt after a refusal, or the end of the schedule.
    fn reschedule(&mut self, retry_days: &[u32], now: Timestamp) {
        let advice = self
            .refused
            .as_ref()
            .map_or(Advice::RetryLater, |refused| refused.advice);
        if advice == Advice::GatewayFault
            && let Some(wait) = fault_wait(self.faults)
        {
            self.faults = self.faults.saturating_add(1);
            self.next_payment_attempt = Some(now.plus_seconds(wait));
            return;
        }
        self.faults = 0;
        if self.billing_reason == BillingReason::SubscriptionCreate {
            return;
        }
        let step = usize::try_from(self.retries).unwrap_or(usize::MAX);
        match retry_days
            .get(step)
            .filter(|_| advice != Advice::StopRecurring)
        {
            Some(days) => {
                self.retries = self.retries.saturating_add(1);
                self.next_payment_attempt = Some(now.plus_days(i64::from(*days)));
            }
            None => self.exhausted = true,
        }
    }

    /// Books that there was nothing to charge: the customer has no payment method, or the same one that cannot be charged.
    pub fn book_without_charge(&mut self, refused: Refused, retry_days: &[u32], now: Timestamp) {
        if self.refused.is_none() {
            self.attempt_count = self.attempt_count.saturating_add(1);
        }
        self.refused = Some(refused);
        self.next_payment_attempt = None;
        self.reschedule(retry_days, now);
    }

    /// Whether the refusal says that this payment method is not to be charged again.
    pub fn is_pointless_with(&self, method: Id<ids::PaymentMethod>) -> bool {
        self.refused.as_ref().is_some_and(|refused| {
            refused.method == Some(method)
                && matches!(
                    refused.advice,
                    Advice::RetryAfterInstrumentUpdate | Advice::DoNotRetry | Advice::StopRecurring
                )
        })
    }

    /// The moment of the next attempt: the same for whoever makes it, so that all derive the same payment from it. An invoice
    /// whose first attempt is made before it is written has no other moment than that of its id.
    pub fn attempt_at(&self) -> Timestamp {
        match self.attempt_count {
            0 => self.id.at(),
            _ => self.next_payment_attempt.unwrap_or(self.created),
        }
    }

    /// Whether collecting it failed for now: open, charged by us, and the newest attempt was refused for good or until the
    /// business's schedule tries again.
    pub fn is_refused(&self) -> bool {
        self.status == InvoiceStatus::Open
            && self.collection_method == CollectionMethod::ChargeAutomatically
            && !self.processing
            && self.faults == 0
            && self.refused.is_some()
    }
}
