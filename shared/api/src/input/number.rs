//! Percentages, and lists of numbers.

use std::ops::RangeInclusive;

use models::billing::MAX_PERCENT_SCALE;
use rust_decimal::Decimal;
use serde_json::value::RawValue;

use super::schema::Shape;
use super::{Field, Fields, Raw, Wrong, string};

/// The number in a text of digits, `None` where it is no such text. One beyond 64 bits is the largest, which no range has.
pub(super) fn digits(text: &str) -> Option<i64> {
    let body = text.strip_prefix('-').unwrap_or(text);
    let good = !body.is_empty() && body.bytes().all(|b| b.is_ascii_digit());
    good.then(|| text.parse().unwrap_or(i64::MAX))
}

/// The whole number that a JSON value is, in whatever form: `1000`, `1000.0`, `1e3`. Otherwise as [`digits`].
pub(super) fn whole(json: &str) -> Option<i64> {
    let is_number = json.starts_with(|c: char| c.is_ascii_digit() || c == '-');
    if !is_number || digits(json).is_some() {
        return digits(json);
    }
    let number = Decimal::from_str_exact(json).or_else(|_| Decimal::from_scientific(json));
    let Ok(number) = number.map(|number| number.normalize()) else {
        // A large exponent is beyond every range; a small one, or many digits behind the point, is no whole number.
        return (json.contains(['e', 'E']) && !json.contains('-')).then_some(i64::MAX);
    };
    (number.scale() == 0).then(|| i64::try_from(number).unwrap_or(i64::MAX))
}

impl Fields<'_> {
    /// A percentage up to 100 with at most four digits after the point, as a number or as a text of one: `7.25`, `"7.25"`. It
    /// is above zero where `positive`. Read from its own digits, never through a float.
    pub fn percentage(&mut self, name: &'static str, positive: bool) -> Field<Decimal> {
        self.take(name, || Shape::percentage(positive), |raw| {
            let text = match raw {
                Raw::Json(raw) if raw.get().starts_with('"') => string(&Raw::Json(raw))?,
                Raw::Json(raw) => raw.get().to_owned(),
                Raw::Text(text) => text.clone(),
            };
            // `Decimal` reads more than JSON does: underscores, a leading point or plus.
            let plain = |c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E');
            if !text.starts_with(|c: char| c.is_ascii_digit() || c == '-') || !text.chars().all(plain) {
                return Err(Wrong::Type("a number"));
            }
            let number = text
                .parse::<Decimal>()
                .or_else(|_| Decimal::from_scientific(&text));
            let number = number.ok().map(|number| number.normalize());
            let (least, words) = if positive {
                (Decimal::new(1, MAX_PERCENT_SCALE), "above 0 and at most 100")
            } else {
                (Decimal::ZERO, "from 0 to 100")
            };
            number
                .filter(|n| n.scale() <= MAX_PERCENT_SCALE)
                .filter(|n| (least..=Decimal::ONE_HUNDRED).contains(n))
                .ok_or_else(|| {
                    let detail = format!(
                        "must be {words}, with at most {MAX_PERCENT_SCALE} digits after the decimal point"
                    );
                    Wrong::Value("out_of_range", detail.into())
                })
        })
    }

    /// A share from 0 to 1 with at most six digits after the point.
    pub fn share(&mut self, name: &'static str) -> Field<Decimal> {
        self.note(name, Shape::share);
        self.decimal(name).and_then(|share| {
            if (Decimal::ZERO..=Decimal::ONE).contains(&share) {
                return Some(share.abs());
            }
            self.reject(name, "out_of_range", "must be between 0 and 1");
            None
        })
    }

    /// A list of at most `most` small whole numbers.
    pub fn counts(
        &mut self,
        name: &'static str,
        most: usize,
        range: RangeInclusive<u32>,
    ) -> Field<Vec<u32>> {
        let shape =
            || Shape::integer((*range.start()).into()..=(*range.end()).into()).list(0..=most);
        self.take(name, shape, |raw| {
            let expected = || Wrong::Type("a list of whole numbers");
            let Raw::Json(raw) = raw else {
                return Err(expected());
            };
            let entries: Vec<&RawValue> = serde_json::from_str(raw.get()).or(Err(expected()))?;
            if entries.len() > most {
                return Err(Wrong::Value(
                    "too_many",
                    format!("must have at most {most} entries").into(),
                ));
            }
            entries
                .into_iter()
                .map(|entry| {
                    let number = whole(entry.get()).ok_or_else(expected)?;
                    let number = u32::try_from(number).ok();
                    number.filter(|n| range.contains(n)).ok_or_else(|| {
                        let detail =
                            format!("entries must be from {} to {}", range.start(), range.end());
                        Wrong::Value("invalid_entry", detail.into())
                    })
                })
                .collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::whole;

    #[test]
    fn a_whole_number_may_be_written_in_any_form_of_json() {
        for (json, number) in [
            ("1000", Some(1000)),
            ("1000.0", Some(1000)),
            ("1e3", Some(1000)),
            ("1.5E+1", Some(15)),
            ("-20.00", Some(-20)),
            ("-0.0", Some(0)),
            ("120e-1", Some(12)),
            ("50.5", None),
            ("1e-3", None),
            ("0.00000000000000000000000000000000001", None),
            ("1e400", Some(i64::MAX)),
            ("1e999999999999", Some(i64::MAX)),
            ("99999999999999999999", Some(i64::MAX)),
            ("\"12\"", None),
            ("true", None),
        ] {
            assert_eq!(whole(json), number, "{json}");
        }
    }
}
