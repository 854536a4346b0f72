//! What an idempotency key keeps of a subscription that is being billed: whoever asks again goes on from there.

use std::fmt;

use models::ids::{self, Id};
use models::{Error, Result, billing};

/// A subscription that is made or changed, and the invoice of that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Begun {
    pub(crate) subscription: Id<ids::Subscription>,
    pub(crate) invoice: Option<Id<ids::Invoice>>,
}

impl Begun {
    /// A subscription that stays, whatever becomes of its invoice.
    pub(crate) const fn of_id(subscription: Id<ids::Subscription>) -> Self {
        Self {
            subscription,
            invoice: None,
        }
    }

    pub(crate) const fn of(subscription: &billing::Subscription) -> Self {
        Self {
            subscription: subscription.id,
            invoice: subscription.next_invoice,
        }
    }

    pub(crate) fn read(text: &str) -> Result<Self> {
        let mut parts = text.split(' ');
        let subscription = parts.next().unwrap_or_default();
        let invoice = parts.next().map(str::parse).transpose();
        Ok(Self {
            subscription: subscription.parse().map_err(Error::internal)?,
            invoice: invoice.map_err(Error::internal)?,
        })
    }
}

impl fmt::Display for Begun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.subscription)?;
        match self.invoice {
            Some(invoice) => write!(f, " {invoice}"),
            None => Ok(()),
        }
    }
}
