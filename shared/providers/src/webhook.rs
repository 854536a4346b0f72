//! Posting events to the endpoints of our customers: signed, and never to the inside of a network.

mod answer;
mod guard;
mod header;
mod message;
mod outlet;
mod redaction;
mod resolver;
mod sender;
mod signature;
#[cfg(test)]
mod testing;

pub use answer::KEPT_HEADERS;
pub use guard::{Egress, Refused, check_url};
pub use header::{Unusable, header_is_usable};
pub use message::{EndpointResponse, Failure, FailureKind, Message, Reply};
pub(crate) use outlet::tls;
pub use resolver::{Looking, Lookup, SystemLookup};
pub use sender::{Sender, Timeouts};
pub use signature::{secret_is_usable, sign};
