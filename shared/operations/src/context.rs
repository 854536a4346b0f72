//! What a use case works with.

use std::fmt::Display;
use std::ops::Deref;

use models::{Error, Result};
use providers::email::Mailer;
use providers::gateway::Gateway;
use providers::sms::Sms;
use providers::vault::Vault;
use store::Session;

/// The providers of one mode, those that are configured.
#[derive(Debug, Clone, Default)]
pub struct Providers {
    /// Charges cards.
    pub gateway: Option<Gateway>,
    /// Keeps cards.
    pub vault: Option<Vault>,
    /// Sends text messages.
    pub sms: Option<Sms>,
    /// Sends e-mails.
    pub mailer: Option<Mailer>,
}

/// A session for the business, and the providers that its mode has.
#[derive(Debug)]
pub struct Context {
    session: Session,
    providers: Providers,
}

impl Context {
    /// `providers` are those of the session's mode.
    pub const fn new(session: Session, providers: Providers) -> Self {
        Self { session, providers }
    }

    /// The vault of cards. A 409 where the mode has none.
    pub fn vault(&self) -> Result<&Vault> {
        self.providers.vault.as_ref().ok_or_else(|| {
            Error::conflict(
                "vault_not_configured",
                "no vault of cards is configured for live mode",
            )
        })
    }

    /// The payment gateway. A 409 where the mode has none: no live gateway is configured.
    pub fn gateway(&self) -> Result<&Gateway> {
        self.providers.gateway.as_ref().ok_or_else(|| {
            Error::conflict(
                "gateway_not_configured",
                "no payment gateway is configured for live mode",
            )
        })
    }

    /// The provider of text messages.
    pub const fn sms(&self) -> Option<&Sms> {
        self.providers.sms.as_ref()
    }

    /// The provider of e-mails.
    pub const fn mailer(&self) -> Option<&Mailer> {
        self.providers.mailer.as_ref()
    }
}

impl Deref for Context {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.session
    }
}

/// A record that was written a moment ago is not there: our fault, for nothing removes it.
pub fn missing_record(id: impl Display) -> Error {
    Error::internal(format_args!("{id} has vanished"))
}
