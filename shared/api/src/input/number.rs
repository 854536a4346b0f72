//! Percentages, and lists of numbers.

use std::ops::RangeInclusive;

use models::billing::MAX_PERCENT_SCALE;
use rust_decimal::Decimal;
use serde_json::value::RawValue;

use super::schema::Shape;
use super::{Field, Fields, Raw, Wrong, string};

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
                    let digits = entry.get().strip_prefix('-').unwrap_or(entry.get());
                    if !digits.bytes().all(|b| b.is_ascii_digit()) {
                        return Err(expected());
                    }
                    let number = entry.get().parse().ok();
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
