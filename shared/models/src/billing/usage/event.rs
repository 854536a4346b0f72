//! One event of a log, and the report that it is made from.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rust_decimal::Decimal;
use sha2::{Digest, Sha256};

use crate::ids::{self, Id};
use crate::time::Timestamp;

/// 96 bits of a SHA-256: tells texts apart without keeping them, in 16 characters.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint([u8; 12]);

impl Fingerprint {
    /// Of the `idempotency_key` of a report.
    pub fn of_key(key: &str) -> Self {
        Self::of("key", key)
    }

    /// Of the header `Idempotency-Key` of a request, for the report at this place of it.
    pub fn of_header(key: &str, row: usize) -> Self {
        Self::of(&format!("header#{row}"), key)
    }

    /// Of a `unique_value`.
    pub fn of_value(value: &str) -> Self {
        Self::of("value", value)
    }

    fn of(what: &str, text: &str) -> Self {
        let digest = Sha256::digest(format!("{what}#{text}"));
        let mut bytes = [0; 12];
        for (byte, from) in bytes.iter_mut().zip(digest) {
            *byte = from;
        }
        Self(bytes)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}
impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is not a fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a fingerprint")]
pub struct NotAFingerprint;

impl FromStr for Fingerprint {
    type Err = NotAFingerprint;

    fn from_str(text: &str) -> Result<Self, NotAFingerprint> {
        let bytes = URL_SAFE_NO_PAD.decode(text).or(Err(NotAFingerprint))?;
        Ok(Self(bytes.try_into().or(Err(NotAFingerprint))?))
    }
}

/// What somebody reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageReport {
    /// How much, as a decimal: `1.5` GB is a quantity too. Not negative.
    pub quantity: Decimal,
    /// When, in whole seconds; the moment at which we hear of it where it is absent.
    pub timestamp: Option<Timestamp>,
    /// What makes a second report the same report, for a day.
    pub key: Option<Fingerprint>,
    /// What the aggregation `unique` counts.
    pub unique_value: Option<Fingerprint>,
}

impl UsageReport {
    /// Whether this is what `event` was made from. A report without a time says nothing of the time.
    pub fn is_that_of(&self, event: &UsageEvent) -> bool {
        self.quantity == event.quantity
            && self.unique_value == event.unique_value
            && self.timestamp.is_none_or(|at| at == event.timestamp)
    }

    /// Whether this is `before` once more, both received at `now`.
    pub fn repeats(&self, before: &Self, now: Timestamp) -> bool {
        self.quantity == before.quantity
            && self.unique_value == before.unique_value
            && self
                .timestamp
                .is_none_or(|at| at == before.timestamp.unwrap_or(now))
    }
}

/// What an event of a log is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UsageKind {
    /// Something was used.
    Usage,
    /// The quantity of that event is another one.
    Amendment(Id<ids::Usage>),
    /// That event does not count.
    Deprecation(Id<ids::Usage>),
}

impl UsageKind {
    /// The event that is corrected.
    pub const fn corrects(self) -> Option<Id<ids::Usage>> {
        match self {
            Self::Usage => None,
            Self::Amendment(id) | Self::Deprecation(id) => Some(id),
        }
    }
}

/// One event of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageEvent {
    /// Its id.
    pub id: Id<ids::Usage>,
    /// What it is.
    pub kind: UsageKind,
    /// How much; the new quantity of an amendment, zero of a deprecation.
    pub quantity: Decimal,
    /// When it was used, in whole seconds; of a correction, when the corrected event was.
    pub timestamp: Timestamp,
    /// When we heard of it, in whole seconds.
    pub created: Timestamp,
    /// The start of the period that it counts in.
    pub period: Timestamp,
    /// Whether it belongs to an earlier period.
    pub late: bool,
    /// What makes a second report the same report.
    pub key: Option<Fingerprint>,
    /// What the aggregation `unique` counts.
    pub unique_value: Option<Fingerprint>,
}

impl UsageEvent {
    /// Whether its own time is after that moment, rather than of an earlier period.
    pub(super) fn is_after(&self, at: Timestamp) -> bool {
        !self.late && self.timestamp > at
    }

    /// The start of the period that it counts in, in a log that is closed until then: what was reported ahead of its time was left
    /// open.
    pub(super) fn counts_in(&self, closed_until: Option<Timestamp>) -> Timestamp {
        match closed_until {
            Some(closed) if self.is_after(closed) => self.period.max(closed),
            Some(_) | None => self.period,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_has_sixteen_characters_and_is_read_back() {
        let key = Fingerprint::of_key("report-2025-06-27");
        assert_eq!(key.to_string().len(), 16);
        assert_eq!(key.to_string().parse(), Ok(key));
        assert_eq!("short".parse::<Fingerprint>(), Err(NotAFingerprint));
    }

    #[test]
    fn a_key_a_header_and_a_value_of_one_text_are_three() {
        let all = [
            Fingerprint::of_key("a"),
            Fingerprint::of_value("a"),
            Fingerprint::of_header("a", 0),
            Fingerprint::of_header("a", 1),
        ];
        for (index, one) in all.iter().enumerate() {
            assert!(!all[index + 1..].contains(one));
        }
    }
}
