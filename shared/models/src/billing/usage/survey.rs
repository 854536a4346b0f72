//! What events say where the totals of their period do not: read from the pages.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::page::within;
use super::{Fingerprint, UsageEvent, UsageKind, UsagePage, UsageTotals};
use crate::error::Result;
use crate::ids::{self, Id};
use crate::time::{Period, Timestamp};

/// Which events a survey reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scope {
    /// The part of the log.
    pub part: Period,
    /// Until when the log is closed.
    pub closed_until: Option<Timestamp>,
    /// Whether it leaves out what was reported of a time after the part's end.
    pub punctual: bool,
}

impl Scope {
    fn holds(&self, event: &UsageEvent) -> bool {
        let ahead = self.punctual && event.is_after(self.part.end);
        within(self.part, event.counts_in(self.closed_until)) && !ahead
    }
}

/// Each use that counts, with its quantity by now. `events` come newest first: the newest correction of an event stands, and it
/// is met before the event.
fn standing<'e>(
    events: impl Iterator<Item = &'e UsageEvent>,
) -> impl Iterator<Item = (&'e UsageEvent, Decimal)> {
    let mut corrected = BTreeMap::<Id<ids::Usage>, Option<Decimal>>::new();
    events.filter_map(move |event| {
        let quantity = match event.kind {
            UsageKind::Amendment(id) => {
                corrected.entry(id).or_insert(Some(event.quantity));
                return None;
            }
            UsageKind::Deprecation(id) => {
                corrected.entry(id).or_insert(None);
                return None;
            }
            UsageKind::Usage => match corrected.get(&event.id) {
                Some(quantity) => (*quantity)?,
                None => event.quantity,
            },
        };
        Some((event, quantity))
    })
}

fn newest_first<'p>(
    pages: impl IntoIterator<Item = &'p UsagePage>,
) -> impl Iterator<Item = &'p UsageEvent> {
    pages.into_iter().flat_map(|page| page.events.iter().rev())
}

/// The totals of what counts in a part and was used after its end: a caller's clock may be ahead of ours.
pub fn used_ahead<'p>(
    part: Period,
    closed_until: Option<Timestamp>,
    pages: impl IntoIterator<Item = &'p UsagePage>,
) -> Result<UsageTotals> {
    let ahead = newest_first(pages)
        .filter(|event| event.is_after(part.end) && within(part, event.counts_in(closed_until)));
    let mut totals = UsageTotals::default();
    for (_, quantity) in standing(ahead) {
        totals.adjust(quantity, 1)?;
    }
    if totals != UsageTotals::default() {
        totals.forget();
    }
    Ok(totals)
}

/// The time of the last use after `end`, if there was any.
pub fn last_use_after<'p>(
    end: Timestamp,
    pages: impl IntoIterator<Item = &'p UsagePage>,
) -> Option<Timestamp> {
    let after = newest_first(pages).filter(|event| event.is_after(end));
    after.map(|event| event.timestamp).max()
}

/// The largest, the latest and the different values of one period.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Survey {
    max: Option<Decimal>,
    latest: Option<(Timestamp, Decimal)>,
    values: BTreeSet<Fingerprint>,
}

impl Survey {
    /// Reads the pages, the newest first, down to one that nothing of the part is in.
    pub fn of<'p>(scope: Scope, pages: impl IntoIterator<Item = &'p UsagePage>) -> Self {
        let mut survey = Self::default();
        let held = newest_first(pages).filter(|event| scope.holds(event));
        for (event, quantity) in standing(held) {
            survey.read(event, quantity);
        }
        survey
    }

    fn read(&mut self, event: &UsageEvent, quantity: Decimal) {
        self.max = Some(self.max.map_or(quantity, |max| max.max(quantity)));
        // Of two at the same second the one that was received later stands, and it is met first.
        if self.latest.is_none_or(|(at, _)| event.timestamp > at) {
            self.latest = Some((event.timestamp, quantity));
        }
        self.values.extend(event.unique_value);
    }

    /// Writes what was found into the totals of the period.
    pub fn complete(self, totals: &mut UsageTotals) {
        totals.max = self.max;
        totals.latest = self.latest;
        totals.unique = u64::try_from(self.values.len()).ok();
        totals.stale = false;
    }
}
