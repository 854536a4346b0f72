//! The right to ask the gateway about a payment or a refund, which one worker has at a time.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// How long a worker has it: longer than a gateway may take in all, and shorter than a test clock waits for what it began.
pub const LEASE_SECONDS: i64 = 19;

/// What is left of it when the gateway is not waited for any longer: clocks differ, and an answer is written down.
const SPARE_MILLIS: i64 = 3_000;

/// Who asks has it until then. It goes by the machine's clock, not by that of the business.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// When the gateway was to be asked first.
    pub since: Timestamp,
    /// Nobody else asks before.
    pub until: Timestamp,
}

impl Lease {
    /// That of the worker that is the first to ask.
    pub fn first(wall: Timestamp) -> Self {
        Self {
            since: wall,
            until: wall.plus_seconds(LEASE_SECONDS),
        }
    }

    /// For how long the gateway may know of what it is asked about: zero for the first to ask.
    pub fn age(self, wall: Timestamp) -> Duration {
        Duration::from_secs(
            u64::try_from(wall.seconds().saturating_sub(self.since.seconds())).unwrap_or_default(),
        )
    }

    /// For how long it may be asked at most, with all calls that this takes: with [`SPARE_MILLIS`] left, nobody else asks before.
    pub fn rest(self, wall: Timestamp) -> Duration {
        let millis = self
            .until
            .millis()
            .saturating_sub(wall.millis())
            .saturating_sub(SPARE_MILLIS);
        Duration::from_millis(u64::try_from(millis).unwrap_or_default())
    }

    /// The same when the gateway has answered that it does not know yet: anybody may ask again.
    #[must_use]
    pub const fn over(self, wall: Timestamp) -> Self {
        Self {
            until: wall,
            ..self
        }
    }

    /// That of a worker that asks after another: `None` where that one may still be asking.
    pub fn next(before: Option<Self>, wall: Timestamp) -> Option<Self> {
        let since = match before {
            Some(lease) if lease.until > wall => return None,
            Some(lease) => lease.since,
            None => wall,
        };
        Some(Self {
            since,
            ..Self::first(wall)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_worker_has_it_until_it_runs_out() {
        let noon: Timestamp = "2026-01-15T12:00:00Z".parse().unwrap();
        let first = Lease::first(noon);
        let later = |seconds| Lease::next(Some(first), noon.plus_seconds(seconds));
        assert_eq!(later(0), None);
        assert_eq!(later(LEASE_SECONDS - 1), None);
        let second = later(LEASE_SECONDS).unwrap();
        assert_eq!(second.since, noon);
        assert_eq!(second.until, noon.plus_seconds(2 * LEASE_SECONDS));
        assert_eq!(Lease::next(None, noon), Some(first));
        assert_eq!(first.rest(noon), Duration::from_secs(16));
        assert_eq!(first.rest(noon.plus_seconds(17)), Duration::ZERO);
        let answered = first.over(noon.plus_seconds(1));
        let next = Lease::next(Some(answered), noon.plus_seconds(1)).unwrap();
        assert_eq!(next.since, noon);
    }
}
