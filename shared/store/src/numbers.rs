//! Numbers in a row, taken for all who wait at the same moment with one write.
//!
//! A worker handles ten messages at once, so a billing run of thousands pays a tenth of a write unit for each number. Those
//! who come alone pay one. Whoever knows that it will want a number says so before it begins ([`Expected`]), and the first
//! that gets there waits a moment for the others: a moment costs less than a write. A number that was taken and not used,
//! because the process died in between or somebody else wrote the same invoice, is a gap.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use models::{Error, Result};
use tokio::sync::watch;

use crate::keys::Key;
use crate::table::Table;

/// Counters that one process remembers; only those that nobody waits at are forgotten.
const REMEMBERED: usize = 1024;
/// How long those who want a number wait for the next one who is expected. So long a Lambda function of 256 MB costs what a
/// write unit costs; mostly it is the time that the others' reads take anyway.
const PATIENCE: Duration = Duration::from_millis(180);

/// Who waits at which counter, and who is on the way to one.
#[derive(Debug, Default)]
pub(crate) struct Numbers {
    counters: Mutex<BTreeMap<(String, String), Arc<Counter>>>,
    crowd: watch::Sender<Crowd>,
}

/// Those who were expected at a counter since the process began.
#[derive(Debug, Clone, Copy, Default)]
struct Crowd {
    expected: u64,
    /// Those of them who got there, or need no number after all.
    come: u64,
}

/// Somebody on the way to a counter, until it gets there or gives up.
#[derive(Debug)]
pub(crate) struct Expected(Arc<Numbers>);

impl Expected {
    fn by(numbers: &Arc<Numbers>) -> Self {
        let more = |crowd: &mut Crowd| crowd.expected = crowd.expected.saturating_add(1);
        numbers.crowd.send_modify(more);
        Self(Arc::clone(numbers))
    }
}

impl Drop for Expected {
    fn drop(&mut self) {
        let more = |crowd: &mut Crowd| crowd.come = crowd.come.saturating_add(1);
        self.0.crowd.send_modify(more);
    }
}

#[derive(Debug, Default)]
struct Counter {
    /// Those who want a number and have none yet.
    waiting: AtomicU64,
    /// Numbers that were taken for them.
    taken: tokio::sync::Mutex<VecDeque<u64>>,
}

impl Numbers {
    fn counter(&self, key: &Key) -> Result<Arc<Counter>> {
        let mut counters = self.counters.lock().map_err(Error::internal)?;
        if counters.len() > REMEMBERED {
            counters.retain(|_, counter| Arc::strong_count(counter) > 1);
        }
        let name = (key.pk.clone(), key.sk.clone());
        Ok(Arc::clone(counters.entry(name).or_default()))
    }

    /// Waits until as many have come as are expected now, as long as one follows the other.
    async fn gather(&self) {
        let mut crowd = self.crowd.subscribe();
        let expected = crowd.borrow_and_update().expected;
        while crowd.borrow().come < expected {
            let next = tokio::time::timeout(PATIENCE, crowd.changed());
            if !matches!(next.await, Ok(Ok(()))) {
                break;
            }
        }
    }
}

/// Somebody who waits, also where the wait is broken off.
struct Waiting<'a>(&'a AtomicU64);

impl<'a> Waiting<'a> {
    fn at(count: &'a AtomicU64) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Table {
    /// Says that somebody will soon want a number, of whatever counter.
    pub(crate) fn expect_number(&self) -> Expected {
        Expected::by(&self.numbers)
    }

    /// The next number of a counter. `expected` is who comes for it, where that was said before.
    pub(crate) async fn next_number(&self, key: Key, expected: Option<Expected>) -> Result<u64> {
        let counter = self.numbers.counter(&key)?;
        let waiting = Waiting::at(&counter.waiting);
        drop(expected);
        let mut taken = counter.taken.lock().await;
        if let Some(number) = taken.pop_front() {
            return Ok(number);
        }
        // One breath for those who start at the same moment.
        tokio::task::yield_now().await;
        self.numbers.gather().await;
        let wanted = waiting.0.load(Ordering::SeqCst).max(1);
        let last = self.increment(&key, wanted).await?;
        let first = last.saturating_sub(wanted).saturating_add(1);
        taken.extend(first.saturating_add(1)..=last);
        Ok(first)
    }
}
