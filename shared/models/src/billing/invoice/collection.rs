//! Collecting an invoice: attempts, their outcomes, and when the next one is made.
//!
//! # Determinations
//! - Of attempts at an invoice there is one at a time. It is written down, in the invoice and as a payment, before the gateway
//!   is asked; until its outcome is known nothing else is charged, voided or given up.
//! - A payment that somebody asked for pays, and heals, like any other; but the business's retry schedule takes no notice of
//!   it: where it is refused, no step is taken and no subscription falls behind by it, and where it pays a part, the schedule
//!   goes on with the rest when it would have.
//! - A refusal that forbids another charge of its card forbids it to the schedule alone: who asks for a payment has it tried.

use serde::{Deserialize, Serialize};

use super::payments::keep_newest;
use super::{Invoice, InvoiceStatus, Refused};
use crate::billing::{Advice, BillingReason, CollectionMethod, advice, fault_wait};
use crate::error::Result;
use crate::ids::{self, Id};
use crate::money::Money;
use crate::payments::{Payment, PaymentStatus};
use crate::time::Timestamp;

/// How long an attempt that was begun may take before somebody asks about it: more than the time-out of a function.
pub(super) const BEGUN_SECONDS: i64 = 120;
/// Payment methods that refusals forbid to charge, of which an invoice keeps the newest: so many cards a customer has hardly.
const MAX_BARRED: usize = 20;
/// How long the gateway has to find out what became of an attempt before it is asked again.
const PENDING_SECONDS: i64 = 300;

/// An attempt whose outcome is not booked yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// Its payment.
    pub payment_id: Id<ids::Payment>,
    /// Whether somebody asked for it, rather than the schedule.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub manual: bool,
    /// When the schedule goes on, where it waits meanwhile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resumes: Option<Timestamp>,
}

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
    /// Says that an attempt is under way: its outcome is looked for by itself where whoever began it dies. Errors unless it
    /// can be paid, and while another attempt is under way.
    pub fn begin_attempt(
        &mut self,
        payment_id: Id<ids::Payment>,
        manual: bool,
        now: Timestamp,
    ) -> Result<()> {
        self.refuse_unpayable()?;
        self.processing = Some(Attempt {
            payment_id,
            manual,
            resumes: self.next_payment_attempt.filter(|_| manual),
        });
        self.next_payment_attempt = Some(now.plus_seconds(BEGUN_SECONDS));
        Ok(())
    }

    /// Says that its first attempt follows at once, and when it is made by itself where whoever says so dies.
    pub fn await_attempt(&mut self, now: Timestamp) {
        self.next_payment_attempt = Some(now.plus_seconds(BEGUN_SECONDS));
    }

    /// Errors unless money can come in at this moment.
    pub fn refuse_unpayable(&self) -> Result<()> {
        if !self.status.is_payable() {
            return Err(self.wrong_status("paid"));
        }
        self.refuse_while_processing()
    }

    /// Takes what it can from the customer's balance, which holds `credit`. Returns what it took. Errors unless it can be paid,
    /// and while an attempt is under way.
    pub fn take_balance(&mut self, credit: Money, now: Timestamp) -> Result<Money> {
        self.refuse_unpayable()?;
        let zero = Money::zero(self.currency);
        let taken = self.amount_remaining()?.minor().min(credit.minor()).max(0);
        let taken = Money::new(taken, self.currency);
        if taken.is_zero() {
            return Ok(zero);
        }
        self.balance_applied = Some(self.balance_applied.unwrap_or(zero).plus(taken)?);
        self.settle(now)?;
        if self.status == InvoiceStatus::Paid {
            self.refused = None;
        }
        Ok(taken)
    }

    /// Nothing is collected by itself any more: what it was for has ended. It can still be paid. Returns whether that changed
    /// anything; an attempt that is under way goes on.
    pub fn stop_collection(&mut self) -> bool {
        let stops = self.status == InvoiceStatus::Open
            && self.processing.is_none()
            && self.next_payment_attempt.is_some();
        if stops {
            self.next_payment_attempt = None;
        }
        stops
    }

    /// Takes in money that was received elsewhere; all that remains where no amount is given. Returns what is beyond what is
    /// owed. Errors unless it can be paid, and while an attempt is under way.
    pub fn receive_out_of_band(&mut self, amount: Option<Money>, now: Timestamp) -> Result<Money> {
        self.refuse_unpayable()?;
        let amount = amount.map_or_else(|| self.amount_remaining(), Ok)?;
        let before = self.amount_paid;
        let over = self.receive(amount, now)?;
        let zero = Money::zero(self.currency);
        let taken = self.amount_paid.minus(before)?;
        self.out_of_band = Some(self.out_of_band.unwrap_or(zero).plus(taken)?);
        self.payment_method = Some("out_of_band".to_owned());
        if self.status == InvoiceStatus::Paid {
            self.refused = None;
        }
        Ok(over)
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
        if self.has_booked(payment) {
            return Ok(booked);
        }
        if payment.status == PaymentStatus::Processing {
            let next = Some(now.plus_seconds(poll_wait(payment, now)));
            booked.changed = self.processing.is_none() || self.next_payment_attempt != next;
            self.processing.get_or_insert(Attempt {
                payment_id: payment.id,
                manual: false,
                resumes: None,
            });
            self.next_payment_attempt = next;
            return Ok(booked);
        }
        booked.changed = true;
        let attempt = self.processing.take();
        let manual = attempt.is_some_and(|attempt| attempt.manual);
        self.next_payment_attempt = attempt.and_then(|attempt| attempt.resumes);
        self.note_payment(payment);
        self.attempt_count = self.attempt_count.saturating_add(1);
        if payment.status == PaymentStatus::Succeeded {
            booked.overpaid = self.receive(payment.amount, now)?;
            self.payment_method = Some(payment.card.ending());
            self.refused = None;
            self.barred
                .retain(|refused| refused.method != payment.payment_method_id);
            if !manual {
                self.faults = 0;
                self.collect_rest(now);
            }
            return Ok(booked);
        }
        self.refuse(payment);
        if !manual {
            self.reschedule(retry_days, now);
        }
        Ok(booked)
    }

    /// Where an attempt paid less than is owed by now, the rest is collected soon: the customer's balance was used elsewhere
    /// while a run that charged the card died before it wrote the invoice.
    fn collect_rest(&mut self, now: Timestamp) {
        let automatic = self.collection_method == CollectionMethod::ChargeAutomatically;
        if self.status == InvoiceStatus::Open && automatic {
            self.next_payment_attempt = Some(now.plus_seconds(PENDING_SECONDS));
        }
    }

    /// Notes why a payment failed, and whether its card is not to be charged again.
    fn refuse(&mut self, payment: &Payment) {
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
        let refused = Refused {
            code: code.to_owned(),
            message: message.to_owned(),
            advice: advice(code, fault),
            method: payment.payment_method_id,
        };
        self.barred.retain(|other| other.method != refused.method);
        if matches!(
            refused.advice,
            Advice::RetryAfterInstrumentUpdate | Advice::DoNotRetry | Advice::StopRecurring
        ) {
            self.barred.push(refused.clone());
            keep_newest(&mut self.barred, MAX_BARRED);
        }
        self.refused = Some(refused);
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

    /// The refusal that says that this payment method is not to be charged again.
    pub fn barring(&self, method: Id<ids::PaymentMethod>) -> Option<&Refused> {
        self.barred
            .iter()
            .find(|refused| refused.method == Some(method))
    }

    /// When it is charged by itself.
    pub fn next_charge(&self) -> Option<Timestamp> {
        match self.status {
            InvoiceStatus::Open if self.processing.is_none() => self.next_payment_attempt,
            InvoiceStatus::Draft
            | InvoiceStatus::Open
            | InvoiceStatus::Paid
            | InvoiceStatus::Void
            | InvoiceStatus::Uncollectible => None,
        }
    }

    /// Whether collecting it failed for now: open, charged by us, and the newest attempt was refused for good or until the
    /// business's schedule tries again.
    pub fn is_refused(&self) -> bool {
        self.status == InvoiceStatus::Open
            && self.collection_method == CollectionMethod::ChargeAutomatically
            && self.processing.is_none()
            && self.faults == 0
            && self.refused.is_some()
    }
}
