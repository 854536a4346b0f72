//! The order in which events entered the log of a business: a list without gaps.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::ids::{self, Id};
use crate::time::Timestamp;

/// Events in one page: their ids fill less than a write unit.
pub const FEED_PAGE: u64 = 80;

/// One page of the feed. Every page before the last one is full, so a place in it is a number, counted from 1 without gaps:
/// who has read up to a number has missed nothing before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedPage {
    /// The number of the page, from 0.
    pub page: u64,
    /// Ids of events, in the order in which they were logged.
    pub ids: Vec<u64>,
    /// When the last one was added, by the machine's clock.
    pub at: Timestamp,
}

impl FeedPage {
    /// An empty page.
    pub const fn new(page: u64, at: Timestamp) -> Self {
        Self {
            page,
            ids: Vec::new(),
            at,
        }
    }

    /// The page and the index in it that a position has.
    pub const fn place(position: u64) -> (u64, u64) {
        let before = position.saturating_sub(1);
        (before.div_euclid(FEED_PAGE), before.rem_euclid(FEED_PAGE))
    }

    /// Whether it takes no more.
    pub fn is_full(&self) -> bool {
        u64::try_from(self.ids.len()).is_ok_and(|count| count >= FEED_PAGE)
    }

    /// Whether the event is on it.
    pub fn has(&self, id: Id<ids::Event>) -> bool {
        self.ids.contains(&id.number())
    }

    /// Adds what still fits and returns how many events that were.
    pub fn fill(&mut self, ids: &[Id<ids::Event>], at: Timestamp) -> usize {
        let most = usize::try_from(FEED_PAGE).unwrap_or(usize::MAX);
        let room = most.saturating_sub(self.ids.len());
        self.ids.extend(ids.iter().take(room).map(|id| id.number()));
        self.at = at;
        ids.len().min(room)
    }

    /// The events on it after `position`, each with its own position.
    pub fn after(&self, position: u64) -> Result<Vec<(u64, Id<ids::Event>)>> {
        let first = self
            .page
            .checked_mul(FEED_PAGE)
            .ok_or_else(|| Error::internal("a feed without end"))?;
        let mut found = Vec::new();
        for (index, id) in (1_u64..).zip(&self.ids) {
            let at = first.saturating_add(index);
            if at > position {
                found.push((at, Id::new(*id)?));
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_without_gaps_over_pages() {
        let at = Timestamp::from_seconds(0);
        let ids: Vec<Id<ids::Event>> = (1..=100).map(|n| Id::new(n).unwrap()).collect();
        let (mut first, mut second) = (FeedPage::new(0, at), FeedPage::new(1, at));
        let placed = first.fill(&ids, at);
        assert_eq!(placed, 80);
        assert!(first.is_full());
        assert_eq!(second.fill(&ids[placed..], at), 20);
        let mut all = first.after(0).unwrap();
        all.extend(second.after(0).unwrap());
        let want: Vec<_> = (1..=100).zip(ids.clone()).collect();
        assert_eq!(all, want);
        assert_eq!(second.after(99).unwrap(), [(100, ids[99])]);
        assert_eq!(FeedPage::place(1), (0, 0));
        assert_eq!(FeedPage::place(80), (0, 79));
        assert_eq!(FeedPage::place(81), (1, 0));
        assert!(second.has(ids[99]) && !second.has(ids[0]));
    }
}
