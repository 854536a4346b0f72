//! Keys of index `by_due`: what must happen next.
//!
//! | access pattern | key | operation |
//! |---|---|---|
//! | what is due | index `by_due`: `due#<shard>` or `due#<b>#test` / `<time>#<type>#<key>` | `Query` |
//! | what of that was sent to its queue | `due#<shard>` or `due#<b>#test` / `sent` | `GetItem` |

use models::{Mode, Timestamp};
use sha2::{Digest, Sha256};

use super::Key;

/// Shards of the due index: each takes 1,000 writes a second.
pub const DUE_SHARDS: u64 = 16;

/// The partition of index `by_due` that an item waits in. Test mode has one of its own for each business, which its test
/// clock walks through; live items spread over the shards by their key.
pub fn due_partition(key: &Key) -> String {
    match key.scope() {
        Some(scope) if scope.mode == Mode::Test => due_test_partition(scope.business),
        Some(_) | None => {
            let digest = Sha256::digest(format!("{}/{}", key.pk, key.sk));
            let shard = digest
                .first()
                .map_or(0, |byte| u64::from(*byte) % DUE_SHARDS);
            due_shard(shard)
        }
    }
}

/// One of the shards of index `by_due`.
pub fn due_shard(shard: u64) -> String {
    format!("due#{shard:02}")
}

/// The partition of index `by_due` of a business in test mode.
pub fn due_test_partition(business: models::Business) -> String {
    format!("due#{}#test", business.number())
}

/// The sort key of index `by_due`.
pub fn due_sort(at: Timestamp, entity_type: &str, key: &Key) -> String {
    format!("{}#{entity_type}#{}", at.key(), key.sk)
}

/// Everything that was due at or before `at` sorts before this.
pub fn due_until(at: Timestamp) -> String {
    format!("{}#~", at.key())
}

/// What was sent of a partition of index `by_due`.
pub fn sent_items(partition: &str) -> Key {
    Key::new(partition, "sent")
}
