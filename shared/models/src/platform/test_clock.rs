//! The clock of a business in test mode: it stands still until it is told to advance.

use serde::{Deserialize, Serialize};

use crate::choices;
use crate::error::{Error, Result};
use crate::time::{HORIZON, Timestamp};

choices! {
    /// Whether the clock has arrived.
    pub enum ClockStatus {
        /// It stands at `frozen_time`, and everything due until then has been done.
        Ready = "ready",
        /// It is on its way to `target`.
        Advancing = "advancing",
        /// Something due on the way could not be done; advancing again goes on from there.
        InternalFailure = "internal_failure",
    }
}

/// A clock goes two years with one call.
const MAX_ADVANCE_DAYS: i64 = 731;

/// A clock that stands still.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestClock {
    /// What the business takes for now.
    pub frozen_time: Timestamp,
    /// Whether it has arrived.
    pub status: ClockStatus,
    /// Where it is going.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<Timestamp>,
    /// Until when (wall clock) one worker alone moves it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leased_until: Option<Timestamp>,
    /// How often the worker that moves it asked whether the table's stream was read up to there.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub mark: u64,
    /// When the business got it (wall clock).
    pub created: Timestamp,
    /// When it was deleted: the business is back in real time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deleted: Option<Timestamp>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over a reference"
)]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// How far the table's stream was read: the events of all that was written before a clock had this mark are on the bus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamMark {
    /// The clock's.
    pub mark: u64,
}

impl TestClock {
    /// A clock that stands at `now`.
    pub fn frozen_at(now: Timestamp) -> Self {
        Self {
            frozen_time: now,
            status: ClockStatus::Ready,
            target: None,
            leased_until: None,
            mark: 0,
            created: now,
            deleted: None,
        }
    }

    /// Sends it on its way. Errors unless `to` is later than where it stands, by two years at most, and while it is on another way.
    pub fn advance(&mut self, to: Timestamp) -> Result<()> {
        if self.status == ClockStatus::Advancing {
            return Err(still_advancing());
        }
        if to <= self.frozen_time {
            let detail = format!(
                "must be after {}, where the test clock stands",
                self.frozen_time
            );
            return Err(invalid("not_later", detail));
        }
        if to >= HORIZON {
            return Err(invalid("too_late", format!("must be before {HORIZON}")));
        }
        let farthest = self.frozen_time.plus_days(MAX_ADVANCE_DAYS);
        if to > farthest {
            let detail = format!(
                "must be at most {farthest}, two years after {}; advance again from there",
                self.frozen_time
            );
            return Err(invalid("too_far", detail));
        }
        self.status = ClockStatus::Advancing;
        self.target = Some(to.whole_second());
        Ok(())
    }

    /// Gives the business back to real time. Errors while it is on its way: what is due on the way would be left half done.
    pub fn delete(&mut self, now: Timestamp) -> Result<()> {
        if self.status == ClockStatus::Advancing {
            return Err(still_advancing());
        }
        self.deleted = Some(now);
        Ok(())
    }

    /// Moves on to `at`, which something is due at. Never backwards.
    pub fn step(&mut self, at: Timestamp) {
        self.frozen_time = self.frozen_time.max(at.whole_second());
    }

    /// It has arrived.
    pub fn arrive(&mut self) {
        if let Some(target) = self.target.take() {
            self.step(target);
        }
        self.status = ClockStatus::Ready;
        self.leased_until = None;
    }
}

fn invalid(code: &'static str, detail: String) -> Error {
    Error::invalid("/to", code, detail)
}

fn still_advancing() -> Error {
    Error::conflict("test_clock_advancing", "the test clock is still advancing")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forward_only_and_one_way_at_a_time() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let mut clock = TestClock::frozen_at(at("2026-01-01T00:00:00Z"));
        assert!(clock.advance(at("2026-01-01T00:00:00Z")).is_err());
        assert!(clock.advance(at("2100-01-01T00:00:00Z")).is_err());
        assert!(clock.advance(at("2028-01-02T00:00:01Z")).is_err());
        let mut far = clock.clone();
        far.advance(at("2028-01-02T00:00:00Z")).unwrap();
        clock.advance(at("2026-03-01T00:00:00Z")).unwrap();
        assert!(clock.advance(at("2026-04-01T00:00:00Z")).is_err());
        assert!(clock.delete(at("2026-01-01T00:00:00Z")).is_err());
        clock.step(at("2026-02-01T00:00:00Z"));
        clock.step(at("2026-01-15T00:00:00Z"));
        assert_eq!(clock.frozen_time, at("2026-02-01T00:00:00Z"));
        clock.arrive();
        assert_eq!(clock.frozen_time, at("2026-03-01T00:00:00Z"));
        assert_eq!(clock.status, ClockStatus::Ready);
    }
}
