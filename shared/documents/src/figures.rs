//! Figures as people read them: `1,234.56 USD`.

use models::{Currency, Money};
use rust_decimal::Decimal;

/// Digits after the decimal point that a [`Decimal`] can hold.
const MAX_PLACES: u32 = 28;

/// An amount in major units with all digits of its currency: `1,234.56 USD`, `-12.00 USD`, `1,234 JPY`, `1.234 KWD`.
pub fn amount(money: Money) -> String {
    let places = money.currency().exponent();
    let major = Decimal::new(money.minor(), places);
    format!("{} {}", grouped(&major.to_string()), money.currency())
}

/// A quantity with the digits that it has: `1`, `1,500`, `0.125`.
pub fn quantity(quantity: Decimal) -> String {
    grouped(&quantity.normalize().to_string())
}

/// The price of one, given in minor units: `99.99 USD`, and with the digits below a minor unit where it has them, `0.0025 USD`.
pub fn unit_price(minor: Decimal, currency: Currency) -> String {
    let places = currency.exponent();
    let minor = minor.normalize();
    let mut major = minor.round_dp(MAX_PLACES.saturating_sub(places));
    // The scale stays within what a decimal can hold, because the line above has made room for it.
    let scale = major.scale().saturating_add(places);
    if major.set_scale(scale).is_err() {
        return format!("{minor} {currency} minor units");
    }
    let mut major = major.normalize();
    if major.scale() < places {
        major.rescale(places);
    }
    format!("{} {currency}", grouped(&major.to_string()))
}

/// A comma before each three digits of the whole part.
fn grouped(number: &str) -> String {
    let (sign, digits) = match number.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", number),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mut text = String::from(sign);
    for (index, digit) in whole.chars().enumerate() {
        let left = whole.len().saturating_sub(index);
        if index > 0 && left.is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if !fraction.is_empty() {
        text.push('.');
        text.push_str(fraction);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn currency(code: &str) -> Currency {
        code.parse().unwrap()
    }

    #[test]
    fn an_amount_has_the_digits_of_its_currency() {
        for (minor, code, text) in [
            (123_456, "USD", "1,234.56 USD"),
            (-1200, "USD", "-12.00 USD"),
            (5, "USD", "0.05 USD"),
            (-5, "EUR", "-0.05 EUR"),
            (0, "USD", "0.00 USD"),
            (1234, "JPY", "1,234 JPY"),
            (-999, "JPY", "-999 JPY"),
            (1234, "KWD", "1.234 KWD"),
            (100_000_000, "KWD", "100,000.000 KWD"),
            (i64::MAX, "USD", "92,233,720,368,547,758.07 USD"),
            (i64::MIN, "JPY", "-9,223,372,036,854,775,808 JPY"),
        ] {
            assert_eq!(amount(Money::new(minor, currency(code))), text);
        }
    }

    #[test]
    fn a_quantity_has_the_digits_that_it_has() {
        for (given, text) in [
            ("1", "1"),
            ("1.00", "1"),
            ("1500", "1,500"),
            ("1234567.125", "1,234,567.125"),
            ("-0.50", "-0.5"),
            ("0", "0"),
            (
                "79228162514264337593543950335",
                "79,228,162,514,264,337,593,543,950,335",
            ),
        ] {
            assert_eq!(quantity(given.parse().unwrap()), text);
        }
    }

    #[test]
    fn a_unit_price_keeps_what_is_below_a_minor_unit() {
        for (minor, code, text) in [
            ("9999", "USD", "99.99 USD"),
            ("0.25", "USD", "0.0025 USD"),
            ("100", "USD", "1.00 USD"),
            ("0", "USD", "0.00 USD"),
            ("-150.5", "USD", "-1.505 USD"),
            ("123456789", "USD", "1,234,567.89 USD"),
            ("0.5", "JPY", "0.5 JPY"),
            ("1500", "JPY", "1,500 JPY"),
            ("1", "KWD", "0.001 KWD"),
            ("0.0000000000000000000000000001", "USD", "0.00 USD"),
            (
                "79228162514264337593543950335",
                "KWD",
                "79,228,162,514,264,337,593,543,950.335 KWD",
            ),
        ] {
            assert_eq!(
                unit_price(minor.parse().unwrap(), currency(code)),
                text,
                "{minor}"
            );
        }
    }
}
