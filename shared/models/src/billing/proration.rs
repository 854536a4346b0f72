//! The part of a period that is left at a moment, and what it is worth.

use rust_decimal::Decimal;

use crate::billing::ProrationUnit;
use crate::error::{Error, Result};
use crate::money::{Currency, Money};
use crate::time::{Period, Timestamp, Zone};

/// A part of a period: `part` of `whole` seconds or days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Fraction {
    /// Seconds or days that count.
    pub part: i64,
    /// Seconds or days of the whole period.
    pub whole: i64,
}

impl Fraction {
    /// What is left of `period` at `at`, in the business's unit.
    pub fn left(period: Period, at: Timestamp, unit: ProrationUnit, zone: &Zone) -> Result<Self> {
        let at = at.clamp(period.start, period.end);
        let part = Period {
            start: at,
            end: period.end,
        };
        Self::of_period(part, period, unit, zone)
    }

    /// What `part` is of `whole`, in the business's unit.
    ///
    /// By the second as in Stripe, or by the day of the calendar as in Lago: then the day on which the part begins belongs to it.
    pub fn of_period(
        part: Period,
        whole: Period,
        unit: ProrationUnit,
        zone: &Zone,
    ) -> Result<Self> {
        let span = |period: Period| match unit {
            ProrationUnit::Second => {
                Ok(period.end.seconds().saturating_sub(period.start.seconds()))
            }
            ProrationUnit::Day => zone.days_between(period.start, period.end),
        };
        let (part, whole) = (span(part)?, span(whole)?);
        // A period within one day has no midnight in it: nothing of it is left.
        Ok(if whole > 0 {
            Self {
                part: part.clamp(0, whole),
                whole,
            }
        } else {
            Self { part: 0, whole: 1 }
        })
    }

    /// That part of an exact amount of minor units, rounded once, half away from zero.
    pub fn of(self, exact: Decimal, currency: Currency) -> Result<Money> {
        Money::rounded(self.exact(exact)?, currency)
    }

    /// That part of an exact amount, before rounding.
    pub fn exact(self, exact: Decimal) -> Result<Decimal> {
        exact
            .checked_mul(Decimal::from(self.part))
            .and_then(|product| product.checked_div(Decimal::from(self.whole)))
            .ok_or_else(|| Error::internal("amount out of range"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn june() -> Period {
        Period {
            start: at("2025-06-01T00:00:00Z"),
            end: at("2025-07-01T00:00:00Z"),
        }
    }

    fn worth(fraction: Fraction, minor: i64) -> i64 {
        fraction
            .of(Decimal::from(minor), "USD".parse().unwrap())
            .unwrap()
            .minor()
    }

    #[test]
    fn half_a_month_is_worth_half_the_price() {
        let half = Fraction::left(
            june(),
            at("2025-06-16T00:00:00Z"),
            ProrationUnit::Second,
            &Zone::default(),
        )
        .unwrap();
        assert_eq!((worth(half, -1000), worth(half, 2000)), (-500, 1000));
    }

    #[test]
    fn a_change_is_prorated_by_the_second() {
        let change = at("2025-06-20T13:37:11Z");
        let left = Fraction::left(june(), change, ProrationUnit::Second, &Zone::default()).unwrap();
        assert_eq!((worth(left, -9999), worth(left, 29999)), (-3477, 10432));
        let factor = left.exact(Decimal::ONE).unwrap().to_string();
        assert!(factor.starts_with("0.347750385"), "{factor}");
    }

    #[test]
    fn a_change_is_prorated_by_the_day() {
        let change = at("2025-06-20T13:37:11Z");
        let left = Fraction::left(june(), change, ProrationUnit::Day, &Zone::default()).unwrap();
        assert_eq!(
            left,
            Fraction {
                part: 11,
                whole: 30
            }
        );
        assert_eq!((worth(left, -9999), worth(left, 29999)), (-3666, 11000));
    }

    #[test]
    fn nothing_is_left_after_the_end_and_all_before_the_start() {
        for (moment, part) in [("2025-08-01T00:00:00Z", 0), ("2025-05-01T00:00:00Z", 30)] {
            let left =
                Fraction::left(june(), at(moment), ProrationUnit::Day, &Zone::default()).unwrap();
            assert_eq!(left.part, part);
        }
    }
}
