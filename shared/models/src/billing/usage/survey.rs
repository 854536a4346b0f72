//! What a period's events say where its totals do not: read from the pages.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::page::within;
use super::{Fingerprint, UsageEvent, UsageKind, UsagePage, UsageTotals};
use crate::ids::{self, Id};
use crate::time::{Period, Timestamp};

/// The largest, the latest and the different values of one period.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Survey {
    max: Option<Decimal>,
    latest: Option<(Timestamp, Decimal)>,
    values: BTreeSet<Fingerprint>,
}

impl Survey {
    /// Reads the pages, the newest first, down to one that nothing of the period is in.
    pub fn of<'p>(period: Period, pages: impl IntoIterator<Item = &'p UsagePage>) -> Self {
        let mut survey = Self::default();
        let mut corrected = BTreeMap::new();
        let newest_first = pages
            .into_iter()
            .flat_map(|page| page.events.iter().rev())
            .filter(|event| within(period, event.period));
        for event in newest_first {
            survey.read(event, &mut corrected);
        }
        survey
    }

    fn read(
        &mut self,
        event: &UsageEvent,
        corrected: &mut BTreeMap<Id<ids::Usage>, Option<Decimal>>,
    ) {
        // The newest correction of an event stands, and it is met first.
        let quantity = match event.kind {
            UsageKind::Amendment(id) => {
                corrected.entry(id).or_insert(Some(event.quantity));
                return;
            }
            UsageKind::Deprecation(id) => {
                corrected.entry(id).or_insert(None);
                return;
            }
            UsageKind::Usage => match corrected.get(&event.id) {
                Some(None) => return,
                Some(Some(quantity)) => *quantity,
                None => event.quantity,
            },
        };
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
