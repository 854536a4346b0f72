//! How many calls are taken: a bucket of tokens, one for each call, that fills again at a steady rate.
//!
//! A bucket is one number: the moment at which it is full again. So it needs no worker that fills it, and taking tokens is adding
//! to that number (the "generic cell rate algorithm").

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

const MICROS: i64 = 1_000_000;

/// The rate at which a bucket fills, and how many tokens it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateLimit {
    /// Tokens that come back each second.
    pub per_second: u32,
    /// Tokens in a full bucket.
    pub burst: u32,
}

impl RateLimit {
    /// Of a key's reads, and of its writes, where the operator did not set another one.
    pub const DEFAULT: Self = Self {
        per_second: 100,
        burst: 1000,
    };

    /// That many times as much.
    #[must_use]
    pub const fn times(self, factor: u32) -> Self {
        Self {
            per_second: self.per_second.saturating_mul(factor),
            burst: self.burst.saturating_mul(factor),
        }
    }

    /// Seconds in which an empty bucket fills, at least one.
    pub fn window_seconds(self) -> u32 {
        self.burst.div_ceil(self.per_second.max(1)).max(1)
    }

    /// Tokens that are in the bucket.
    pub fn available(self, bucket: Bucket, now: Timestamp) -> u32 {
        let missing = bucket.micros.saturating_sub(micros(now)).max(0);
        let filled = self.time_of(self.burst).saturating_sub(missing).max(0);
        let tokens = filled
            .saturating_mul(i64::from(self.per_second))
            .div_euclid(MICROS);
        u32::try_from(tokens).unwrap_or(u32::MAX).min(self.burst)
    }

    /// Seconds until that many tokens are in the bucket, at least one.
    pub fn wait_seconds(self, bucket: Bucket, tokens: u32, now: Timestamp) -> u32 {
        let filled = self.latest(tokens, now).micros;
        let wait = bucket.micros.saturating_sub(filled).max(0);
        let seconds = rounded_up(wait, MICROS);
        u32::try_from(seconds).unwrap_or(u32::MAX).max(1)
    }

    /// Microseconds in which that many tokens come back.
    pub fn time_of(self, tokens: u32) -> i64 {
        let per_second = i64::from(self.per_second.max(1));
        let time = i64::from(tokens).saturating_mul(MICROS);
        rounded_up(time, per_second)
    }

    /// The bucket that has just that many tokens: one that is full later has fewer.
    pub fn latest(self, tokens: u32, now: Timestamp) -> Bucket {
        let room = self
            .time_of(self.burst)
            .saturating_sub(self.time_of(tokens));
        Bucket {
            micros: micros(now).saturating_add(room.max(0)),
        }
    }
}

/// A bucket: when it is full again, in microseconds of Unix time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bucket {
    /// Microseconds of Unix time; any moment in the past is a full bucket.
    pub micros: i64,
}

impl Bucket {
    /// A bucket that is full at that moment.
    pub const fn full(now: Timestamp) -> Self {
        Self {
            micros: micros(now),
        }
    }
}

fn rounded_up(number: i64, by: i64) -> i64 {
    number.saturating_add(by).saturating_sub(1).div_euclid(by)
}

const fn micros(at: Timestamp) -> i64 {
    at.millis().saturating_mul(1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    #[test]
    fn a_bucket_fills_at_its_rate_and_holds_no_more_than_its_burst() {
        let limit = RateLimit::DEFAULT;
        let full = Bucket::full(NOW);
        assert_eq!(limit.available(full, NOW), 1000);
        assert_eq!(limit.available(Bucket::default(), NOW), 1000);
        let empty = Bucket {
            micros: full.micros + limit.time_of(1000),
        };
        assert_eq!(limit.available(empty, NOW), 0);
        assert_eq!(limit.available(empty, NOW.plus_seconds(1)), 100);
        assert_eq!(limit.available(empty, NOW.plus_seconds(10)), 1000);
        assert_eq!(limit.available(empty, NOW.plus_seconds(999)), 1000);
        assert_eq!(limit.wait_seconds(empty, 1, NOW), 1);
        assert_eq!(limit.wait_seconds(empty, 100, NOW), 1);
        assert_eq!(limit.wait_seconds(empty, 101, NOW), 2);
        assert_eq!(limit.wait_seconds(full, 1000, NOW), 1);
    }

    #[test]
    fn odd_rates_give_no_token_too_many() {
        for (per_second, burst) in [(3, 7), (1, 1), (7, 1000), (1_000_000, 10_000_000)] {
            let limit = RateLimit { per_second, burst };
            let mut bucket = Bucket::full(NOW);
            let mut taken = 0_u32;
            while limit.available(bucket, NOW) > 0 {
                let tokens = limit.available(bucket, NOW).div_ceil(3);
                assert!(bucket <= limit.latest(tokens, NOW));
                bucket.micros += limit.time_of(tokens);
                taken += tokens;
            }
            assert!(taken <= burst, "{per_second}/{burst}: {taken}");
            assert!(taken + 8 >= burst, "{per_second}/{burst}: {taken}");
        }
    }
}
