//! Pages of usage that never change any more, as far as this process remembers them.
//!
//! Who looks for an earlier key reads all pages of the last 24 hours, and who counts different values those of the period.
//! All but the newest are sealed, so a process reads each of them once and then only what is new.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use models::billing::UsagePage;

use crate::keys::Key;

/// Events that are remembered: about 100 bytes each.
const MAX_EVENTS: usize = 200_000;

/// The pages that were needed last.
#[derive(Debug, Default)]
pub(crate) struct SealedPages(Mutex<Generations>);

/// Two generations: what is not needed while the younger one fills up is forgotten with the older one.
#[derive(Debug, Default)]
struct Generations {
    young: HashMap<Key, Arc<UsagePage>>,
    old: HashMap<Key, Arc<UsagePage>>,
    young_events: usize,
}

impl SealedPages {
    /// The page at that key, where it is remembered.
    pub(crate) fn get(&self, key: &Key) -> Option<Arc<UsagePage>> {
        let mut pages = self.0.lock().ok()?;
        if let Some(page) = pages.young.get(key) {
            return Some(Arc::clone(page));
        }
        let page = pages.old.remove(key)?;
        pages.insert(key.clone(), Arc::clone(&page));
        Some(page)
    }

    /// Remembers a page, unless it may still change.
    pub(crate) fn remember(&self, key: Key, page: &Arc<UsagePage>) {
        if page.is_sealed()
            && let Ok(mut pages) = self.0.lock()
        {
            pages.insert(key, Arc::clone(page));
        }
    }
}

impl Generations {
    fn insert(&mut self, key: Key, page: Arc<UsagePage>) {
        // A page without events takes room too.
        let events = page.events.len().saturating_add(1);
        if self.young.insert(key, page).is_none() {
            self.young_events = self.young_events.saturating_add(events);
        }
        if self.young_events > MAX_EVENTS.div_euclid(2) {
            self.old = std::mem::take(&mut self.young);
            self.young_events = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use models::Id;
    use models::billing::{UsageReceipt, UsageReport};
    use models::time::Period;

    fn key(seq: usize) -> Key {
        Key {
            pk: "7#live#sub#0000000000000001".to_owned(),
            sk: format!("usage#a#{seq:010}"),
        }
    }

    fn page(events: u64) -> Arc<UsagePage> {
        let start: models::Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let end = start.plus_days(31);
        let mut page = UsagePage::first(Id::new(1).unwrap(), "a".to_owned(), start);
        let report = UsageReport {
            quantity: 1.into(),
            timestamp: None,
            key: None,
            unique_value: None,
        };
        for id in 1..=events {
            let id = Id::new(id).unwrap();
            let receipt = UsageReceipt { id, at: start };
            page.record(Period { start, end }, &report, receipt)
                .unwrap();
        }
        // As it is read after it was written.
        let text = serde_json::to_string(&page).unwrap();
        Arc::new(serde_json::from_str(&text).unwrap())
    }

    #[test]
    fn only_a_page_that_cannot_change_is_remembered() {
        let pages = SealedPages::default();
        pages.remember(key(1), &page(1));
        assert!(pages.get(&key(1)).is_none());
        pages.remember(key(1), &page(100));
        assert_eq!(pages.get(&key(1)).unwrap().events.len(), 100);
        assert!(pages.get(&key(2)).is_none());
    }

    #[test]
    fn what_is_needed_stays_and_the_rest_is_forgotten() {
        let pages = SealedPages::default();
        let page = page(999);
        pages.remember(key(0), &page);
        for seq in 1..1000 {
            pages.remember(key(seq), &page);
            assert!(pages.get(&key(0)).is_some(), "{seq}");
        }
        assert!(pages.get(&key(1)).is_none());
        let held = pages.0.lock().unwrap();
        assert!(held.young.len() + held.old.len() <= 200);
    }
}
