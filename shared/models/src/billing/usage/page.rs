//! One page of a log: what happens to it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::stored::StoredPage;
use super::{Aggregation, Survey, UsageEvent, UsageKind, UsageReport, UsageTotals};
use crate::error::{Error, Result};
use crate::ids::{self, Id};
use crate::time::{Period, Timestamp};

/// The bill that usage is closed for: the period of the subscription, by its start, and the number of the change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Closing {
    /// The start of the subscription's period.
    pub period: Timestamp,
    /// The number of the change; for the end of a period that of the next one.
    pub revision: u32,
}

/// What was closed last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Closed {
    pub(super) from: Timestamp,
    pub(super) end: Timestamp,
    pub(super) closing: Closing,
    pub(super) totals: UsageTotals,
}

/// What a bill closes of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    /// From when to when.
    pub part: Period,
    /// What was used in it.
    pub totals: UsageTotals,
    /// What was reported with it and used after its end: it counts in what follows.
    pub(super) ahead: UsageTotals,
    /// Whether it is closed already.
    pub done: bool,
}

impl Cut {
    /// Leaves to what follows what was used after the end; these are the totals of it.
    pub fn leave(&mut self, ahead: UsageTotals) -> Result<()> {
        if ahead != UsageTotals::default() {
            self.totals.without(&ahead)?;
            self.ahead = ahead;
        }
        Ok(())
    }
}

/// Under which id and when something was received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsageReceipt {
    /// A new id. Where the log has one that is as large already, the next one that is free is taken.
    pub id: Id<ids::Usage>,
    /// Now, in whole seconds.
    pub at: Timestamp,
}

/// Where an event counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placement {
    /// The start of the period that it counts in.
    pub period: Timestamp,
    /// Whether it belongs to an earlier one.
    pub late: bool,
}

/// A page of the log of one metric of one subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "StoredPage", into = "StoredPage")]
pub struct UsagePage {
    /// Who used.
    pub subscription_id: Id<ids::Subscription>,
    /// What.
    pub metric_name: String,
    /// The number of the page in the log, from 1.
    pub seq: u64,
    /// What was reported, in order of receipt.
    pub events: Vec<UsageEvent>,
    /// When the newest event up to and including this page was received: it never falls from a page to the next.
    pub last_received: Timestamp,
    /// The largest id up to and including this page.
    pub last_id: Option<Id<ids::Usage>>,
    /// The newest page before this one that holds a correction.
    pub corrections_before: Option<u64>,
    /// The totals of the periods that are open, by their start.
    pub(super) open: BTreeMap<Timestamp, UsageTotals>,
    pub(super) closed: Option<Closed>,
    /// Whether it never changes again. It is decided when the page is written: see [`StoredPage`].
    pub(super) sealed: bool,
}

impl UsagePage {
    /// The page that a log begins with.
    pub const fn first(
        subscription_id: Id<ids::Subscription>,
        metric_name: String,
        now: Timestamp,
    ) -> Self {
        Self {
            subscription_id,
            metric_name,
            seq: 1,
            events: Vec::new(),
            last_received: now,
            last_id: None,
            corrections_before: None,
            open: BTreeMap::new(),
            closed: None,
            sealed: false,
        }
    }

    /// The page that takes what comes after this one, where this is the newest: itself, or the next one where it is sealed.
    #[must_use]
    pub fn unsealed(&self) -> Self {
        if !self.sealed {
            return self.clone();
        }
        let corrects = self.events.iter().any(|e| e.kind.corrects().is_some());
        Self {
            seq: self.seq.saturating_add(1),
            events: Vec::new(),
            corrections_before: if corrects {
                Some(self.seq)
            } else {
                self.corrections_before
            },
            sealed: false,
            ..self.clone()
        }
    }

    /// Whether it never changes again.
    pub const fn is_sealed(&self) -> bool {
        self.sealed
    }

    /// Where an event of that moment counts, while `period` is the one that runs.
    ///
    /// What comes after the end of the running period waits for the next one: its renewal is under way or about to be.
    pub fn place(&self, period: Period, at: Timestamp) -> Placement {
        let running = self.running(period);
        let next = period.end;
        Placement {
            period: if at >= next && next > running {
                next
            } else {
                running
            },
            late: at < running,
        }
    }

    /// The start of the period that runs. A caller may have read the subscription just before its renewal; what is closed
    /// stays closed.
    pub fn running(&self, period: Period) -> Timestamp {
        self.closed_until()
            .map_or(period.start, |closed| closed.max(period.start))
    }

    /// Until when the log is closed.
    pub fn closed_until(&self) -> Option<Timestamp> {
        self.closed.as_ref().map(|closed| closed.end)
    }

    /// Adds an event.
    pub fn record(
        &mut self,
        period: Period,
        report: &UsageReport,
        receipt: UsageReceipt,
    ) -> Result<()> {
        let timestamp = report.timestamp.unwrap_or(receipt.at);
        let Placement {
            period: start,
            late,
        } = self.place(period, timestamp);
        let event = UsageEvent {
            id: receipt.id,
            kind: UsageKind::Usage,
            quantity: report.quantity,
            timestamp,
            created: receipt.at,
            period: start,
            late,
            key: report.key,
            unique_value: report.unique_value,
        };
        self.totals_from(period, start)
            .add(report.quantity, timestamp, late)?;
        self.push(event)
    }

    /// Takes an event in, under its id or the next one that is free.
    pub(super) fn push(&mut self, mut event: UsageEvent) -> Result<()> {
        if let Some(last) = self.last_id
            && last >= event.id
        {
            event.id = last.successor()?;
        }
        self.last_id = Some(event.id);
        self.last_received = self.last_received.max(event.created);
        self.events.push(event);
        Ok(())
    }

    /// The totals of the period that starts there, to be changed. Those of periods that are over go.
    pub(super) fn totals_from(&mut self, period: Period, start: Timestamp) -> &mut UsageTotals {
        let running = self.running(period);
        self.open.retain(|start, _| *start >= running);
        self.open.entry(start).or_default()
    }

    /// What was used in `period` so far, as far as it is open.
    pub fn totals(&self, period: Period) -> Result<UsageTotals> {
        let parts = self
            .open
            .iter()
            .filter(|(start, _)| within(period, **start));
        parts
            .map(|(_, totals)| totals.clone())
            .try_fold(UsageTotals::default(), UsageTotals::merge)
    }

    /// Whether an event that counts in `period` is in this page or in one before it.
    pub fn reaches(&self, period: Period) -> bool {
        self.open.keys().any(|start| within(period, *start))
    }

    /// Whether something counts in a period that begins then.
    pub fn is_open_from(&self, start: Timestamp) -> bool {
        self.open.contains_key(&start)
    }

    /// The starts of the open periods whose totals do not tell the quantity.
    pub fn unknown(&self, aggregation: Aggregation) -> Vec<Timestamp> {
        let unknown = |(_, totals): &(&Timestamp, &UsageTotals)| !totals.is_known(aggregation);
        let parts = self.open.iter().filter(unknown);
        parts.map(|(start, _)| *start).collect()
    }

    /// Completes the totals of an open period with what its events say.
    pub fn settle(&mut self, start: Timestamp, survey: Survey) {
        if let Some(totals) = self.open.get_mut(&start) {
            survey.complete(totals);
        }
    }

    /// What is to be billed of `period`: what was used since the last bill, and what was closed for this very bill, should
    /// whoever closed it have died.
    ///
    /// Times are whole seconds, so a period that begins and ends within one takes that second, too. A 409 where a later bill has
    /// been here: who asks read the subscription before that.
    pub fn cut(&self, period: Period, closing: Closing) -> Result<Cut> {
        if let Some(closed) = &self.closed
            && closed.closing > closing
        {
            let detail = format!("{} is closed until {}", self.metric_name, closed.end);
            return Err(Error::conflict("period_closed", detail));
        }
        let earlier = self
            .closed
            .as_ref()
            .filter(|closed| closed.closing == closing);
        if let Some(closed) = earlier.filter(|closed| closed.end >= period.end) {
            return Ok(Cut {
                part: Period {
                    start: closed.from,
                    end: closed.end,
                },
                totals: closed.totals.clone(),
                ahead: UsageTotals::default(),
                done: true,
            });
        }
        let start = self.running(period);
        let end = period.end.max(start.plus_seconds(1));
        let open = self.totals(Period { start, end })?;
        let (start, totals) = match earlier {
            Some(closed) => (closed.from, closed.totals.clone().merge(open)?),
            None => (start, open),
        };
        Ok(Cut {
            part: Period { start, end },
            totals,
            ahead: UsageTotals::default(),
            done: false,
        })
    }

    /// Closes the log so: from now on nothing counts in that part. What was closed before is forgotten.
    pub fn close(&mut self, cut: &Cut, closing: Closing) -> Result<()> {
        let end = cut.part.end;
        self.open.retain(|start, _| *start >= end);
        if cut.ahead != UsageTotals::default() {
            let follows = self.open.entry(end).or_default();
            *follows = std::mem::take(follows).merge(cut.ahead.clone())?;
        }
        self.closed = Some(Closed {
            from: cut.part.start,
            end,
            closing,
            totals: cut.totals.clone(),
        });
        Ok(())
    }

    /// An event of this page.
    pub fn event(&self, id: Id<ids::Usage>) -> Option<&UsageEvent> {
        let index = self.events.binary_search_by_key(&id, |event| event.id);
        index.ok().and_then(|index| self.events.get(index))
    }
}

pub(super) fn within(period: Period, start: Timestamp) -> bool {
    period.start <= start && start < period.end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn january() -> Period {
        Period {
            start: at("2026-01-01T00:00:00Z"),
            end: at("2026-02-01T00:00:00Z"),
        }
    }

    fn first() -> UsagePage {
        let now = at("2026-01-15T12:00:00Z");
        UsagePage::first(Id::new(1).unwrap(), "api_calls".to_owned(), now)
    }

    fn record(page: &mut UsagePage, id: u64, timestamp: Option<&str>) {
        let report = UsageReport {
            quantity: 1.into(),
            timestamp: timestamp.map(at),
            key: None,
            unique_value: None,
        };
        let receipt = UsageReceipt {
            id: Id::new(id).unwrap(),
            at: at("2026-01-15T12:00:00Z"),
        };
        page.record(january(), &report, receipt).unwrap();
    }

    fn closing(revision: u32) -> Closing {
        Closing {
            period: january().start,
            revision,
        }
    }

    fn close(page: &mut UsagePage, period: Period, revision: u32) {
        let cut = page.cut(period, closing(revision)).unwrap();
        page.close(&cut, closing(revision)).unwrap();
    }

    /// The page as it is read after it was written.
    fn reread(page: &UsagePage) -> UsagePage {
        serde_json::from_str(&serde_json::to_string(page).unwrap()).unwrap()
    }

    #[test]
    fn an_event_counts_in_its_period_the_next_one_or_late_in_the_one_that_runs() {
        let place = |page: &UsagePage, time| {
            let placed = page.place(january(), at(time));
            (placed.period.to_string(), placed.late)
        };
        let (january_1, february_1) = ("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z");
        let mut page = first();
        for (time, period, late) in [
            ("2025-12-31T23:59:59Z", january_1, true),
            (january_1, january_1, false),
            ("2026-01-31T23:59:59Z", january_1, false),
            (february_1, february_1, false),
        ] {
            assert_eq!(place(&page, time), (period.to_owned(), late), "{time}");
        }
        // The plan changed in the middle of the month, and what was used until then is billed.
        let middle = "2026-01-10T00:00:00Z";
        let end = at(middle);
        close(&mut page, Period { end, ..january() }, 1);
        assert_eq!(place(&page, january_1), (middle.to_owned(), true));
        assert_eq!(
            place(&page, "2026-01-31T23:59:59Z"),
            (middle.to_owned(), false)
        );
        assert_eq!(place(&page, february_1), (february_1.to_owned(), false));
        // The month is closed, and the subscription has not moved yet.
        close(&mut page, january(), 2);
        assert_eq!(place(&page, middle), (february_1.to_owned(), true));
        assert_eq!(
            place(&page, "2026-03-03T00:00:00Z"),
            (february_1.to_owned(), false)
        );
    }

    #[test]
    fn the_parts_of_a_period_that_was_cut_are_closed_together() {
        let mut page = first();
        record(&mut page, 1, None);
        record(&mut page, 2, Some("2026-02-01T00:00:00Z"));
        let whole = Period {
            end: at("2026-03-01T00:00:00Z"),
            ..january()
        };
        let totals = page.totals(whole).unwrap();
        assert_eq!((totals.sum, totals.count), (2.into(), 2));
        assert!(!totals.is_known(Aggregation::Max));
        assert_eq!(page.totals(january()).unwrap().count, 1);
        close(&mut page, whole, 1);
        let again = page.cut(whole, closing(1)).unwrap();
        assert!(again.done);
        assert_eq!(again.totals, totals);
        assert_eq!(page.totals(whole).unwrap(), UsageTotals::default());
    }

    #[test]
    fn who_closes_for_a_bill_that_was_not_made_closes_all_of_it() {
        let mut page = first();
        let until = |text| Period {
            end: at(text),
            ..january()
        };
        record(&mut page, 1, Some("2026-01-02T00:00:00Z"));
        close(&mut page, until("2026-01-10T00:00:00Z"), 1);
        record(&mut page, 2, Some("2026-01-11T00:00:00Z"));
        // Whoever closed it died; the change is made a day later.
        let cut = page.cut(until("2026-01-12T00:00:00Z"), closing(1)).unwrap();
        assert_eq!((cut.totals.count, cut.done), (2, false));
        page.close(&cut, closing(1)).unwrap();
        // That was billed, so the next bill has only what came since: nothing, and then one.
        let next = |page: &UsagePage| page.cut(until("2026-01-12T00:00:00Z"), closing(2)).unwrap();
        assert_eq!(next(&page).totals.count, 0);
        record(&mut page, 3, Some("2026-01-12T00:00:00Z"));
        assert_eq!(next(&page).totals.count, 1);
    }

    #[test]
    fn a_period_that_begins_and_ends_within_a_second_has_what_was_used_in_it() {
        let mut page = first();
        record(&mut page, 1, Some("2026-01-01T00:00:00Z"));
        let nothing = Period {
            end: january().start,
            ..january()
        };
        let cut = page.cut(nothing, closing(1)).unwrap();
        assert_eq!(cut.totals.count, 1);
    }

    #[test]
    fn ids_rise_along_the_log_whatever_was_minted() {
        let mut page = first();
        for minted in [10, 12, 7, 12] {
            record(&mut page, minted, None);
        }
        let ids: Vec<u64> = page.events.iter().map(|event| event.id.number()).collect();
        assert_eq!(ids, [10, 12, 13, 14]);
        assert_eq!(page.event(Id::new(13).unwrap()), page.events.get(2));
        assert_eq!(page.event(Id::new(11).unwrap()), None);
    }

    #[test]
    fn a_page_fills_up_and_the_next_one_carries_its_totals() {
        let mut page = first();
        let mut count = 0;
        while !page.is_sealed() {
            count += 1;
            page = page.unsealed();
            assert_eq!(page.seq, 1);
            record(&mut page, 892_083_540_430_848 + count * 40_960_000, None);
            page = reread(&page);
        }
        assert!(count >= 25, "{count} events");
        let next = page.unsealed();
        assert_eq!(
            (next.seq, next.events.len(), next.is_sealed()),
            (2, 0, false)
        );
        let total = |page: &UsagePage| page.totals(january()).unwrap();
        assert_eq!(total(&next), total(&page));
        assert_eq!(next.last_id, page.events.last().map(|event| event.id));
        // A page without events is found by id, too.
        assert_eq!(reread(&next), next);
    }

    #[test]
    fn totals_of_periods_that_are_over_are_not_carried_for_ever() {
        let mut page = first();
        record(&mut page, 1, None);
        close(&mut page, january(), 1);
        let february = Period {
            start: january().end,
            end: at("2026-03-01T00:00:00Z"),
        };
        page.totals_from(february, february.start);
        close(&mut page, february, 1);
        assert_eq!(
            (page.open.len(), page.closed_until()),
            (0, Some(february.end))
        );
    }
}
