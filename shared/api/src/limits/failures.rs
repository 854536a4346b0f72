//! Failed attempts: who fails too often is locked out, for longer with each further failure.
//!
//! The first few failures of a minute cost nothing and are not counted; the others are counted in the table, by the hour.

use std::collections::HashMap;
use std::sync::Mutex;

use models::{Error, Result, Timestamp};

use super::{Now, minute_of};

/// Failures a minute that a process does not count.
const FREE_FAILURES: u32 = 5;
/// Failures that are counted before anybody is locked out.
const LOCKS_AFTER: u64 = 10;
/// A lock is a second at first, twice as long with each further failure, and never longer than that.
const MAX_LOCK_SECONDS: i64 = 900;
/// One process remembers that many who failed.
const REMEMBERED: usize = 4096;

/// Who failed lately.
#[derive(Debug, Default)]
pub(super) struct Failures(Mutex<HashMap<String, Record>>);

#[derive(Debug, Clone, Copy)]
struct Record {
    minute: i64,
    failures: u32,
    locked_until: Timestamp,
}

impl Failures {
    /// An error while `who` is locked out.
    pub(super) fn check(&self, now: Timestamp, who: &str) -> Result<()> {
        let known = self.0.lock().map_err(Error::internal)?.get(who).copied();
        let left = known.map_or(0, |known| known.locked_until.millis() - now.millis());
        if left <= 0 {
            return Ok(());
        }
        let seconds = left.saturating_add(999).div_euclid(1000);
        Err(Error::too_many(u32::try_from(seconds).unwrap_or(1)))
    }

    /// `who` failed once more.
    pub(super) async fn note(&self, now: Now<'_>, who: &str) {
        if self.is_free(now.at, who) {
            return;
        }
        let failures = match now.table.count_failure(who, now.at).await {
            Ok(failures) => failures,
            Err(error) => {
                tracing::warn!(%error, "a failed attempt could not be counted");
                return;
            }
        };
        let lock = lock_seconds(failures);
        if lock > 0
            && let Ok(mut known) = self.0.lock()
            && let Some(record) = known.get_mut(who)
        {
            record.locked_until = record.locked_until.max(now.at.plus_seconds(lock));
        }
    }

    fn is_free(&self, now: Timestamp, who: &str) -> bool {
        let Ok(mut known) = self.0.lock() else {
            return false;
        };
        let minute = minute_of(now);
        if known.len() >= REMEMBERED {
            known.retain(|_, record| record.minute == minute || record.locked_until > now);
        }
        let record = known.entry(who.to_owned()).or_insert(Record {
            minute,
            failures: 0,
            locked_until: Timestamp::from_seconds(0),
        });
        if record.minute != minute {
            (record.minute, record.failures) = (minute, 0);
        }
        record.failures = record.failures.saturating_add(1);
        record.failures <= FREE_FAILURES
    }
}

/// How long somebody is locked out after so many failures in an hour.
fn lock_seconds(failures: u64) -> i64 {
    let Some(beyond) = failures.checked_sub(LOCKS_AFTER) else {
        return 0;
    };
    let doubled = u32::try_from(beyond)
        .ok()
        .and_then(|times| 1_i64.checked_shl(times));
    doubled
        .filter(|seconds| (1..MAX_LOCK_SECONDS).contains(seconds))
        .unwrap_or(MAX_LOCK_SECONDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_grows_and_has_an_end() {
        let locks: Vec<i64> = [0, 9, 10, 11, 12, 19, 20, 74, 75, 1000]
            .into_iter()
            .map(lock_seconds)
            .collect();
        assert_eq!(locks, [0, 0, 1, 2, 4, 512, 900, 900, 900, 900]);
    }
}
