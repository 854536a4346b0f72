//! Keys of members and partners.
//!
//! | access pattern | key | operation |
//! |---|---|---|
//! | a member by its e-mail address or user name | the same, then its record | `GetItem` twice |
//! | members of a partner | index `by_parent`: `<b>#<m>#partner#<id>#member` / `<id>` | `Query`, then `BatchGetItem` |
//! | what a partner earned in a month | index `by_parent`: `<b>#<m>#partner#<id>#com#<month>` / `<id>` | `Query`, then `BatchGetItem` |
//! | what a business decided about its members | `<b>#<m>#settings` / `members` | `GetItem` |
//! | the way to a new password | `pwlink#<hash>` / `link` | `GetItem` |

use models::Scope;
use models::ids::{self, Id, Kind};

use super::{Key, children, root};

/// What a business decided about its members.
pub fn member_settings(scope: &Scope) -> Key {
    Key::new(format!("{}#settings", root(scope)), "members")
}

/// The partition of index `by_parent` in which a partner's members are.
pub fn members_of(scope: &Scope, partner: Id<ids::Partner>) -> String {
    format!("{}#{}", children(scope, partner), ids::Member::KEY)
}

/// The partition of index `by_parent` in which is what a partner earned in a month (`2026-01`).
pub fn commissions_of(scope: &Scope, partner: Id<ids::Partner>, month: &str) -> String {
    format!(
        "{}#{}#{month}",
        children(scope, partner),
        ids::Commission::KEY
    )
}

/// The way to a new password, by the hash of its secret. It belongs to no business: who opens it knows none.
pub fn password_link(hash: &str) -> Key {
    Key::new(format!("pwlink#{hash}"), "link")
}
