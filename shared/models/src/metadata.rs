//! What a caller attaches to a record for itself. Limits as in Stripe: 50 keys, 40 and 500 characters.

use std::collections::BTreeMap;

/// Text by name, in order of the names.
pub type Metadata = BTreeMap<String, String>;

/// Keys on one record at the most.
pub const MAX_KEYS: usize = 50;
/// Characters in a key at the most.
pub const MAX_KEY_CHARS: usize = 40;
/// Characters in a value at the most.
pub const MAX_VALUE_CHARS: usize = 500;
