//! Amounts: whole minor units of a currency, in checked arithmetic. There is no float in this file.

use std::fmt;
use std::str::FromStr;

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::{Error, Result};

/// An ISO 4217 currency, printed as its three letters.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency(iso_currency::Currency);

impl Currency {
    /// The three letters.
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// Digits after the decimal point of one major unit: 2 for USD, 0 for JPY, 3 for KWD.
    pub fn exponent(self) -> u32 {
        self.0.exponent().map_or(0, u32::from)
    }
}

/// The text is not the code of a currency in which one can pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an ISO 4217 currency code")]
pub struct NotACurrency;

impl FromStr for Currency {
    type Err = NotACurrency;

    /// Upper or lower case, as Stripe reads it. Codes without minor units (`XXX`, `XAU`) are no money.
    fn from_str(text: &str) -> std::result::Result<Self, NotACurrency> {
        iso_currency::Currency::from_code(&text.to_ascii_uppercase())
            .filter(|currency| currency.exponent().is_some())
            .map(Self)
            .ok_or(NotACurrency)
    }
}
impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}
impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// The largest amount that we take: far above any invoice, far below what a JSON number or an `i64` sum can hold.
pub const MAX_MINOR: i64 = 99_999_999_999_999;

/// An amount of money. Stored as `"9999 USD"`: minor units first.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    minor: i64,
    currency: Currency,
}

impl Money {
    /// That many minor units.
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// That many major units: `42.5` USD is 4250 cents. `None` where the currency has no such fraction, or it is out of range.
    pub fn from_major(major: Decimal, currency: Currency) -> Option<Self> {
        let minor = major.checked_mul(Decimal::from(10_u64.checked_pow(currency.exponent())?))?;
        let whole = i64::try_from(minor.normalize())
            .ok()
            .filter(|_| minor.fract().is_zero());
        whole
            .filter(|minor| minor.abs() <= MAX_MINOR)
            .map(|minor| Self { minor, currency })
    }

    /// The amount in major units, with the currency's digits.
    pub fn major(self) -> Decimal {
        Decimal::new(self.minor, self.currency.exponent())
    }

    /// Nothing.
    pub const fn zero(currency: Currency) -> Self {
        Self::new(0, currency)
    }

    /// Minor units.
    pub const fn minor(self) -> i64 {
        self.minor
    }

    /// The currency.
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// Whether there is nothing to pay.
    pub const fn is_zero(self) -> bool {
        self.minor == 0
    }

    /// The sum. Errors where the currencies differ or the sum leaves the range.
    pub fn plus(self, other: Self) -> Result<Self> {
        self.with(other, i64::checked_add)
    }

    /// The difference. Errors where the currencies differ or it leaves the range.
    pub fn minus(self, other: Self) -> Result<Self> {
        self.with(other, i64::checked_sub)
    }

    /// `quantity` times the amount.
    pub fn times(self, quantity: u32) -> Result<Self> {
        let minor = self
            .minor
            .checked_mul(i64::from(quantity))
            .filter(|m| m.abs() <= MAX_MINOR);
        minor
            .map(|minor| Self { minor, ..self })
            .ok_or_else(out_of_range)
    }

    /// `rate` in basis points (1/100 of a percent) of the amount, rounded half away from zero to a minor unit.
    pub fn basis_points(self, rate: u32) -> Result<Self> {
        let scaled = i128::from(self.minor) * i128::from(rate);
        let half = if scaled < 0 { -5_000 } else { 5_000 };
        let minor = (scaled + half)
            .checked_div(10_000)
            .and_then(|m| i64::try_from(m).ok());
        minor
            .map(|minor| Self { minor, ..self })
            .ok_or_else(out_of_range)
    }

    /// That many minor units, rounded half away from zero to a whole one. Errors where that is above [`MAX_MINOR`].
    pub fn rounded(minor_units: Decimal, currency: Currency) -> Result<Self> {
        let whole = minor_units.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero);
        i64::try_from(whole)
            .ok()
            .filter(|minor| minor.abs() <= MAX_MINOR)
            .map(|minor| Self { minor, currency })
            .ok_or_else(out_of_range)
    }

    /// The amount in minor units, to compute with.
    pub fn decimal(self) -> Decimal {
        Decimal::from(self.minor)
    }

    /// `rate` percent of the amount, rounded half away from zero to a minor unit.
    pub fn percent(self, rate: Decimal) -> Result<Self> {
        self.share(rate, Decimal::ONE_HUNDRED)
    }

    /// `part / whole` of the amount, rounded half away from zero to a minor unit. It multiplies before it divides, so a
    /// share that is exactly half a minor unit is seen as that. Errors where `whole` is zero or the share is out of range.
    pub fn share(self, part: Decimal, whole: Decimal) -> Result<Self> {
        let exact = self
            .decimal()
            .checked_mul(part)
            .and_then(|product| product.checked_div(whole))
            .ok_or_else(out_of_range)?;
        Self::rounded(exact, self.currency)
    }

    /// The amount in parts that are to each other as `weights`, and sum to it exactly.
    ///
    /// By largest remainder: each part is rounded towards zero, and what is left goes, a minor unit each, to the parts that
    /// lost most, the first of equals first. 100 in thirds is 34, 33, 33. Errors where all weights are zero.
    pub fn split(self, weights: &[u64]) -> Result<Vec<Self>> {
        let total: i128 = weights.iter().copied().map(i128::from).sum();
        let mut parts = Vec::with_capacity(weights.len());
        let mut losses = Vec::with_capacity(weights.len());
        let mut left = i128::from(self.minor);
        for (index, weight) in weights.iter().enumerate() {
            // Both factors have 64 bits, so the product fits.
            let product = i128::from(self.minor) * i128::from(*weight);
            let (Some(part), Some(loss)) = (product.checked_div(total), product.checked_rem(total))
            else {
                return Err(Error::internal("a split without weights"));
            };
            left -= part;
            parts.push(part);
            losses.push((std::cmp::Reverse(loss.abs()), index));
        }
        if parts.is_empty() {
            return Err(Error::internal("a split without weights"));
        }
        losses.sort_unstable();
        for (_, index) in losses {
            if left == 0 {
                break;
            }
            let unit = left.signum();
            if let Some(part) = parts.get_mut(index) {
                *part += unit;
                left -= unit;
            }
        }
        parts
            .into_iter()
            .map(|part| {
                let minor = i64::try_from(part).map_err(Error::internal)?;
                Ok(Self { minor, ..self })
            })
            .collect()
    }

    fn with(self, other: Self, op: fn(i64, i64) -> Option<i64>) -> Result<Self> {
        if self.currency != other.currency {
            return Err(Error::internal(format_args!(
                "{} with {}",
                self.currency, other.currency
            )));
        }
        op(self.minor, other.minor)
            .map(|minor| Self { minor, ..self })
            .ok_or_else(out_of_range)
    }
}

fn out_of_range() -> Error {
    Error::internal("amount out of range")
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.minor, self.currency)
    }
}
impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        let parts = text
            .split_once(' ')
            .and_then(|(minor, code)| Some((minor.parse().ok()?, code.parse().ok()?)));
        parts
            .map(|(minor, currency)| Self { minor, currency })
            .ok_or_else(|| serde::de::Error::custom("an amount is minor units and a currency"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usd(minor: i64) -> Money {
        Money::new(minor, "usd".parse().unwrap())
    }

    #[test]
    fn fees_round_half_away_from_zero() {
        // The settlement example of the v3 document: 2.9 % of 50.00 is 1.45.
        assert_eq!(usd(5000).basis_points(290).unwrap(), usd(145));
        assert_eq!(usd(50).basis_points(100).unwrap(), usd(1));
        assert_eq!(usd(49).basis_points(100).unwrap(), usd(0));
        assert_eq!(usd(-50).basis_points(100).unwrap(), usd(-1));
    }

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn shares_round_half_away_from_zero() {
        for (minor, rate, want) in [
            (27_916, "20", 5_583),
            (50, "1", 1),
            (49, "1", 0),
            (-50, "1", -1),
            (-49, "1", 0),
            (9_999, "12.5", 1_250),
            (1, "0", 0),
            (1_000, "7.25", 73),
            (MAX_MINOR, "100", MAX_MINOR),
        ] {
            assert_eq!(
                usd(minor).percent(decimal(rate)).unwrap(),
                usd(want),
                "{minor} at {rate}"
            );
        }
        let third = usd(100).share(Decimal::ONE, Decimal::from(3)).unwrap();
        assert_eq!(third, usd(33));
        assert!(usd(100).share(Decimal::ONE, Decimal::ZERO).is_err());
        assert!(usd(MAX_MINOR).percent(decimal("100.0001")).is_err());
        assert!(Money::rounded(Decimal::MAX, usd(0).currency()).is_err());
    }

    #[test]
    fn a_split_gives_what_is_left_to_the_largest_remainders() {
        let split = |minor: i64, weights: &[u64]| -> Vec<i64> {
            let parts = usd(minor).split(weights).unwrap();
            parts.into_iter().map(Money::minor).collect()
        };
        assert_eq!(split(100, &[1, 1, 1]), [34, 33, 33]);
        assert_eq!(split(-100, &[1, 1, 1]), [-34, -33, -33]);
        assert_eq!(split(101, &[1, 1, 1]), [34, 34, 33]);
        // 1.25, 1.25, 2.5: the half is the largest remainder.
        assert_eq!(split(5, &[1, 1, 2]), [1, 1, 3]);
        assert_eq!(split(7, &[0, 5, 0]), [0, 7, 0]);
        assert_eq!(split(0, &[1, 2]), [0, 0]);
        assert_eq!(split(1, &[u64::MAX, u64::MAX]), [1, 0]);
        assert!(usd(1).split(&[]).is_err());
        assert!(usd(1).split(&[0, 0]).is_err());
    }

    #[test]
    fn the_parts_of_a_split_sum_to_the_whole_and_lie_within_a_unit_of_their_share() {
        let mut state = 1_u64;
        for _ in 0..2_000 {
            let mut next = || {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                state >> 33
            };
            let minor = i64::try_from(next() % 100_000).unwrap() - 50_000;
            let mut weights: Vec<u64> = (0..=next() % 9).map(|_| next() % 1_000).collect();
            weights.push(1);
            let total: u64 = weights.iter().sum();
            let parts = usd(minor).split(&weights).unwrap();
            assert_eq!(parts.iter().map(|part| part.minor()).sum::<i64>(), minor);
            for (part, weight) in parts.iter().zip(&weights) {
                let exact = Decimal::from(minor) * Decimal::from(*weight) / Decimal::from(total);
                assert!((part.decimal() - exact).abs() < Decimal::ONE);
                assert!(part.minor() == 0 || part.minor().signum() == minor.signum());
            }
        }
    }

    #[test]
    fn currencies_do_not_mix_and_sums_do_not_wrap() {
        assert!(usd(1).plus(Money::new(1, "EUR".parse().unwrap())).is_err());
        assert!(usd(i64::MAX).plus(usd(1)).is_err());
        assert!(usd(MAX_MINOR).times(2).is_err());
        assert_eq!(usd(3).minus(usd(5)).unwrap(), usd(-2));
    }

    #[test]
    fn the_exponent_belongs_to_the_currency() {
        for (code, digits) in [("USD", 2), ("JPY", 0), ("KWD", 3)] {
            assert_eq!(code.parse::<Currency>().unwrap().exponent(), digits);
        }
        for bad in ["", "US", "USDX", "XXX", "XAU", "ABC"] {
            assert!(bad.parse::<Currency>().is_err(), "{bad}");
        }
    }

    #[test]
    fn stored_as_one_short_text() {
        let text = serde_json::to_string(&usd(9999)).unwrap();
        assert_eq!(text, r#""9999 USD""#);
        assert_eq!(serde_json::from_str::<Money>(&text).unwrap(), usd(9999));
    }
}
