//! The running totals of one period.

use rust_decimal::Decimal;

use crate::billing::Aggregation;
use crate::error::{Error, Result};
use crate::time::Timestamp;

/// What was used in one period.
///
/// `sum` and `count` are always exact. The largest, the latest and the number of different values cannot be taken back from
/// a total, so after a correction they are unknown until somebody has read the period's events again: see
/// [`UsageTotals::is_known`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UsageTotals {
    /// All quantities added up. Below zero where a correction of an earlier period takes back more than was used in this one.
    pub sum: Decimal,
    /// Events that count. Below zero for the same reason.
    pub count: i64,
    /// Events that belong to an earlier period, and corrections of such.
    pub late: u64,
    pub(super) max: Option<Decimal>,
    pub(super) latest: Option<(Timestamp, Decimal)>,
    pub(super) unique: Option<u64>,
    /// Whether `max` and `latest` are unknown.
    pub(super) stale: bool,
}

impl UsageTotals {
    /// The quantity to bill. Nothing used is zero.
    pub fn quantity(&self, aggregation: Aggregation) -> Decimal {
        let quantity = match aggregation {
            Aggregation::Sum => self.sum,
            Aggregation::Count => Decimal::from(self.count),
            Aggregation::Max => self.max.unwrap_or_default(),
            Aggregation::Latest => self.latest.map(|(_, value)| value).unwrap_or_default(),
            Aggregation::Unique => Decimal::from(self.unique.unwrap_or_default()),
        };
        quantity.normalize()
    }

    /// How many events it is made of, for prices that have an amount for each event.
    pub fn events(&self) -> u64 {
        u64::try_from(self.count).unwrap_or_default()
    }

    /// Whether [`UsageTotals::quantity`] is right, or the period's events have to be read again first.
    pub fn is_known(&self, aggregation: Aggregation) -> bool {
        match aggregation {
            Aggregation::Sum | Aggregation::Count => true,
            Aggregation::Max | Aggregation::Latest => !self.stale,
            Aggregation::Unique => self.unique.is_some() || *self == Self::default(),
        }
    }

    /// One more event. How many different values there are now is unknown.
    pub(super) fn add(&mut self, quantity: Decimal, at: Timestamp, late: bool) -> Result<()> {
        self.sum = plus(self.sum, quantity)?;
        self.count = self.count.saturating_add(1);
        self.late = self.late.saturating_add(u64::from(late));
        self.max = Some(self.max.map_or(quantity, |max| max.max(quantity)));
        if self.latest.is_none_or(|(latest, _)| at >= latest) {
            self.latest = Some((at, quantity));
        }
        self.unique = None;
        Ok(())
    }

    /// The difference that a correction makes: to the sum, and to the number of events.
    pub(super) fn adjust(&mut self, quantity: Decimal, events: i64) -> Result<()> {
        self.sum = plus(self.sum, quantity)?;
        self.count = self.count.saturating_add(events);
        Ok(())
    }

    /// Without a part of its events, whose totals are these.
    pub(super) fn without(&mut self, part: &Self) -> Result<()> {
        self.adjust(-part.sum, part.count.saturating_neg())?;
        self.forget();
        Ok(())
    }

    /// One of its events is another one now, or none.
    pub(super) fn forget(&mut self) {
        (self.max, self.latest, self.unique, self.stale) = (None, None, None, true);
    }

    /// The totals of two parts of a period. What the parts do not tell of the whole is unknown.
    pub(super) fn merge(self, other: Self) -> Result<Self> {
        if self == Self::default() {
            return Ok(other);
        }
        let mut whole = Self {
            sum: plus(self.sum, other.sum)?,
            count: self.count.saturating_add(other.count),
            late: self.late.saturating_add(other.late),
            ..Self::default()
        };
        whole.forget();
        Ok(whole)
    }
}

/// Exact: 22 digits before the point leave room for the 6 after it, of the 28 that a decimal has. Beyond, it would be rounded.
fn plus(one: Decimal, other: Decimal) -> Result<Decimal> {
    let limit = Decimal::from(10_000_000_000_000_000_000_000_i128);
    let sum = one.checked_add(other).filter(|sum| sum.abs() < limit);
    sum.map(|sum| sum.normalize()).ok_or_else(|| {
        let detail =
            "the sum of this metric would have more than 22 digits before the decimal point";
        Error::conflict("usage_out_of_range", detail)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_seconds(second)
    }

    fn totals(events: &[(&str, i64)]) -> UsageTotals {
        let mut totals = UsageTotals::default();
        for (quantity, second) in events {
            let quantity = quantity.parse().unwrap();
            totals.add(quantity, at(*second), false).unwrap();
        }
        totals
    }

    fn quantities(totals: &UsageTotals) -> Vec<String> {
        [
            Aggregation::Sum,
            Aggregation::Count,
            Aggregation::Max,
            Aggregation::Latest,
        ]
        .map(|aggregation| totals.quantity(aggregation).to_string())
        .to_vec()
    }

    #[test]
    fn each_aggregation_makes_its_own_of_the_same_events() {
        let used = totals(&[("0.1", 5), ("0.7", 9), ("0.2", 9), ("3", 1)]);
        assert_eq!(quantities(&used), ["4", "4", "3", "0.2"]);
        assert_eq!(quantities(&UsageTotals::default()), ["0", "0", "0", "0"]);
        assert_eq!(used.events(), 4);
    }

    #[test]
    fn tenths_add_up_exactly() {
        assert_eq!(totals(&[("0.1", 0); 10]).sum, Decimal::ONE);
        let most = "999999999999.999999";
        let sum = totals(&vec![(most, 0); 1000]).sum;
        assert_eq!(sum.to_string(), "999999999999999.999");
    }

    #[test]
    fn what_cannot_be_taken_back_is_unknown_after_a_correction() {
        let mut used = totals(&[("5", 0), ("7", 1)]);
        assert!(used.is_known(Aggregation::Max));
        assert!(!used.is_known(Aggregation::Unique));
        used.adjust(Decimal::from(-7), -1).unwrap();
        used.forget();
        assert_eq!((used.sum, used.count), (Decimal::from(5), 1));
        for aggregation in [Aggregation::Sum, Aggregation::Count] {
            assert!(used.is_known(aggregation));
        }
        for aggregation in [Aggregation::Max, Aggregation::Latest, Aggregation::Unique] {
            assert!(!used.is_known(aggregation));
        }
    }

    #[test]
    fn a_sum_out_of_range_is_refused() {
        let mut used = UsageTotals {
            sum: "9999999999999999999999.999999".parse().unwrap(),
            ..UsageTotals::default()
        };
        assert!(used.adjust("0.000001".parse().unwrap(), 1).is_err());
        assert!(used.adjust("-0.000001".parse().unwrap(), 1).is_ok());
    }
}
