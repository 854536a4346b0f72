//! What sweeps sent of one partition of the due index: what is on its way to its worker is not sent again.
//!
//! An item has an entry here from the moment it is sent, by its place in the index: once it has moved on, the entry is of no
//! more use and is dropped with the next write. If it has not moved on after a quarter of an hour, its message was lost or its
//! worker crashed, and it is sent again; after that each wait is twice as long, up to four hours. A worker that fails and lives
//! puts its item off itself ([`crate::Table::put_off`]), which is another place.
//!
//! An entry has 13 bytes: what a sweep sends of a partition costs a write unit for 78 items, and a read unit for 315.

use std::collections::{BTreeMap, BTreeSet};

use models::{Result, Scope, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::due::DueItem;
use crate::item::{Record, Stored};
use crate::keys::{self, Key};
use crate::session::Session;

/// Minutes until an item that was sent and has not moved on is sent again: more than its queue's messages are invisible to others.
const FIRST_WAIT_MINUTES: u64 = 15;
/// And at the most.
const LONGEST_WAIT_MINUTES: u64 = 240;
/// Items sent more than once whose count is kept. What is beyond that waits a quarter of an hour each time.
const MOST_COUNTED: usize = 5_000;
/// Entries of a partition: an item of DynamoDB has 400 KB at the most.
const MOST_ENTRIES: usize = 25_000;
/// Bytes of an entry as it is stored: the item's hash, how often it was sent, the minute from which it may be sent again.
const ENTRY_BYTES: usize = 13;

/// What was sent of a partition of the due index.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentItems {
    partition: String,
    #[serde(with = "entries")]
    entries: Entries,
    /// The item after which the next sweep goes on reading, where there are more than one sweep reads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resume: Option<DueItem>,
}

type Entries = BTreeMap<u64, Entry>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Entry {
    times: u8,
    /// Minutes since 1970.
    again: u32,
}

impl Record for SentItems {
    const TYPE: &'static str = "sent";

    fn key(&self, _scope: &Scope) -> Key {
        keys::sent_items(&self.partition)
    }

    fn expires(&self) -> Option<Timestamp> {
        let last = self.entries.values().map(|entry| entry.again).max();
        last.map(|minute| {
            Timestamp::from_seconds(i64::from(minute).saturating_mul(60)).plus_days(1)
        })
    }
}

impl SentItems {
    /// Nothing was sent of that partition.
    pub fn none(partition: &str) -> Self {
        Self {
            partition: partition.to_owned(),
            ..Self::default()
        }
    }

    /// Whether an item is on its way and is not to be sent at `now`.
    pub fn waits(&self, item: &DueItem, now: Timestamp) -> bool {
        let entry = self.entries.get(&place(item));
        entry.is_some_and(|entry| minute(now) < entry.again)
    }

    /// How often an item was sent.
    pub fn times(&self, item: &DueItem) -> u8 {
        let entry = self.entries.get(&place(item));
        entry.map_or(0, |entry| entry.times)
    }

    /// How many items were sent once and are on their way at `now`.
    pub fn on_their_way(&self, now: Timestamp) -> usize {
        let now = minute(now);
        let entries = self.entries.values();
        entries
            .filter(|entry| entry.times == 1 && now < entry.again)
            .count()
    }

    /// How many more can be noted.
    pub fn space(&self) -> usize {
        MOST_ENTRIES.saturating_sub(self.entries.len())
    }

    /// Notes that these are sent at `now`.
    pub fn send<'i>(&mut self, items: impl IntoIterator<Item = &'i DueItem>, now: Timestamp) {
        let counted = self.entries.values().filter(|entry| entry.times > 1);
        let mut counted = counted.count();
        for item in items {
            let mut times = self.times(item).saturating_add(1);
            if times == 2 && counted >= MOST_COUNTED {
                times = 1;
            }
            counted = counted.saturating_add(usize::from(times == 2));
            let again = minute(now).saturating_add(wait_minutes(times));
            self.entries.insert(place(item), Entry { times, again });
        }
    }

    /// Takes back that these were sent: they could not be.
    pub fn take_back<'i>(&mut self, items: impl IntoIterator<Item = &'i DueItem>) {
        for item in items {
            let place = place(item);
            let Some(entry) = self.entries.get_mut(&place) else {
                continue;
            };
            (entry.times, entry.again) = (entry.times.saturating_sub(1), 0);
            if entry.times == 0 {
                self.entries.remove(&place);
            }
        }
    }

    /// Drops the entries of what has moved on: `due` are the items that were found, `all` says that there are no others.
    pub fn keep<'i>(
        &mut self,
        due: impl IntoIterator<Item = &'i DueItem>,
        all: bool,
        now: Timestamp,
    ) {
        let (found, now): (BTreeSet<u64>, u32) =
            (due.into_iter().map(place).collect(), minute(now));
        self.entries
            .retain(|place, entry| found.contains(place) || (!all && now < entry.again));
    }
}

impl Session {
    /// What was sent of a partition of the due index. One consistent read.
    pub async fn sent_items(&self, partition: &str) -> Result<Option<Stored<SentItems>>> {
        self.load(&keys::sent_items(partition), true).await
    }
}

fn minute(at: Timestamp) -> u32 {
    u32::try_from(at.seconds().div_euclid(60)).unwrap_or_default()
}

fn wait_minutes(times: u8) -> u32 {
    let doublings = u32::from(times.saturating_sub(1)).min(8);
    let minutes = FIRST_WAIT_MINUTES
        .saturating_mul(1 << doublings)
        .min(LONGEST_WAIT_MINUTES);
    u32::try_from(minutes).unwrap_or(u32::MAX)
}

/// The place of an item in its partition of the index, hashed.
fn place(item: &DueItem) -> u64 {
    let sort = keys::due_sort(item.at, &item.entity_type, &item.key);
    let digest = Sha256::digest(format!("{sort}/{}", item.key.pk));
    digest
        .first_chunk::<8>()
        .map_or(0, |bytes| u64::from_be_bytes(*bytes))
}

/// Entries as bytes, one after another.
mod entries {
    use serde::de::{Deserializer, Error as _, Visitor};
    use serde::ser::Serializer;

    use super::{ENTRY_BYTES, Entries, Entry};

    pub(super) fn serialize<S: Serializer>(
        entries: &Entries,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let mut bytes = Vec::with_capacity(entries.len().saturating_mul(ENTRY_BYTES));
        for (place, entry) in entries {
            bytes.extend(place.to_be_bytes());
            bytes.push(entry.times);
            bytes.extend(entry.again.to_be_bytes());
        }
        serializer.serialize_bytes(&bytes)
    }

    fn entry(bytes: &[u8; ENTRY_BYTES]) -> Option<(u64, Entry)> {
        let (place, rest) = bytes.split_first_chunk()?;
        let (times, again) = rest.split_first()?;
        let entry = Entry {
            times: *times,
            again: u32::from_be_bytes(*again.first_chunk()?),
        };
        Some((u64::from_be_bytes(*place), entry))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Entries, D::Error> {
        struct Bytes;

        impl Visitor<'_> for Bytes {
            type Value = Vec<u8>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
                Ok(bytes.to_vec())
            }

            fn visit_byte_buf<E>(self, bytes: Vec<u8>) -> Result<Vec<u8>, E> {
                Ok(bytes)
            }
        }

        let bytes = deserializer.deserialize_byte_buf(Bytes)?;
        let (whole, rest) = bytes.as_chunks::<ENTRY_BYTES>();
        if !rest.is_empty() {
            return Err(D::Error::custom("half an entry"));
        }
        Ok(whole.iter().filter_map(entry).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(number: u32) -> DueItem {
        DueItem {
            key: Key {
                pk: "1#live#sub".to_owned(),
                sk: format!("{number:016}"),
            },
            entity_type: "sub".to_owned(),
            at: Timestamp::from_seconds(1_000_000),
        }
    }

    #[test]
    fn the_wait_doubles_until_the_item_moves_on() {
        let (poison, mut sent) = (item(1), SentItems::none("due#00"));
        let mut now = Timestamp::from_seconds(1_000_020);
        let mut sends = Vec::new();
        for minute in 0..600 {
            if !sent.waits(&poison, now) {
                sends.push(minute);
                sent.send([&poison], now);
            }
            sent.keep([&poison], true, now);
            now = now.plus_seconds(60);
        }
        assert_eq!(sends, [0, 15, 45, 105, 225, 465]);
        // It has moved on: the same item at another time is another entry.
        let later = DueItem {
            at: now,
            ..poison.clone()
        };
        assert!(!sent.waits(&later, now));
        sent.keep([&later], true, now);
        assert_eq!(sent.times(&poison), 0);
    }

    #[test]
    fn what_was_not_found_is_kept_only_where_there_may_be_more() {
        let now = Timestamp::from_seconds(1_000_020);
        let mut sent = SentItems::none("due#00");
        sent.send([&item(1), &item(2)], now);
        sent.keep([&item(1)], false, now);
        assert_eq!(sent.on_their_way(now), 2);
        sent.keep([&item(1)], false, now.plus_seconds(900));
        assert_eq!((sent.times(&item(1)), sent.times(&item(2))), (1, 0));
        sent.keep([], true, now);
        assert_eq!(sent, SentItems::none("due#00"));
    }

    #[test]
    fn what_could_not_be_sent_is_sent_by_the_next_sweep() {
        let now = Timestamp::from_seconds(1_000_020);
        let mut sent = SentItems::none("due#00");
        sent.send([&item(1), &item(2)], now);
        sent.take_back([&item(2), &item(3)]);
        assert!(sent.waits(&item(1), now) && !sent.waits(&item(2), now));
        let later = now.plus_seconds(900);
        sent.send([&item(1)], later);
        sent.take_back([&item(1)]);
        assert!(!sent.waits(&item(1), later));
        assert_eq!(sent.times(&item(1)), 1);
    }

    #[test]
    fn counts_are_kept_for_so_many_items() {
        let now = Timestamp::from_seconds(1_000_020);
        let items: Vec<DueItem> = (0..5_001).map(item).collect();
        let mut sent = SentItems::none("due#00");
        for round in 0..2 {
            sent.send(&items, now.plus_seconds(round * 900));
        }
        let twice = items.iter().filter(|item| sent.times(item) == 2).count();
        assert_eq!(twice, 5_000);
        let stored: crate::Item = serde_dynamo::to_item(&sent).unwrap();
        let bytes = stored.get("entries").unwrap().as_b().unwrap();
        assert_eq!(bytes.as_ref().len(), 5_001 * ENTRY_BYTES);
        let read: SentItems = serde_dynamo::from_item(stored).unwrap();
        assert_eq!(read, sent);
    }
}
