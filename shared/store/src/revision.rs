//! Which writes made an item what it is: its version, and the ids of its newest writes.
//!
//! If the answer to a put is lost, the SDK sends the put again, and then its condition does not hold any more because of what the
//! first try has done. Whoever asks finds the id of that write in the item, also where others have written it since.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;

use crate::item::{Item, attr, number};

/// Ids that an item keeps, of 4 bytes each. The SDK sends a put again within a second, and in that time hardly anybody gets to
/// read and write one record eight times. Where somebody does, the outcome is unknown, which is told; it is never mistaken.
const KEPT: usize = 8;

/// A random number that tells one write from another one with the same content.
pub(crate) type WriteId = [u8; 4];

/// How far an item was written: its version, and the ids of the writes that made this version and those before it, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Revision {
    pub(crate) version: u64,
    writes: Vec<WriteId>,
}

impl Revision {
    /// Where nothing was written yet.
    pub(crate) const fn absent() -> Self {
        Self {
            version: 0,
            writes: Vec::new(),
        }
    }

    /// The revision of an item; `None` where it has no version.
    pub(crate) fn of(item: &Item) -> Option<Self> {
        let ids = item.get(attr::WRITES).and_then(|value| value.as_b().ok());
        let (ids, _) = ids.map_or(&[][..], |ids| ids.as_ref()).as_chunks();
        Some(Self {
            version: number(item, attr::VERSION)?,
            writes: ids.to_vec(),
        })
    }

    /// The revision that a write with that id makes of this one.
    pub(crate) fn next(&self, id: WriteId) -> Self {
        let earlier = self.writes.iter().copied();
        Self {
            version: self.version.saturating_add(1),
            writes: std::iter::once(id).chain(earlier).take(KEPT).collect(),
        }
    }

    /// Writes it into an item.
    pub(crate) fn insert_into(&self, item: &mut Item) {
        let version = AttributeValue::N(self.version.to_string());
        let ids = AttributeValue::B(Blob::new(self.writes.concat()));
        item.insert(attr::VERSION.to_owned(), version);
        item.insert(attr::WRITES.to_owned(), ids);
    }

    /// Whether the write that would have made `earlier` is one of those that made this; `None` where that was too long ago to
    /// tell.
    pub(crate) fn comes_after(&self, earlier: &Self) -> Option<bool> {
        let since = self.version.checked_sub(earlier.version)?;
        let id = self.writes.get(usize::try_from(since).ok()?)?;
        Some(earlier.writes.first() == Some(id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(ids: &[u8]) -> Revision {
        let next = |revision: Revision, id: &u8| revision.next([*id; 4]);
        ids.iter().fold(Revision::absent(), next)
    }

    #[test]
    fn a_write_is_found_in_what_came_after_it() {
        let ours = written(&[1, 2, 3]);
        assert_eq!(ours.comes_after(&ours), Some(true));
        assert_eq!(written(&[1, 2, 3, 4, 5]).comes_after(&ours), Some(true));
        // Somebody else wrote the third version, or nobody yet.
        assert_eq!(written(&[1, 2, 4]).comes_after(&ours), Some(false));
        assert_eq!(written(&[1, 2, 4, 3]).comes_after(&ours), Some(false));
        assert_eq!(written(&[1, 2]).comes_after(&ours), None);
    }

    #[test]
    fn what_was_long_ago_is_not_guessed() {
        let many = |count: u8| written(&(1..=count).collect::<Vec<_>>());
        assert_eq!(many(8).comes_after(&written(&[1])), Some(true));
        assert_eq!(many(9).comes_after(&written(&[1])), None);
        assert_eq!(many(9).comes_after(&written(&[7])), None);
    }

    #[test]
    fn an_item_keeps_it() {
        let ours = written(&[1, 2, 3, 4, 5, 6, 7, 8, 9]);
        let mut item = Item::new();
        assert_eq!(Revision::of(&item), None);
        ours.insert_into(&mut item);
        assert_eq!(Revision::of(&item), Some(ours));
    }
}
