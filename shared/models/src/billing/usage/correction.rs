//! Corrections: what was recorded stays, and an event that follows says what is right.

use rust_decimal::Decimal;

use super::{Aggregation, UsageEvent, UsageKind, UsagePage, UsageReceipt};
use crate::billing::LateUsage;
use crate::error::{Error, Result};
use crate::time::Period;

/// What is wrong with an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Correction {
    /// Its quantity is this one. Not negative.
    Amend(Decimal),
    /// It does not count.
    Deprecate,
}

/// How an event stands after all its corrections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageStanding {
    /// The event as it was recorded.
    pub event: UsageEvent,
    /// Its newest correction.
    pub corrected: Option<UsageKind>,
    /// Its quantity now; zero where it does not count.
    pub quantity: Decimal,
}

impl UsageStanding {
    /// How `event` stands where `newest` is the newest of its corrections.
    pub fn of(event: UsageEvent, newest: Option<&UsageEvent>) -> Self {
        Self {
            quantity: newest.map_or(event.quantity, |newest| newest.quantity),
            corrected: newest.map(|newest| newest.kind),
            event,
        }
    }

    /// What is to be done: the new quantity, and the events that there are more or fewer. `None` where it stands so already.
    ///
    /// Errors where the event is a correction itself, and where one that does not count is amended.
    fn change(&self, correction: Correction) -> Result<Option<(Decimal, i64)>> {
        let id = self.event.id;
        if self.event.kind != UsageKind::Usage {
            let detail = format!("{id} is a correction; correct the usage that it names");
            return Err(Error::conflict("usage_is_a_correction", detail));
        }
        let gone = matches!(self.corrected, Some(UsageKind::Deprecation(_)));
        match correction {
            Correction::Amend(_) if gone => {
                let detail = format!("{id} was deprecated and does not count any more");
                Err(Error::conflict("usage_deprecated", detail))
            }
            Correction::Deprecate if gone => Ok(None),
            Correction::Amend(quantity) if quantity == self.quantity => Ok(None),
            Correction::Amend(quantity) => Ok(Some((quantity, 0))),
            Correction::Deprecate => Ok(Some((Decimal::ZERO, -1))),
        }
    }
}

/// On which terms a log is corrected.
#[derive(Debug, Clone, Copy)]
pub struct CorrectionTerms {
    /// The period of the subscription that runs.
    pub period: Period,
    /// How the metric is counted.
    pub aggregation: Aggregation,
    /// What becomes of a correction of a period that is over.
    pub late: LateUsage,
}

impl UsagePage {
    /// Adds the correction of an event that stands as `standing`.
    ///
    /// `false` where it stands so already and nothing is to be written. In the event's own period the correction counts as
    /// if it had been so from the beginning; where that is over, the difference counts in the period that runs. Errors
    /// where the policy, or the aggregation, does not allow the latter.
    pub fn correct(
        &mut self,
        terms: CorrectionTerms,
        standing: &mut UsageStanding,
        correction: Correction,
        receipt: UsageReceipt,
    ) -> Result<bool> {
        let Some((quantity, events)) = standing.change(correction)? else {
            return Ok(false);
        };
        let event = &standing.event;
        let running = self.running(terms.period);
        let counted = event.counts_in(self.closed_until());
        let late = counted < running;
        if late && !(terms.late == LateUsage::NextInvoice && terms.aggregation.carries_over()) {
            let detail = format!("the period in which {} counts is closed", event.id);
            return Err(Error::conflict("period_closed", detail));
        }
        let start = if late { running } else { counted };
        let totals = self.totals_from(terms.period, start);
        totals.adjust(quantity - standing.quantity, events)?;
        if late {
            totals.late = totals.late.saturating_add(1);
        } else {
            totals.forget();
        }
        let kind = match correction {
            Correction::Amend(_) => UsageKind::Amendment(event.id),
            Correction::Deprecate => UsageKind::Deprecation(event.id),
        };
        self.push(UsageEvent {
            id: receipt.id,
            kind,
            quantity,
            timestamp: event.timestamp,
            created: receipt.at,
            period: start,
            late,
            key: None,
            unique_value: None,
        })?;
        (standing.corrected, standing.quantity) = (Some(kind), quantity);
        Ok(true)
    }
}
