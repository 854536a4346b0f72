//! Amounts: whole minor units of a currency, in checked arithmetic. There is no float in this file.

use std::fmt;
use std::str::FromStr;

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
            .ok_or_else(|| Error::internal("amount out of range"))
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
            .ok_or_else(|| Error::internal("amount out of range"))
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
            .ok_or_else(|| Error::internal("amount out of range"))
    }
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
