//! Vaults of cards: call centers put a card there themselves and hand over only the name of its holder.

mod sandbox;

use models::payments::Card;
use models::{Business, Result};

use crate::braintree::Braintree;

pub use sandbox::Sandbox;

/// A vault of cards.
#[derive(Debug, Clone)]
pub enum Vault {
    /// That of test mode: what a name stands for follows from the name.
    Sandbox(Sandbox),
    /// Braintree.
    Braintree(Braintree),
}

impl Vault {
    /// The card of a customer in the vault, as the gateway of the same mode charges it; `None` where there is no such customer,
    /// or it has no card. An `Err` says nothing about the customer: ask again.
    pub async fn card_of(&self, business: Business, customer: &str) -> Result<Option<Card>> {
        match self {
            Self::Sandbox(sandbox) => sandbox.card_of(business, customer),
            Self::Braintree(braintree) => braintree.card_of(customer).await,
        }
    }
}
