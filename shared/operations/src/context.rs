//! What a use case works with.

use std::fmt::Display;
use std::ops::Deref;

use models::{Error, Result};
use providers::gateway::Gateway;
use providers::vault::Vault;
use store::Session;

/// A session for the business, and the providers that its mode has.
#[derive(Debug)]
pub struct Context {
    session: Session,
    gateway: Option<Gateway>,
    vault: Option<Vault>,
}

impl Context {
    /// `gateway` is the one of the session's mode, where one is configured.
    pub const fn new(session: Session, gateway: Option<Gateway>) -> Self {
        Self {
            session,
            gateway,
            vault: None,
        }
    }

    /// The same with the vault of cards that the mode has.
    #[must_use]
    pub fn with_vault(self, vault: Option<Vault>) -> Self {
        Self { vault, ..self }
    }

    /// The vault of cards. A 409 where the mode has none.
    pub fn vault(&self) -> Result<&Vault> {
        self.vault.as_ref().ok_or_else(|| {
            Error::conflict(
                "vault_not_configured",
                "no vault of cards is configured for live mode",
            )
        })
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
