//! Keys of the installation: businesses, credentials, test clocks.
//!
//! | access pattern | key | operation |
//! |---|---|---|
//! | a test clock | `<b>#test#clock` / `clock` | `GetItem` |
//! | a credential | `cred#<hash>` / `cred` | `GetItem` |
//! | an OAuth client by its `client_id` | `oauth#<client_id>` / `client` | `GetItem` |
//! | the bucket of a rate limit | `limit#<name>` / `bucket` | `UpdateItem` |
//! | failed attempts of a source in an hour | `failures#<source>` / `<hour>` | `UpdateItem` |
//! | the businesses of the installation | `acct` / `<id, 16 digits>` | `GetItem`, `Query` |

use models::{Mode, Scope, Timestamp};

use super::{Key, hour, root};

/// The test clock of a business.
pub fn test_clock(business: models::Business) -> Key {
    Key::new(test_clock_partition(business), "clock")
}

/// How far the stream was read when its test clock asked.
pub fn stream_mark(business: models::Business) -> Key {
    Key::new(test_clock_partition(business), "mark")
}

fn test_clock_partition(business: models::Business) -> String {
    let scope = Scope {
        business,
        mode: Mode::Test,
    };
    format!("{}#clock", root(&scope))
}

/// A credential by the SHA-256 of its secret.
pub fn credential(hash: &str) -> Key {
    Key::new(format!("cred#{hash}"), "cred")
}

/// An OAuth client by the id that it presents.
pub fn oauth_client(client_id: &str) -> Key {
    Key::new(format!("oauth#{client_id}"), "client")
}

/// The bucket of a rate limit: each has a partition of its own.
pub fn bucket(name: &str) -> Key {
    Key::new(format!("limit#{name}"), "bucket")
}

/// Failed attempts of a source in the hour of that moment.
pub fn failures(source: &str, at: Timestamp) -> Key {
    Key::new(format!("failures#{source}"), hour(at))
}

/// The partition of all businesses.
pub const ACCOUNTS: &str = "acct";

/// A business.
pub fn account(id: models::Business) -> Key {
    Key::new(ACCOUNTS, id.digits())
}
