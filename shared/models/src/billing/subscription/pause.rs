//! A pause of the service: what is owed stays owed, the period ends when it ends, and what was before comes back.

use serde::{Deserialize, Serialize};

use super::{AnchorChange, Change, Proration, ProrationBehavior, Subscription, SubscriptionStatus};
use crate::billing::Closing;
use crate::error::{Error, Result};
use crate::event::EventType;
use crate::time::{Period, Timestamp};

/// A pause of the service of a subscription that had begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// The state that comes back after it, which payments and refusals move meanwhile.
    pub from: SubscriptionStatus,
    /// Whether the period that it began in has ended, and what was owed for that is billed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub settled: bool,
}

/// How a pause ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resumption {
    /// Whether a new period begins in any case, or only where the one that was running has ended.
    pub anchor: AnchorChange,
    /// What becomes of the rest of the period that was running, where a new one begins.
    pub proration: ProrationBehavior,
}

impl Subscription {
    /// Where it stands but for a pause of the service.
    pub fn standing(&self) -> SubscriptionStatus {
        self.paused.map_or(self.status, |pause| pause.from)
    }

    /// A payment, or none, changes where it stands; a pause goes on.
    pub(super) const fn stand(&mut self, status: SubscriptionStatus) {
        match &mut self.paused {
            Some(pause) => pause.from = status,
            None => self.status = status,
        }
    }

    /// Whether its meters run: it has begun, and is not on trial.
    pub(super) fn is_metered(&self) -> bool {
        matches!(
            self.standing(),
            SubscriptionStatus::Active | SubscriptionStatus::PastDue | SubscriptionStatus::Unpaid
        )
    }

    /// Whether what was charged in advance is for a period that still runs at `now`.
    pub(super) fn is_charged(&self, now: Timestamp) -> bool {
        let over = self
            .paused
            .is_some_and(|pause| pause.settled || now >= self.period.end);
        self.is_metered() && !over
    }

    /// Whether the end of the period is to be billed, to change it or to end it, though the service is paused.
    pub fn settles_at_period_end(&self) -> bool {
        let changes = self.is_metered() && self.scheduled.is_some();
        let waits = self.cancel_at_period_end || changes || self.owes_at_period_end();
        self.paused.is_some_and(|pause| !pause.settled) && waits
    }

    /// When it ends by itself, where it was told to.
    pub fn ends_at(&self) -> Option<Timestamp> {
        let settled = self.paused.is_some_and(|pause| pause.settled);
        (self.cancel_at_period_end && !settled).then_some(self.period.end)
    }

    /// Whether the end of the period is to be billed without a new one.
    pub(super) fn owes_at_period_end(&self) -> bool {
        self.is_metered() && (!self.pending_lines.is_empty() || self.meters().next().is_some())
    }

    /// The period that a pause began in has ended: what was owed for it is billed, and what was to change then has changed.
    pub(super) fn settle_pause(&mut self) -> Result<()> {
        *self = self.with_scheduled()?;
        if let Some(pause) = &mut self.paused {
            pause.settled = true;
        }
        self.revision = self.revision.saturating_add(1);
        Ok(())
    }

    /// The time that its meters bill at `at`: since the running period began, or since the one that a pause began in ended.
    pub fn metered_until(&self, at: Timestamp) -> Period {
        let start = match self.paused {
            Some(pause) if pause.settled || at >= self.period.end => self.period.end,
            Some(_) | None => self.period.start,
        };
        Period {
            start,
            end: at.max(start),
        }
    }

    /// The bill that usage is closed for next.
    pub const fn closing(&self) -> Closing {
        Closing {
            period: self.period.start,
            revision: self.revision.saturating_add(1),
        }
    }

    /// Pauses the service: no new period until it is resumed. Errors unless it runs.
    pub fn pause(&mut self, resumes_at: Option<Timestamp>) -> Result<()> {
        self.refuse_while_pending()?;
        match self.status {
            SubscriptionStatus::Trialing
            | SubscriptionStatus::Active
            | SubscriptionStatus::PastDue
            | SubscriptionStatus::Unpaid => {
                self.paused = Some(Pause {
                    from: self.status,
                    settled: false,
                });
                self.status = SubscriptionStatus::Paused;
                self.resumes_at = resumes_at;
                Ok(())
            }
            SubscriptionStatus::Incomplete
            | SubscriptionStatus::IncompleteExpired
            | SubscriptionStatus::Paused
            | SubscriptionStatus::Canceled => Err(self.wrong_status("paused")),
        }
    }

    /// The metrics whose usage the end of a pause bills: all where a new period begins.
    pub fn meters_closed_by_resumption(
        &self,
        resumption: Resumption,
        now: Timestamp,
    ) -> Vec<String> {
        let goes_on = self.is_charged(now) && resumption.anchor == AnchorChange::Unchanged;
        if self.paused.is_none() || goes_on || !self.is_metered() {
            return Vec::new();
        }
        self.metrics()
    }

    /// Ends a pause, of collection or of the service. The service goes on in the period that is running, where `unchanged` says
    /// so and it has not ended; else a new period begins, as with a change that begins one. Errors where nothing is paused.
    pub fn resume(&mut self, resumption: Resumption, proration: &mut Proration<'_>) -> Result<()> {
        self.refuse_if_over()?;
        self.refuse_while_pending()?;
        if self.status != SubscriptionStatus::Paused {
            return match self.pause_collection.take() {
                Some(_) => Ok(()),
                None => Err(Error::conflict(
                    "subscription_not_paused",
                    format!("subscription {} is not paused", self.id),
                )),
            };
        }
        let now = proration.now;
        self.resumes_at = None;
        if self.schedule.is_some() {
            self.paused = None;
            self.resume_schedule(now);
            return Ok(());
        }
        let runs = self.is_charged(now);
        let waited = self.metered_until(now);
        let Some(pause) = self.paused.take() else {
            return self.start_at(now);
        };
        self.status = pause.from;
        if self.status == SubscriptionStatus::Trialing {
            if self.trial_end.is_some_and(|end| end > now) {
                return Ok(());
            }
            self.status = SubscriptionStatus::Active;
        } else if runs {
            return self.end_pause(resumption, proration);
        } else {
            let usage = self.usage_lines(waited, proration.readings)?;
            self.pending_lines.extend(usage);
        }
        // What was to change at the end of a trial has changed by now.
        *self = self.with_scheduled()?;
        self.begin_period_at(now)?;
        self.charge_period()?;
        self.bill_at_once(now, EventType::SubscriptionResumed);
        Ok(())
    }

    fn end_pause(&mut self, resumption: Resumption, proration: &mut Proration<'_>) -> Result<()> {
        if resumption.anchor == AnchorChange::Unchanged {
            return Ok(());
        }
        let restart = Change {
            items: None,
            proration: resumption.proration,
            anchor: AnchorChange::Now,
            at: proration.now.whole_second(),
        };
        self.change(restart, proration)?;
        if self.bill_now.is_some() {
            self.tells = Some(EventType::SubscriptionResumed);
        }
        Ok(())
    }

    /// It was to start later and starts: now, or when it was to.
    fn start_at(&mut self, now: Timestamp) -> Result<()> {
        if now < self.started {
            let early = self.started.millis().saturating_sub(now.millis());
            let moved = |at: Timestamp| Timestamp::from_millis(at.millis().saturating_sub(early));
            self.trial_end = self.trial_end.map(moved);
            self.started = now;
            self.anchor = self.trial_end.unwrap_or(now);
            self.pending_lines.clear();
            self.period = Period {
                start: now,
                end: now,
            };
            self.period.end = self.first_end()?;
        }
        self.begin(now, EventType::SubscriptionResumed);
        Ok(())
    }
}
