//! Reading an input field by field, so that every wrong field is named at once.
//!
//! A number is read from its own text: an amount never passes through a float.

mod card_number;
mod duplicate;
mod field;
mod near;
mod nested;
mod number;
mod schema;
mod window;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use models::ids::{Id, Kind, Slug};
use models::money::{Currency, MAX_MINOR};
use models::{Date, Error, Invalid, Result, Timestamp};
use serde_json::value::RawValue;

/// Declares an input. See [`api_macros`].
pub use api_macros::Input;
pub use field::{Change, Field, Patch};
pub use nested::MetadataChanges;
pub use schema::{Described, Words, inner_schemas, parameters, schema};
pub use window::Window;

use schema::{Shape, Shapes};

/// What amounts in major units stay below.
const MAX_MAJOR: i64 = 1_000_000_000_000;

/// Something that is read from a body or a query.
pub trait Input: Sized {
    /// Reads all fields. `None` where one of them is wrong or missing, which `fields` then knows.
    fn read(fields: &mut Fields<'_>) -> Option<Self>;
}

/// Nothing: whatever is given is not known.
impl Input for () {
    fn read(_fields: &mut Fields<'_>) -> Option<Self> {
        Some(())
    }
}

/// The fields of one object, and what is wrong with them so far.
#[derive(Debug)]
pub struct Fields<'a> {
    prefix: String,
    entries: BTreeMap<String, Raw<'a>>,
    known: Vec<&'static str>,
    invalid: Invalid,
    /// Whether a field that nobody asked for is ignored, whatever it looks like.
    lenient: bool,
    /// Names that the input has more than once.
    repeated: BTreeSet<String>,
    /// What is asked for, where that is all that somebody wants to know.
    shapes: Option<Shapes>,
}

#[derive(Debug, Clone)]
enum Raw<'a> {
    Json(&'a RawValue),
    Text(String),
}

impl Raw<'_> {
    fn is_null(&self) -> bool {
        matches!(self, Self::Json(raw) if raw.get() == "null")
    }
}

enum Wrong {
    Type(&'static str),
    Value(&'static str, Cow<'static, str>),
}

impl<'a> Fields<'a> {
    /// The members of a JSON object.
    pub fn from_json(bytes: &'a [u8]) -> Result<Self> {
        // Only where it broke, never what stood there: a card number sent by mistake must not come back.
        let refuse = |error: serde_json::Error| {
            let detail = format!(
                "the body is not a JSON object (line {}, column {})",
                error.line(),
                error.column()
            );
            Error::invalid("", "invalid_json", detail)
        };
        let entries: BTreeMap<String, &RawValue> = serde_json::from_slice(bytes).map_err(refuse)?;
        let twice = std::str::from_utf8(bytes)
            .ok()
            .and_then(duplicate::duplicate);
        if let Some(pointer) = twice {
            let detail = "is there twice in its object";
            return Err(Error::invalid(pointer, "duplicate_field", detail));
        }
        Ok(Self::new(
            "/",
            entries
                .into_iter()
                .map(|(name, raw)| (name, Raw::Json(raw)))
                .collect(),
        ))
    }

    /// The parameters of a query string; the last one of a name counts where the reader is lenient.
    pub fn from_query(query: &str) -> Fields<'static> {
        let (mut entries, mut repeated) = (BTreeMap::new(), BTreeSet::new());
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let value = Raw::Text(value.into_owned());
            if entries.insert(name.clone().into_owned(), value).is_some() {
                repeated.insert(name.into_owned());
            }
        }
        Fields {
            repeated,
            ..Fields::new("?", entries)
        }
    }

    fn new(prefix: impl Into<String>, entries: BTreeMap<String, Raw<'a>>) -> Self {
        Self {
            prefix: prefix.into(),
            entries,
            known: Vec::new(),
            invalid: Invalid::default(),
            lenient: false,
            repeated: BTreeSet::new(),
            shapes: None,
        }
    }

    /// An empty input that keeps what is asked of it: reading it describes it.
    pub(super) fn describing() -> Fields<'static> {
        Fields {
            shapes: Some(Shapes::default()),
            ..Fields::new("/", BTreeMap::new())
        }
    }

    /// Notes what a field looks like, where somebody wants to know.
    fn note(&mut self, name: &'static str, shape: impl FnOnce() -> Shape) {
        if let Some(shapes) = &mut self.shapes {
            shapes.add(name, shape());
        }
    }

    /// The same where a field that nobody asked for is ignored, also one that looks like a misspelt one, and a parameter without
    /// a value.
    #[must_use]
    pub fn leniently(mut self, lenient: bool) -> Self {
        self.lenient = lenient;
        self
    }

    /// All that is wrong. What nobody asked for is an error, too: to ignore it would be to do something else than was asked.
    ///
    /// Where something else is wrong, not every field may have been asked for, so only what looks misspelt is named; nor is one
    /// that is `null`, which asks for nothing: an input that has another of two that exclude each other reads that alone.
    pub fn finish(mut self) -> Invalid {
        let (code, what) = match self.prefix.as_str() {
            "?" => ("unknown_parameter", "parameter"),
            _ => ("unknown_field", "field"),
        };
        let mut wrong = Vec::new();
        for (name, raw) in &self.entries {
            if self.lenient || self.known.contains(&name.as_str()) {
                continue;
            }
            let detail = match near::near_miss(name, &self.known) {
                Some(meant) => {
                    format!("is not a {what} of this request; did you mean {meant:?}?")
                }
                None if self.good() && !raw.is_null() => {
                    format!("is not a {what} of this request")
                }
                None => continue,
            };
            wrong.push((self.pointer(name), detail));
        }
        for (pointer, detail) in wrong {
            self.invalid.push(pointer, code, detail);
        }
        if !self.lenient {
            for name in std::mem::take(&mut self.repeated) {
                self.reject(&name, "repeated_parameter", "is there more than once");
            }
        }
        self.invalid
    }

    /// Adds an error to a field that was read well but does not fit the others.
    pub fn reject(&mut self, name: &str, code: &'static str, detail: impl Into<String>) {
        self.invalid.push(self.pointer(name), code, detail);
    }

    /// The same for a field deeper in, by the path to it: `lines/0/amount`.
    pub fn reject_at(&mut self, path: &str, code: &'static str, detail: impl Into<String>) {
        self.invalid
            .push(format!("{}{path}", self.prefix), code, detail);
    }

    /// Whether the input has a field of that name: for those that may not be there.
    fn has(&self, name: &str) -> bool {
        self.entries.contains_key(name)
    }

    /// Whether the input gives that field a value, good or not: for those that exclude each other.
    pub fn gives(&self, name: &str) -> bool {
        match self.entries.get(name) {
            None => false,
            Some(Raw::Text(text)) => !text.is_empty(),
            Some(raw) => !raw.is_null(),
        }
    }

    /// Refuses a field that asks for something that does not exist: to ignore it would be to do something else than was asked.
    /// An empty value asks for nothing.
    pub fn unsupported(&mut self, name: &str, detail: &str) {
        let asks = match self.entries.get(name) {
            None => false,
            Some(Raw::Json(raw)) => !matches!(raw.get(), "null" | "[]" | "{}"),
            Some(Raw::Text(text)) => !text.is_empty(),
        };
        if asks {
            self.reject(name, "unsupported", detail);
        }
    }

    /// Refuses fields that cannot be changed.
    pub fn refuse_fixed(&mut self, names: &[&str], why: &str) {
        for name in names {
            if self.has(name) {
                self.reject(name, "immutable", why);
            }
        }
    }

    /// Whether nothing is wrong so far: the time for rules over several fields.
    pub fn good(&self) -> bool {
        self.invalid.fields.is_empty()
    }

    fn pointer(&self, name: &str) -> String {
        format!("{}{}", self.prefix, escaped(name))
    }

    fn take<T>(
        &mut self,
        name: &'static str,
        shape: impl FnOnce() -> Shape,
        read: impl FnOnce(&Raw<'a>) -> Result<T, Wrong>,
    ) -> Field<T> {
        self.note(name, shape);
        self.known.push(name);
        let raw = match self.entries.get(name) {
            None => return Field::absent(name),
            Some(raw) if raw.is_null() => return Field::null(name),
            Some(Raw::Text(text)) if text.is_empty() && self.lenient => return Field::absent(name),
            Some(Raw::Text(text)) if text.is_empty() => {
                self.reject(name, "empty", "must not be empty: leave it out instead");
                return Field::bad(name);
            }
            Some(raw) => raw,
        };
        match read(raw) {
            Ok(value) => Field::good(name, value),
            Err(Wrong::Type(expected)) => {
                self.reject(name, "invalid_type", format!("must be {expected}"));
                Field::bad(name)
            }
            Err(Wrong::Value(code, detail)) => {
                self.reject(name, code, detail);
                Field::bad(name)
            }
        }
    }

    /// Text of that many characters, without control characters other than line breaks and tabs, and without a card number.
    pub fn text(&mut self, name: &'static str, chars: RangeInclusive<usize>) -> Field<String> {
        let shape = || Shape::text(chars.clone());
        self.take(name, shape, |raw| plain(raw, &chars))
    }

    /// As [`Fields::text`] for one that holds other numbers by nature, which may look like those of cards: telephone numbers, ids
    /// of elsewhere. `pattern` is what it looks like, for the document.
    pub fn text_of_numbers(
        &mut self,
        name: &'static str,
        chars: RangeInclusive<usize>,
        pattern: Option<&'static str>,
    ) -> Field<String> {
        let shape = || {
            let text = Shape::text(chars.clone());
            match pattern {
                Some(pattern) => text.pattern(pattern),
                None => text,
            }
        };
        self.take(name, shape, |raw| bounded(raw, &chars))
    }

    /// As [`Fields::text`] for one that looks like `pattern`, which is for the document alone: the caller checks it.
    pub fn text_like(
        &mut self,
        name: &'static str,
        chars: RangeInclusive<usize>,
        pattern: &'static str,
    ) -> Field<String> {
        let shape = || Shape::text(chars.clone()).pattern(pattern);
        self.take(name, shape, |raw| plain(raw, &chars))
    }

    /// A field that can only be `null`, which removes what is there. Anything else is refused, and `why` says so.
    pub fn only_null(&mut self, name: &'static str, why: &'static str) -> Field<()> {
        self.take(name, Shape::null, |_| {
            Err(Wrong::Value("not_settable", why.into()))
        })
    }

    /// An e-mail address, in Unicode's composed form.
    pub fn email(&mut self, name: &'static str) -> Field<String> {
        let shape = || Shape::text(1..=254).format("email");
        self.take(name, shape, |raw| {
            let text = plain(raw, &(1..=254))?;
            if models::text::is_email(&text) {
                Ok(models::text::nfc(&text))
            } else {
                Err(Wrong::Value(
                    "invalid_email",
                    "must be an e-mail address".into(),
                ))
            }
        })
    }

    /// A whole number, in JSON also as `12.0` or `1e3`, which serializers of some languages write.
    pub fn integer(&mut self, name: &'static str, range: RangeInclusive<i64>) -> Field<i64> {
        let shape = || Shape::integer(range.clone());
        self.take(name, shape, |raw| {
            let number = match raw {
                Raw::Json(raw) => number::whole(raw.get()),
                Raw::Text(text) => number::digits(text),
            };
            let number = number.ok_or(Wrong::Type("a whole number"))?;
            Some(number)
                .filter(|number| range.contains(number))
                .ok_or_else(|| {
                    Wrong::Value(
                        "out_of_range",
                        format!("must be from {} to {}", range.start(), range.end()).into(),
                    )
                })
        })
    }

    /// A small whole number: days, months, units.
    pub fn count(&mut self, name: &'static str, range: RangeInclusive<u32>) -> Field<u32> {
        let wide = i64::from(*range.start())..=i64::from(*range.end());
        self.integer(name, wide)
            .map(|number| u32::try_from(number).unwrap_or_default())
    }

    /// An amount in minor units.
    pub fn minor(&mut self, name: &'static str, least: i64) -> Field<i64> {
        self.integer(name, least..=MAX_MINOR)
    }

    /// A decimal number of at most 12 digits before and 6 after the point, read from its text.
    pub fn decimal(&mut self, name: &'static str) -> Field<rust_decimal::Decimal> {
        self.take(name, Shape::number, |raw| {
            let digits = match raw {
                Raw::Json(raw) => raw.get(),
                Raw::Text(text) => text,
            };
            if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '-') {
                return Err(Wrong::Type("a number"));
            }
            let number = digits
                .parse::<rust_decimal::Decimal>()
                .or_else(|_| rust_decimal::Decimal::from_scientific(digits));
            let limit = rust_decimal::Decimal::from(MAX_MAJOR);
            number
                .ok()
                .map(|n| n.normalize())
                .filter(|n| n.scale() <= 6 && n.abs() < limit)
                .ok_or_else(|| {
                    Wrong::Value(
                        "out_of_range",
                        "must have at most 12 digits before and 6 after the decimal point".into(),
                    )
                })
        })
    }

    /// The same, not negative.
    pub fn quantity(&mut self, name: &'static str) -> Field<rust_decimal::Decimal> {
        self.note(name, Shape::amount);
        self.decimal(name).and_then(|quantity| {
            if quantity.is_zero() || quantity.is_sign_positive() {
                return Some(quantity.abs());
            }
            self.reject(name, "out_of_range", "must not be negative");
            None
        })
    }

    /// The same, above zero.
    pub fn above_zero(&mut self, name: &'static str) -> Field<rust_decimal::Decimal> {
        self.note(name, || Shape::amount().above_zero());
        self.decimal(name).and_then(|quantity| {
            if quantity.is_sign_positive() && !quantity.is_zero() {
                return Some(quantity);
            }
            self.reject(name, "out_of_range", "must be above 0");
            None
        })
    }

    /// An amount in major units, as a number or as a text of one: `42`, `42.50`, `"42"`. Not negative. Read from its own digits,
    /// never through a float; whether the currency has so many of them is for the handler to find out.
    pub fn major(&mut self, name: &'static str) -> Field<rust_decimal::Decimal> {
        self.take(name, Shape::amount, |raw| {
            let text = match raw {
                Raw::Json(raw) if raw.get().starts_with('"') => string(&Raw::Json(raw))?,
                Raw::Json(raw) => raw.get().to_owned(),
                Raw::Text(text) => text.clone(),
            };
            // `Decimal` reads more than JSON does: underscores, a leading point or plus.
            let plain = |c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E');
            if !text.starts_with(|c: char| c.is_ascii_digit() || c == '-')
                || !text.chars().all(plain)
            {
                return Err(Wrong::Type("a number"));
            }
            let number = text
                .parse::<rust_decimal::Decimal>()
                .or_else(|_| rust_decimal::Decimal::from_scientific(&text));
            let limit = rust_decimal::Decimal::from(1_000_000_000_000_i64);
            number
                .ok()
                .map(|number| number.normalize())
                .filter(|number| number.scale() <= 4 && *number < limit)
                .filter(|number| !number.is_sign_negative() || number.is_zero())
                .ok_or_else(|| {
                    let detail = "must be an amount in major units like 42.50: not negative, and with at most 4 digits after the point";
                    Wrong::Value("out_of_range", detail.into())
                })
        })
    }

    /// `true` or `false`.
    pub fn boolean(&mut self, name: &'static str) -> Field<bool> {
        self.take(name, Shape::boolean, |raw| {
            let text = match raw {
                Raw::Json(raw) => raw.get(),
                Raw::Text(text) => text,
            };
            text.parse().or(Err(Wrong::Type("true or false")))
        })
    }

    /// One of a list of names.
    pub fn choice<T: Copy>(
        &mut self,
        name: &'static str,
        choices: &[(&'static str, T)],
    ) -> Field<T> {
        let shape = || Shape::choice(choices.iter().map(|(spelling, _)| *spelling));
        self.take(name, shape, |raw| {
            let text = string(raw)?;
            let found = choices
                .iter()
                .find(|(spelling, _)| *spelling == text)
                .map(|(_, value)| *value);
            found.ok_or_else(|| {
                let names: Vec<&str> = choices.iter().map(|(spelling, _)| *spelling).collect();
                Wrong::Value(
                    "invalid_choice",
                    format!("must be one of {}", names.join(", ")).into(),
                )
            })
        })
    }

    /// The id of a record of kind `K`. Whether it exists is for the handler to find out.
    pub fn id<K: Kind>(&mut self, name: &'static str) -> Field<Id<K>> {
        self.parse(name, Shape::id::<K>, "invalid_id", || {
            format!("must be the id of a {}, like {}123", K::NAME, K::PREFIX)
        })
    }

    /// A name that the caller chose, of kind `K`.
    pub fn slug<K: Kind>(&mut self, name: &'static str) -> Field<Slug<K>> {
        let shape = || Shape::text(1..=64).pattern("^[A-Za-z0-9_-]+$");
        self.parse(name, shape, "invalid_id", || {
            "must be 1 to 64 of the characters A-Z a-z 0-9 _ -".to_owned()
        })
    }

    /// A moment in RFC 3339.
    pub fn timestamp(&mut self, name: &'static str) -> Field<Timestamp> {
        let shape = || Shape::string().format("date-time");
        self.parse(name, shape, "invalid_timestamp", || {
            "must be a date and time like 2027-01-31T00:00:00Z".to_owned()
        })
    }

    /// A day.
    pub fn date(&mut self, name: &'static str) -> Field<Date> {
        let shape = || Shape::string().format("date");
        self.parse(name, shape, "invalid_date", || {
            "must be a date like 2027-01-31".to_owned()
        })
    }

    /// A currency.
    pub fn currency(&mut self, name: &'static str) -> Field<Currency> {
        let shape = || Shape::text(3..=3).pattern("^[A-Za-z]{3}$");
        self.parse(name, shape, "invalid_currency", || {
            "must be a three-letter ISO 4217 code like USD".to_owned()
        })
    }

    /// A country as ISO 3166-1 names it in two letters, in capitals then.
    pub fn country(&mut self, name: &'static str) -> Field<String> {
        let shape = || Shape::text(2..=2).pattern("^[A-Za-z]{2}$");
        self.take(name, shape, |raw| {
            let text = string(raw)?;
            if text.len() == 2 && text.bytes().all(|b| b.is_ascii_alphabetic()) {
                return Ok(text.to_ascii_uppercase());
            }
            let detail = "must be a two-letter ISO 3166 code like CA";
            Err(Wrong::Value("invalid_country", detail.into()))
        })
    }

    fn parse<T: std::str::FromStr>(
        &mut self,
        name: &'static str,
        shape: impl FnOnce() -> Shape,
        code: &'static str,
        detail: impl Fn() -> String,
    ) -> Field<T> {
        self.take(name, shape, |raw| {
            string(raw)?
                .parse()
                .map_err(|_error| Wrong::Value(code, detail().into()))
        })
    }
}

/// The pointer of the member `name` of the object at `pointer`, for what is found wrong after the input was read.
pub fn pointer_in(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", escaped(name))
}

/// A name as RFC 6901 has it in a pointer.
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

fn string(raw: &Raw<'_>) -> Result<String, Wrong> {
    match raw {
        Raw::Json(raw) => serde_json::from_str(raw.get()).or(Err(Wrong::Type("a text"))),
        Raw::Text(text) => Ok(text.clone()),
    }
}

/// As [`bounded`], without a card number.
fn plain(raw: &Raw<'_>, chars: &RangeInclusive<usize>) -> Result<String, Wrong> {
    let text = bounded(raw, chars)?;
    card_number::refuse(&text)?;
    Ok(text)
}

fn bounded(raw: &Raw<'_>, chars: &RangeInclusive<usize>) -> Result<String, Wrong> {
    let text = string(raw)?;
    let count = text.chars().count();
    if count > *chars.end() {
        return Err(Wrong::Value(
            "too_long",
            format!("must have at most {} characters", chars.end()).into(),
        ));
    }
    if count < *chars.start() || (*chars.start() > 0 && text.trim().is_empty()) {
        return Err(Wrong::Value(
            "too_short",
            format!("must have at least {} characters", chars.start()).into(),
        ));
    }
    if text
        .chars()
        .any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
    {
        return Err(Wrong::Value(
            "invalid_characters",
            "must not contain control characters".into(),
        ));
    }
    Ok(text)
}

#[cfg(test)]
mod tests;
