//! What a subscription waits for, and what it asks for when that has come.

use serde::{Deserialize, Serialize};

use super::{PaymentBehavior, Subscription, SubscriptionStatus};
use crate::billing::subscription::INCOMPLETE_SECONDS;
use crate::billing::{BillingReason, NewInvoice};
use crate::error::Result;
use crate::ids::{self, Id};
use crate::time::{Period, Timestamp};

/// A bill that nobody finished (the process died) is taken up again after two minutes.
const BEGUN_SECONDS: i64 = 120;
/// The end of a trial is announced three days ahead, as in Stripe.
const ANNOUNCE_SECONDS: i64 = 3 * 86_400;
/// Periods that the first invoice of a backdated subscription covers at the most.
pub const MAX_BACK_PERIODS: u32 = 120;

/// What has to be billed now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bill {
    /// Why.
    pub reason: BillingReason,
    /// The invoice's period, whose start is part of its identity.
    pub period: Period,
    /// The periods that are charged in advance.
    pub base: Vec<Period>,
    /// The period whose usage is charged.
    pub closes: Option<Period>,
    /// The period that the subscription moves to, and its number counted from the anchor.
    pub moves_to: Option<Step>,
    /// The number of the change that it bills, from 1; 0 for a period.
    pub revision: u32,
    /// Whether a trial ends with it.
    pub ends_trial: bool,
    /// Whether the subscription ends with it.
    pub ends: bool,
}

/// The period that a subscription moves to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Its number counted from the anchor.
    pub index: u32,
    /// From when to when.
    pub period: Period,
}

/// What a subscription wants at a moment that it was waiting for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DueAction {
    /// Nothing: the moment has not come, or somebody else has been here.
    Nothing,
    /// Something is to be billed.
    Bill(Box<Bill>),
    /// Its trial ends soon.
    AnnounceTrial,
    /// It starts, or its pause ends.
    Resume,
    /// It ends, and nothing is left to be billed.
    Cancel,
    /// The first payment never came.
    Expire,
    /// A change was not paid in time.
    DropUpdate,
    /// The rows of its schedule are to be brought to where it stands.
    Follow,
}

/// How a bill went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// The invoice, where there was anything to bill.
    pub invoice: Option<Id<ids::Invoice>>,
    /// Whether it is paid, or there was nothing to pay.
    pub paid: bool,
    /// Whether its payment was refused.
    pub refused: bool,
}

impl Subscription {
    /// When something must happen next, if ever.
    pub fn due(&self) -> Option<Timestamp> {
        if self.deleted.is_some() {
            return None;
        }
        let expires = self.pending_update.as_ref().map(|update| update.expires_at);
        expires.into_iter().chain(self.next_turn()).min()
    }

    /// The same without a change that waits for its payment.
    fn next_turn(&self) -> Option<Timestamp> {
        if let Some(terms) = &self.schedule {
            // Its rows have their own moments: billing by period never comes to it.
            let paused = self.status == SubscriptionStatus::Paused;
            let moments = [terms.stale_since, self.resumes_at.filter(|_| paused)];
            return moments.into_iter().flatten().min();
        }
        if let Some(since) = self.bill_now {
            return Some(since.plus_seconds(BEGUN_SECONDS));
        }
        match self.status {
            SubscriptionStatus::Incomplete => Some(self.created.plus_seconds(INCOMPLETE_SECONDS)),
            SubscriptionStatus::Trialing => {
                let announced = self.announce_at().filter(|_| !self.trial_announced);
                Some(announced.map_or(self.period.end, |at| at.min(self.period.end)))
            }
            SubscriptionStatus::Active
            | SubscriptionStatus::PastDue
            | SubscriptionStatus::Unpaid => Some(self.period.end),
            SubscriptionStatus::Paused => {
                let settles = self.settles_at_period_end().then_some(self.period.end);
                settles.into_iter().chain(self.resumes_at).min()
            }
            SubscriptionStatus::IncompleteExpired | SubscriptionStatus::Canceled => None,
        }
    }

    fn announce_at(&self) -> Option<Timestamp> {
        let end = self.trial_end?;
        Some(end.plus_seconds(-ANNOUNCE_SECONDS).max(self.started))
    }

    /// What the moment `now` asks for.
    pub fn turn(&self, now: Timestamp) -> Result<DueAction> {
        if self.due().is_none_or(|due| due > now) {
            return Ok(DueAction::Nothing);
        }
        if self
            .pending_update
            .as_ref()
            .is_some_and(|update| update.expires_at <= now)
        {
            return Ok(DueAction::DropUpdate);
        }
        if let Some(terms) = &self.schedule {
            return Ok(match terms.stale_since {
                Some(_) => DueAction::Follow,
                None => DueAction::Resume,
            });
        }
        if let Some(bill) = self.owed()? {
            return Ok(DueAction::Bill(Box::new(bill)));
        }
        match self.status {
            SubscriptionStatus::Incomplete => Ok(DueAction::Expire),
            SubscriptionStatus::Paused => {
                let resumes = self.resumes_at.filter(|at| *at <= now);
                let first = resumes.is_none_or(|at| self.period.end <= at);
                if first && self.settles_at_period_end() {
                    self.period_ended()
                } else {
                    Ok(DueAction::Resume)
                }
            }
            SubscriptionStatus::Trialing if self.period.end > now => Ok(DueAction::AnnounceTrial),
            SubscriptionStatus::Trialing
            | SubscriptionStatus::Active
            | SubscriptionStatus::PastDue
            | SubscriptionStatus::Unpaid => self.period_ended(),
            SubscriptionStatus::IncompleteExpired | SubscriptionStatus::Canceled => {
                Ok(DueAction::Nothing)
            }
        }
    }

    fn period_ended(&self) -> Result<DueAction> {
        Ok(match self.upcoming()? {
            Some(bill) => DueAction::Bill(Box::new(bill)),
            None => DueAction::Cancel,
        })
    }

    /// The bill at the end of the running period; `None` where it ends then and nothing is left to be billed.
    pub fn upcoming(&self) -> Result<Option<Bill>> {
        let cycle = self.cycle()?;
        if !self.cancel_at_period_end && self.paused.is_none() {
            return Ok(Some(cycle));
        }
        let used = self.is_metered() && self.meters().next().is_some();
        let changes = self.scheduled.is_some() && !self.cancel_at_period_end;
        if self.pending_lines.is_empty() && !used && !changes {
            return Ok(None);
        }
        Ok(Some(Bill {
            base: Vec::new(),
            moves_to: None,
            ends_trial: false,
            ends: self.cancel_at_period_end,
            ..cycle
        }))
    }

    /// The bill of the period that follows the running one.
    pub fn cycle(&self) -> Result<Bill> {
        let next = self.with_scheduled()?;
        // A trial and the time before a chosen anchor end at the anchor, from which periods are counted.
        let index = if next.period.end <= next.anchor {
            0
        } else {
            next.period_index.saturating_add(1)
        };
        let period = Period {
            start: next.period_start(index)?,
            end: next.period_start(index.saturating_add(1))?,
        };
        let trial = self.standing() == SubscriptionStatus::Trialing;
        Ok(Bill {
            reason: BillingReason::SubscriptionCycle,
            period,
            base: vec![period],
            closes: Some(self.period).filter(|_| !trial),
            moves_to: Some(Step { index, period }),
            revision: 0,
            ends_trial: trial,
            ends: false,
        })
    }

    /// What is to be billed at once: the first period, or a change.
    pub fn owed(&self) -> Result<Option<Bill>> {
        let Some(now) = self.bill_now else {
            return Ok(None);
        };
        let first = self.latest_invoice.is_none() && self.revision == 0;
        let mut bill = Bill {
            reason: if first {
                BillingReason::SubscriptionCreate
            } else {
                BillingReason::SubscriptionUpdate
            },
            period: self.period,
            base: Vec::new(),
            closes: None,
            moves_to: None,
            revision: self.revision,
            ends_trial: false,
            ends: false,
        };
        // The time before a chosen anchor was put on the pending lines when the subscription was made.
        let stub = self.period.end <= self.anchor && self.anchor > now;
        if first && !stub {
            let mut index = 0;
            loop {
                let period = Period {
                    start: self.period_start(index)?,
                    end: self.period_start(index.saturating_add(1))?,
                };
                bill.base.push(period);
                bill.moves_to = Some(Step { index, period });
                bill.period.end = period.end;
                if period.end > now || index >= MAX_BACK_PERIODS {
                    break;
                }
                index = index.saturating_add(1);
            }
        }
        Ok(Some(bill))
    }

    /// The subscription as it is from the end of the running period on: a change that waited for it has taken place.
    pub(super) fn with_scheduled(&self) -> Result<Self> {
        let mut next = self.clone();
        if let Some(change) = next.scheduled.take() {
            let same = change.keeps_cycle(self)?;
            if let Some(items) = change.items {
                next.items = items;
            }
            if !same {
                next.anchor = self.period.end;
                next.period_index = 0;
            }
        }
        Ok(next)
    }

    /// Moves on after a bill.
    ///
    /// A renewal heals nothing by itself: what was past due stays so until an invoice is paid.
    pub fn billed(
        &mut self,
        bill: &Bill,
        outcome: Outcome,
        invoice: Option<&NewInvoice>,
    ) -> Result<()> {
        if let Some(step) = bill.moves_to {
            if bill.reason == BillingReason::SubscriptionCycle {
                *self = self.with_scheduled()?;
            }
            self.period = step.period;
            self.period_index = step.index;
            self.prorated_until = None;
        }
        self.keep_charged(bill, outcome, invoice);
        if let (Some(discount), Some(_)) = (
            &mut self.discount,
            invoice.and_then(|new| new.discount.as_ref()),
        ) {
            discount.used = true;
        }
        self.discount = self
            .discount
            .take()
            .filter(|discount| discount.applies(bill.period.start));
        self.pending_lines.clear();
        self.bill_now = None;
        self.next_invoice = None;
        self.tells = None;
        self.payment_behavior = PaymentBehavior::default();
        self.before_update = None;
        if let Some(invoice) = outcome.invoice {
            self.take_in(invoice);
        }
        self.stand(match (self.standing(), outcome.refused) {
            (SubscriptionStatus::Trialing | SubscriptionStatus::Active, true) => {
                SubscriptionStatus::PastDue
            }
            (SubscriptionStatus::Trialing, false) => SubscriptionStatus::Active,
            (status, _) => status,
        });
        if outcome.paid && outcome.invoice.is_some() {
            self.paid();
        }
        if outcome.paid && self.status == SubscriptionStatus::Incomplete {
            self.status = SubscriptionStatus::Active;
        }
        if bill.closes.is_some() && self.paused.is_some() {
            self.settle_pause()?;
        }
        if bill.ends {
            self.end(self.period.end);
        }
        if self.status.is_over() {
            self.final_invoice = outcome.invoice;
        }
        Ok(())
    }
}
