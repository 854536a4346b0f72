//! Keys of webhooks and the log of events.
//!
//! | access pattern | key | operation |
//! |---|---|---|
//! | what is known of an endpoint beside its settings | `<b>#<m>#we#<id>` / `health`, `recovery` | `BatchGetItem`, `GetItem` |
//! | events in the order in which they were logged | `<b>#<m>#feed` / `<page, 10 digits>` | `Query`, then `BatchGetItem` |
//! | deliveries of an endpoint | `<b>#<m>#we#<id>` / `del#<event id>` | `Query` backwards |

use models::Scope;
use models::ids::{self, Id};

use super::{Key, children, root};

/// A delivery, under its endpoint: one for each event, so a delivery that is begun twice is one record.
pub fn delivery(scope: &Scope, endpoint: Id<ids::Webhook>, event: Id<ids::Event>) -> Key {
    Key::new(
        children(scope, endpoint),
        format!("{DELIVERY_PREFIX}{}", event.digits()),
    )
}

/// The endpoint and the event of a delivery's key.
pub fn delivery_parts(key: &Key) -> Option<(Id<ids::Webhook>, Id<ids::Event>)> {
    let event = key.sk.strip_prefix(DELIVERY_PREFIX)?.parse().ok()?;
    Some((endpoint_of(key)?, Id::new(event).ok()?))
}

/// How an endpoint is doing.
pub fn health(scope: &Scope, endpoint: Id<ids::Webhook>) -> Key {
    Key::new(children(scope, endpoint), "health")
}

/// What is sent again to an endpoint.
pub fn recovery(scope: &Scope, endpoint: Id<ids::Webhook>) -> Key {
    Key::new(children(scope, endpoint), "recovery")
}

/// The endpoint in the key of what is below it.
pub fn endpoint_of(key: &Key) -> Option<Id<ids::Webhook>> {
    Id::new(key.pk.rsplit('#').next()?.parse().ok()?).ok()
}

/// The partition of the feed of events.
pub fn feed(scope: &Scope) -> String {
    format!("{}#feed", root(scope))
}

/// A page of the feed.
pub fn feed_page(scope: &Scope, page: u64) -> Key {
    Key::new(feed(scope), format!("{page:010}"))
}

/// Above all pages of a feed.
pub const FEED_END: &str = "9999999999";

/// What the sort keys of deliveries begin with.
pub const DELIVERY_PREFIX: &str = "del#";
