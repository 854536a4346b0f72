//! Numbers in a row, taken for all who wait at the same moment with one write.
//!
//! A worker handles ten messages at once, so a billing run of thousands pays a tenth of a write unit for each number. Those
//! who come alone pay one. A number that was taken and not used, because the process died in between, is a gap.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use models::{Error, Result};

use crate::keys::Key;
use crate::table::Table;

/// Counters that one process remembers; only those that nobody waits at are forgotten.
const REMEMBERED: usize = 1024;

/// Who waits at which counter.
#[derive(Debug, Default)]
pub(crate) struct Numbers(Mutex<BTreeMap<(String, String), Arc<Counter>>>);

#[derive(Debug, Default)]
struct Counter {
    /// Those who want a number and have none yet.
    waiting: AtomicU64,
    /// Numbers that were taken for them.
    taken: tokio::sync::Mutex<VecDeque<u64>>,
}

impl Numbers {
    fn counter(&self, key: &Key) -> Result<Arc<Counter>> {
        let mut counters = self.0.lock().map_err(Error::internal)?;
        if counters.len() > REMEMBERED {
            counters.retain(|_, counter| Arc::strong_count(counter) > 1);
        }
        let name = (key.pk.clone(), key.sk.clone());
        Ok(Arc::clone(counters.entry(name).or_default()))
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
    /// The next number of a counter.
    pub(crate) async fn next_number(&self, key: Key) -> Result<u64> {
        let counter = self.numbers.counter(&key)?;
        let waiting = Waiting::at(&counter.waiting);
        let mut taken = counter.taken.lock().await;
        if let Some(number) = taken.pop_front() {
            return Ok(number);
        }
        // One breath for those who start at the same moment.
        tokio::task::yield_now().await;
        let wanted = waiting.0.load(Ordering::SeqCst).max(1);
        let last = self.increment(&key, wanted).await?;
        let first = last.saturating_sub(wanted).saturating_add(1);
        taken.extend(first.saturating_add(1)..=last);
        Ok(first)
    }
}
