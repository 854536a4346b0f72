//! Keys of what belongs to a customer or a number.
//!
//! | access pattern | key | operation |
//! |---|---|---|
//! | whether a number wants messages | `<b>#<m>#consent` / `<number>` | `GetItem` |
//! | text messages to a number in an hour | `<b>#<m>#texts#<number>` / `<hour since 1970>` | `UpdateItem` |
//! | text messages of a day | `<b>#<m>#texts` / `<day>` | `UpdateItem` |
//! | records of a customer | index `by_parent`: `<b>#<m>#cust#<id>#<kind>` / `<id>` | `Query`, then `BatchGetItem` |
//! | customers of an e-mail address | index `by_parent`: `<b>#<m>#cust#email#<hash>` / `<id>` | `Query`, then `BatchGetItem` |

use models::ids::{self, Id, Kind};
use models::text::folded;
use models::{Date, Scope, Timestamp};

use super::{Key, children, hour, list, root, sha256};

/// Whether a number wants messages.
pub fn consent(scope: &Scope, number: &str) -> Key {
    Key::new(format!("{}#consent", root(scope)), number)
}

/// The counter of text messages to a number in the hour of that moment.
pub(crate) fn texts_to(scope: &Scope, number: &str, at: Timestamp) -> Key {
    Key::new(format!("{}#texts#{number}", root(scope)), hour(at))
}

/// The counter of all text messages in a day.
pub(crate) fn texts_of(scope: &Scope, day: Date) -> Key {
    Key::new(format!("{}#texts", root(scope)), day.to_string())
}

/// The partition of index `by_parent` in which a customer's records of kind `K` are.
pub fn of_customer<K: Kind>(scope: &Scope, customer: Id<ids::Customer>) -> String {
    format!("{}#{}", children(scope, customer), K::KEY)
}

/// The partition of index `by_parent` in which the customers of an e-mail address are.
pub fn customers_of_email(scope: &Scope, email: &str) -> String {
    format!(
        "{}#email#{}",
        list::<ids::Customer>(scope),
        sha256(&folded(email))
    )
}
