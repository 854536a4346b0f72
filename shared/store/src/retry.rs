//! Trying again where somebody else wrote first.

use models::ids::{Id, Kind};
use models::{Error, Result};

use crate::table::backoff;

/// With the waits in between, these take about twenty seconds.
const MAX_ATTEMPTS: u32 = 64;
/// Ids that are looked at where other records have the first ones.
const MAX_NEIGHBOURS: u32 = 4096;

/// Attempts at one write, which others may be faster with.
///
/// A loop reads, decides and writes; where a condition of the write did not hold, [`Retry::again`] stands at its end.
#[derive(Debug)]
pub struct Retry {
    what: &'static str,
    attempts: u32,
    neighbours: u32,
}

impl Retry {
    /// The first attempt; `what` is what others may be changing, as the error says it ("the invoice").
    pub const fn of(what: &'static str) -> Self {
        Self {
            what,
            attempts: 0,
            neighbours: 0,
        }
    }

    /// Waits for a random time, longer with each attempt, so that those who met once do not meet again. An error where there
    /// were too many.
    pub async fn again(&mut self) -> Result<()> {
        let attempt = self.attempts;
        self.attempts = attempt.saturating_add(1);
        self.bound(self.attempts, MAX_ATTEMPTS)?;
        backoff(attempt).await;
        Ok(())
    }

    /// The next id to try where another record has `id`. An error where there were too many.
    pub fn next_id<K: Kind>(&mut self, id: Id<K>) -> Result<Id<K>> {
        self.neighbours = self.neighbours.saturating_add(1);
        self.bound(self.neighbours, MAX_NEIGHBOURS)?;
        id.successor()
    }

    fn bound(&self, count: u32, most: u32) -> Result<()> {
        if count < most {
            return Ok(());
        }
        let what = self.what;
        Err(Error::Unavailable(format!(
            "too many requests are changing {what}; retry"
        )))
    }
}

#[cfg(test)]
mod tests {
    use models::ids;

    use super::*;

    #[test]
    fn a_walk_to_a_free_id_ends() {
        let (mut retry, mut steps) = (Retry::of("the event"), 0);
        let mut id: Id<ids::Event> = Id::new(7).unwrap();
        let error = loop {
            match retry.next_id(id) {
                Ok(next) => (id, steps) = (next, steps + 1),
                Err(error) => break error,
            }
        };
        assert_eq!((id.number(), steps), (4102, 4095));
        let text = "too many requests are changing the event; retry";
        assert!(matches!(error, Error::Unavailable(detail) if detail == text));
    }
}
