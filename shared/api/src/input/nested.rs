//! Fields that hold more than one value: lists, objects, maps.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use models::ids::{Id, Kind};
use models::metadata::{MAX_KEY_CHARS, MAX_KEYS, MAX_VALUE_CHARS};
use models::{Error, Metadata};
use rust_decimal::Decimal;
use serde_json::value::RawValue;

use super::card_number;
use super::schema::{Described, Shape};
use super::{Field, Fields, Input, Patch, Raw, Wrong, pointer_in};

impl Fields<'_> {
    /// A list of so many texts of so many characters, each read by `item`.
    pub fn list<T>(
        &mut self,
        name: &'static str,
        count: RangeInclusive<usize>,
        chars: RangeInclusive<usize>,
        item: impl Fn(&str) -> Result<T, String>,
    ) -> Field<Vec<T>> {
        let entry = Shape::text(chars.clone());
        self.list_of(name, count, entry, |text| {
            if chars.contains(&text.chars().count()) {
                return item(text);
            }
            Err(format!(
                "entries must have {} to {} characters",
                chars.start(),
                chars.end()
            ))
        })
    }

    /// A list of so many ids of records of kind `K`.
    pub fn ids<K: Kind>(
        &mut self,
        name: &'static str,
        count: RangeInclusive<usize>,
    ) -> Field<Vec<Id<K>>> {
        self.list_of(name, count, Shape::id::<K>(), |text| {
            text.parse()
                .map_err(|_error| format!("must be ids of {}s, like {}123", K::NAME, K::PREFIX))
        })
    }

    fn list_of<T>(
        &mut self,
        name: &'static str,
        count: RangeInclusive<usize>,
        entry: Shape,
        item: impl Fn(&str) -> Result<T, String>,
    ) -> Field<Vec<T>> {
        let shape = || entry.list(count.clone());
        self.take(name, shape, |raw| {
            let Raw::Json(raw) = raw else {
                return Err(Wrong::Type("a list"));
            };
            let texts: Vec<String> =
                serde_json::from_str(raw.get()).or(Err(Wrong::Type("a list of texts")))?;
            if !count.contains(&texts.len()) {
                let (code, bound) = if texts.len() > *count.end() {
                    ("too_many", format!("at most {}", count.end()))
                } else {
                    ("too_few", format!("at least {}", count.start()))
                };
                return Err(Wrong::Value(
                    code,
                    format!("must have {bound} entries").into(),
                ));
            }
            card_number::refuse_each(texts.iter().map(String::as_str))?;
            let read = texts
                .iter()
                .map(|text| item(text))
                .collect::<Result<_, String>>();
            read.map_err(|detail| Wrong::Value("invalid_entry", detail.into()))
        })
    }

    /// Another input in this one.
    pub fn input<T: Described>(&mut self, name: &'static str) -> Field<T> {
        self.note(name, Shape::of::<T>);
        self.known.push(name);
        let raw = match self.entries.get(name) {
            None => return Field::absent(name),
            Some(raw) if raw.is_null() => return Field::null(name),
            Some(Raw::Json(raw)) => *raw,
            Some(Raw::Text(_)) => {
                self.reject(name, "invalid_type", "must be an object");
                return Field::bad(name);
            }
        };
        let prefix = format!("{}/", self.pointer(name));
        match self.inner(prefix, raw) {
            Some(value) => Field::good(name, value),
            None => Field::bad(name),
        }
    }

    /// A list of other inputs. Errors name the place: `/tiers/0/up_to`.
    pub fn inputs<T: Described>(
        &mut self,
        name: &'static str,
        count: RangeInclusive<usize>,
    ) -> Field<Vec<T>> {
        let shape = || Shape::of::<T>().list(count.clone());
        let rows = self.take(name, shape, |raw| {
            let Raw::Json(raw) = raw else {
                return Err(Wrong::Type("a list of objects"));
            };
            let rows: Vec<&RawValue> =
                serde_json::from_str(raw.get()).or(Err(Wrong::Type("a list of objects")))?;
            if count.contains(&rows.len()) {
                return Ok(rows);
            }
            let (least, most) = (count.start(), count.end());
            let code = if rows.len() > *most {
                "too_many"
            } else {
                "too_few"
            };
            let detail = format!("must have {least} to {most} entries");
            Err(Wrong::Value(code, detail.into()))
        });
        rows.and_then(|rows| {
            let pointer = self.pointer(name);
            let read = rows
                .into_iter()
                .enumerate()
                .map(|(index, raw)| self.inner(format!("{pointer}/{index}/"), raw));
            // All are read before the first bad one decides: every wrong field is named.
            let read: Vec<Option<T>> = read.collect();
            read.into_iter().collect()
        })
    }

    /// The value of an object whose fields' pointers begin with `prefix`; `None` where one of them is wrong.
    fn inner<T: Input>(&mut self, prefix: String, raw: &RawValue) -> Option<T> {
        let Ok(entries) = serde_json::from_str::<BTreeMap<String, &RawValue>>(raw.get()) else {
            let pointer = prefix.trim_end_matches('/');
            self.invalid
                .push(pointer, "invalid_type", "must be an object");
            return None;
        };
        let entries = entries
            .into_iter()
            .map(|(name, raw)| (name, Raw::Json(raw)))
            .collect();
        let mut inner = Fields::new(prefix, entries).leniently(self.lenient);
        let value = T::read(&mut inner);
        let invalid = inner.finish();
        let good = invalid.fields.is_empty();
        self.invalid.fields.extend(invalid.fields);
        value.filter(|_| good)
    }

    /// `metadata` of a new record: texts by name, within Stripe's limits. A key with `null` or an empty text is not there.
    pub fn metadata(&mut self) -> Field<Metadata> {
        let shape = || Shape::metadata(false);
        self.take("metadata", shape, |raw| {
            let set = |(key, value): (String, Option<String>)| value.map(|value| (key, value));
            Ok(read_metadata(raw)?.into_iter().filter_map(set).collect())
        })
    }

    /// What a `PATCH` says of `metadata`, as Stripe reads it: keys that are given are set, those with `null` or an empty text are
    /// removed, all others stay. `null` removes all.
    pub fn metadata_changes(&mut self) -> MetadataChanges {
        let shape = || Shape::metadata(true);
        MetadataChanges(self.take("metadata", shape, read_metadata).patch())
    }

    /// Texts by names of the caller's own, at most `most`, each read well where `check` says so. Errors name the place:
    /// `/headers/X-Env`.
    pub fn texts(
        &mut self,
        name: &'static str,
        most: usize,
        check: impl Fn(&str, &str) -> Result<(), String>,
    ) -> Field<BTreeMap<String, String>> {
        let shape = || Shape::map(&Shape::string(), most);
        let texts = self.take(name, shape, |raw| {
            let Raw::Json(raw) = raw else {
                return Err(Wrong::Type("an object of texts"));
            };
            let map: BTreeMap<String, String> = serde_json::from_str(raw.get())
                .or(Err(Wrong::Type("an object whose values are texts")))?;
            if map.len() > most {
                let detail = format!("must have at most {most} entries");
                return Err(Wrong::Value("too_many", detail.into()));
            }
            let texts = map.iter().flat_map(|(name, text)| [name, text]);
            card_number::refuse_each(texts.map(String::as_str))?;
            Ok(map)
        });
        texts.and_then(|map| {
            let mut good = true;
            for (key, value) in &map {
                if let Err(detail) = check(key, value) {
                    good = false;
                    let pointer = pointer_in(&self.pointer(name), key);
                    self.invalid.push(pointer, "invalid_entry", detail);
                }
            }
            good.then_some(map)
        })
    }

    /// Any JSON object, e.g. the data of a test event, of at most `most` bytes.
    pub fn json_object(
        &mut self,
        name: &'static str,
        most: usize,
    ) -> Field<serde_json::Map<String, serde_json::Value>> {
        self.take(name, Shape::object, |raw| {
            let Raw::Json(raw) = raw else {
                return Err(Wrong::Type("an object"));
            };
            if raw.get().len() > most {
                return Err(Wrong::Value(
                    "too_long",
                    format!("must have at most {most} bytes").into(),
                ));
            }
            let members: serde_json::Map<String, serde_json::Value> =
                serde_json::from_str(raw.get()).or(Err(Wrong::Type("an object")))?;
            card_number::refuse_in_members(&members)?;
            Ok(members)
        })
    }

    /// An object of texts, numbers and truth values: fields of the caller's own.
    pub fn scalars(&mut self, name: &'static str) -> Field<BTreeMap<String, serde_json::Value>> {
        self.take(name, Shape::scalars, |raw| {
            let Raw::Json(raw) = raw else { return Err(Wrong::Type("an object")) };
            let given: BTreeMap<String, &RawValue> =
                serde_json::from_str(raw.get()).or(Err(Wrong::Type("an object")))?;
            let mut map: BTreeMap<String, serde_json::Value> = BTreeMap::new();
            for (key, raw) in given {
                let value = serde_json::from_str(raw.get()).or(Err(Wrong::Type("an object")))?;
                if !is_kept(&value, raw.get()) {
                    let detail = "numbers must have at most 15 digits: send longer ones as texts";
                    return Err(Wrong::Value("invalid_value", detail.into()));
                }
                map.insert(key, value);
            }
            if map.len() > MAX_KEYS || map.keys().any(|key| key.is_empty() || key.chars().count() > MAX_KEY_CHARS) {
                let detail = format!("must have at most {MAX_KEYS} fields with names of 1 to {MAX_KEY_CHARS} characters");
                return Err(Wrong::Value("invalid_key", detail.into()));
            }
            let scalar = |value: &serde_json::Value| match value {
                serde_json::Value::String(text) => text.chars().count() <= MAX_VALUE_CHARS,
                serde_json::Value::Bool(_) | serde_json::Value::Number(_) => true,
                serde_json::Value::Null | serde_json::Value::Array(_) | serde_json::Value::Object(_) => false,
            };
            if !map.values().all(scalar) {
                let detail = format!("values must be texts of at most {MAX_VALUE_CHARS} characters, numbers, true or false");
                return Err(Wrong::Value("invalid_value", detail.into()));
            }
            card_number::refuse_each(map.keys().map(String::as_str))?;
            map.values().try_for_each(card_number::refuse_in)?;
            Ok(map)
        })
    }
}

/// Whether a value is kept as it was given: a number with all of its digits.
fn is_kept(value: &serde_json::Value, given: &str) -> bool {
    if !value.is_number() {
        return true;
    }
    let exact = |text: &str| {
        let number = Decimal::from_str_exact(text).or_else(|_| Decimal::from_scientific(text));
        number.ok().map(|number| number.normalize())
    };
    exact(given).is_some_and(|number| exact(&value.to_string()) == Some(number))
}

/// Texts by name; nothing by a name that is to be removed.
fn read_metadata(raw: &Raw<'_>) -> Result<BTreeMap<String, Option<String>>, Wrong> {
    let Raw::Json(raw) = raw else {
        return Err(Wrong::Type("an object of texts"));
    };
    let map: BTreeMap<String, Option<String>> =
        serde_json::from_str(raw.get()).or(Err(Wrong::Type("an object whose values are texts")))?;
    if map.len() > MAX_KEYS {
        let detail = format!("must have at most {MAX_KEYS} keys");
        return Err(Wrong::Value("too_many", detail.into()));
    }
    for (key, value) in &map {
        if key.is_empty() || key.chars().count() > MAX_KEY_CHARS {
            let detail = format!("keys must have 1 to {MAX_KEY_CHARS} characters");
            return Err(Wrong::Value("invalid_key", detail.into()));
        }
        if value
            .as_ref()
            .is_some_and(|value| value.chars().count() > MAX_VALUE_CHARS)
        {
            let detail = format!("values must have at most {MAX_VALUE_CHARS} characters");
            return Err(Wrong::Value("too_long", detail.into()));
        }
    }
    let texts = map
        .iter()
        .flat_map(|(key, value)| [Some(key), value.as_ref()]);
    card_number::refuse_each(texts.flatten().map(String::as_str))?;
    let set = |value: Option<String>| value.filter(|value| !value.is_empty());
    Ok(map
        .into_iter()
        .map(|(key, value)| (key, set(value)))
        .collect())
}

/// What a `PATCH` says of metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetadataChanges(Patch<BTreeMap<String, Option<String>>>);

impl MetadataChanges {
    /// The metadata after the change. A 400 where it would have too many keys then.
    pub fn apply(self, mut before: Metadata) -> models::Result<Metadata> {
        let changes = match self.0 {
            Patch::Keep => return Ok(before),
            Patch::Clear => return Ok(Metadata::new()),
            Patch::Set(changes) => changes,
        };
        for (key, value) in changes {
            match value {
                Some(value) => before.insert(key, value),
                None => before.remove(&key),
            };
        }
        if before.len() > MAX_KEYS {
            let detail =
                format!("must have at most {MAX_KEYS} keys, with those that are there already");
            return Err(Error::invalid("/metadata", "too_many", detail));
        }
        Ok(before)
    }
}
