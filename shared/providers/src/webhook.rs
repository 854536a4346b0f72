//! Posting events to the endpoints of our customers: signed, and never to the inside of a network.

mod guard;
mod sender;
mod signature;

pub use guard::{Egress, Refused, check_url};
pub use sender::{Message, Reply, Sender};
pub use signature::{secret_is_usable, sign};
