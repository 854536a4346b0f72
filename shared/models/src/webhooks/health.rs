//! How an endpoint is doing: what its deliveries have in common.

use serde::{Deserialize, Serialize};

use crate::ids::{self, Id};
use crate::time::Timestamp;

/// Attempts in a row without an answer, after which an endpoint is left alone.
const UNANSWERED_LIMIT: u32 = 3;
/// Seconds for which it is then left alone. Every wait of the schedule but the first is longer, so a delivery loses one
/// attempt to it at most.
const REST_SECONDS: i64 = 60;
/// Days of failed attempts alone after which an endpoint is disabled.
const DISABLE_DAYS: i64 = 5;

/// How attempts that were made together went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Answered with 2xx.
    pub succeeded: u32,
    /// Answered with anything else.
    pub refused: u32,
    /// Not answered at all, or not in time.
    pub unanswered: u32,
}

/// How an endpoint is doing. Written when that changes, so a healthy endpoint has none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// The endpoint.
    pub webhook_id: Id<ids::Webhook>,
    /// Since when every attempt has failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<Timestamp>,
    /// Attempts in a row that no answer came to; counted up to the limit.
    #[serde(default)]
    pub unanswered: u32,
    /// Until when it is left alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rest_until: Option<Timestamp>,
    /// The last minute (since 1970) in which the rate limit gave a turn.
    #[serde(default)]
    pub minute: i64,
    /// Turns given in that minute.
    #[serde(default)]
    pub turns: u32,
}

impl Health {
    /// An endpoint that nothing is known of.
    pub const fn new(webhook_id: Id<ids::Webhook>) -> Self {
        Self {
            webhook_id,
            failing_since: None,
            unanswered: 0,
            rest_until: None,
            minute: 0,
            turns: 0,
        }
    }

    /// Until when the endpoint is left alone, if it is.
    pub fn open_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.rest_until.filter(|until| *until > now)
    }

    /// Whether it did not answer so often that only one attempt at a time finds out whether it is back.
    pub const fn is_half_open(&self) -> bool {
        self.unanswered >= UNANSWERED_LIMIT
    }

    /// Leaves it alone from now on, but for whoever wrote that.
    pub fn rest(&mut self, now: Timestamp) {
        self.rest_until = Some(now.plus_seconds(REST_SECONDS));
    }

    /// Takes note of how attempts went.
    pub fn note(&mut self, tally: Tally, now: Timestamp) {
        if tally.succeeded > 0 {
            (self.failing_since, self.unanswered, self.rest_until) = (None, 0, None);
        } else if tally.refused > 0 {
            self.failing_since = self.failing_since.or(Some(now));
            (self.unanswered, self.rest_until) = (0, None);
        } else if tally.unanswered > 0 {
            self.failing_since = self.failing_since.or(Some(now));
            let unanswered = self.unanswered.saturating_add(tally.unanswered);
            self.unanswered = unanswered.min(UNANSWERED_LIMIT);
            if self.is_half_open() {
                self.rest(now);
            }
        }
    }

    /// Whether it has failed for so long since it was enabled that it is to be disabled.
    pub fn has_failed_long_enough(&self, enabled_since: Timestamp, now: Timestamp) -> bool {
        self.failing_since
            .is_some_and(|since| since.max(enabled_since).plus_days(DISABLE_DAYS) <= now)
    }

    /// Gives a turn to each of `wanted` attempts, at most `limit` in a minute: `None` is now, else when the minute of the
    /// turn begins.
    pub fn take_turns(
        &mut self,
        limit: u32,
        wanted: usize,
        now: Timestamp,
    ) -> Vec<Option<Timestamp>> {
        let this_minute = now.seconds().div_euclid(60);
        if self.minute < this_minute {
            (self.minute, self.turns) = (this_minute, 0);
        }
        let mut turns = Vec::with_capacity(wanted);
        for _ in 0..wanted {
            if self.turns >= limit.max(1) {
                (self.minute, self.turns) = (self.minute.saturating_add(1), 0);
            }
            self.turns = self.turns.saturating_add(1);
            let begins = Timestamp::from_seconds(self.minute.saturating_mul(60));
            turns.push((self.minute > this_minute).then_some(begins));
        }
        turns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    fn health() -> Health {
        Health::new(Id::new(1).unwrap())
    }

    const SILENCE: Tally = Tally {
        succeeded: 0,
        refused: 0,
        unanswered: 1,
    };
    const REFUSAL: Tally = Tally {
        succeeded: 0,
        refused: 1,
        unanswered: 0,
    };
    const SUCCESS: Tally = Tally {
        succeeded: 1,
        refused: 5,
        unanswered: 5,
    };

    #[test]
    fn who_does_not_answer_three_times_is_left_alone_for_a_minute() {
        let mut health = health();
        health.note(SILENCE, at(10));
        health.note(SILENCE, at(20));
        assert_eq!(health.open_until(at(20)), None);
        health.note(SILENCE, at(30));
        assert_eq!(health.open_until(at(31)), Some(at(90)));
        assert_eq!(health.open_until(at(90)), None);
        assert!(health.is_half_open());
        assert_eq!(health.failing_since, Some(at(10)));
        // An answer, even a refusal, says that somebody is there.
        health.note(REFUSAL, at(95));
        assert!(!health.is_half_open());
        health.note(SUCCESS, at(99));
        assert_eq!(health, Health::new(health.webhook_id));
    }

    #[test]
    fn five_days_of_failures_alone_are_enough() {
        let mut health = health();
        let enabled = at(0);
        health.note(REFUSAL, at(1000));
        let days = |n: i64| at(1000 + n * 86_400);
        assert!(!health.has_failed_long_enough(enabled, days(4)));
        assert!(health.has_failed_long_enough(enabled, days(5)));
        // Who enabled it since gives it five more days.
        assert!(!health.has_failed_long_enough(days(1), days(5)));
        health.note(SUCCESS, days(4));
        assert!(!health.has_failed_long_enough(enabled, days(5)));
    }

    #[test]
    fn no_minute_has_more_turns_than_the_limit() {
        let mut health = health();
        let now = at(61);
        assert_eq!(
            health.take_turns(3, 5, now),
            [None, None, None, Some(at(120)), Some(at(120))]
        );
        assert_eq!(
            health.take_turns(3, 2, at(90)),
            [Some(at(120)), Some(at(180))]
        );
        assert_eq!(health.take_turns(3, 1, at(185)), [None]);
        assert_eq!(health.take_turns(3, 1, at(10_000)), [None]);
    }
}
