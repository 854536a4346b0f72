//! What a use case works with.

use std::fmt::Display;
use std::ops::Deref;

use models::{Error, Result};
use providers::gateway::Gateway;
use store::Session;

/// A session for the business, and the providers that its mode has.
#[derive(Debug)]
pub struct Context {
    session: Session,
    gateway: Option<Gateway>,
}

impl Context {
    /// `gateway` is the one of the session's mode, where one is configured.
    pub const fn new(session: Session, gateway: Option<Gateway>) -> Self {
        Self { session, gateway }
    }

    /// The payment gateway. A 409 where the mode has none: no live gateway is configured.
    pub fn gateway(&self) -> Result<&Gateway> {
        self.gateway.as_ref().ok_or_else(|| {
            Error::conflict(
                "gateway_not_configured",
                "no payment gateway is configured for live mode",
            )
        })
    }
}

impl Deref for Context {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.session
    }
}

/// A record that was written a moment ago is not there: our fault, for nothing removes it.
pub fn vanished(id: impl Display) -> Error {
    Error::internal(format_args!("{id} has vanished"))
}
