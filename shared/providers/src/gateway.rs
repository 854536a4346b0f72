//! Payment gateways.

mod sandbox;

use std::time::Duration;

use models::payments::{Card, Failure, Outcome};
use models::{Business, Error, Money, Result};
use secrecy::SecretString;

use crate::braintree::Braintree;

pub use sandbox::{Sandbox, TEST_CARDS, TestCard};

/// A card as its holder typed it. It cannot be printed, and it lives only until a gateway has made a token of it.
#[derive(Debug)]
pub struct RawCard {
    /// 13 to 19 digits.
    pub number: SecretString,
    /// 1 to 12.
    pub exp_month: u8,
    /// Four digits.
    pub exp_year: u16,
    /// 3 or 4 digits. Never stored anywhere, not even encrypted (PCI DSS 3.3.1).
    pub cvc: Option<SecretString>,
}

/// Money to be taken.
#[derive(Debug, Clone, Copy)]
pub struct Charge<'a> {
    /// The payment's id: asked twice with the same key, a gateway moves the money once and answers the same.
    pub idempotency_key: &'a str,
    /// From which card.
    pub card: &'a Card,
    /// How much.
    pub amount: Money,
    /// How long ago somebody else may have asked with this key; zero or `None` where nobody did.
    pub asked: Option<Duration>,
}

/// Money to be given back.
#[derive(Debug, Clone, Copy)]
pub struct Return<'a> {
    /// The refund's id.
    pub idempotency_key: &'a str,
    /// The gateway's name of the charge.
    pub reference: &'a str,
    /// How much.
    pub amount: Money,
    /// As in [`Charge`].
    pub asked: Option<Duration>,
}

/// A payment gateway.
#[derive(Debug, Clone)]
pub enum Gateway {
    /// The gateway of test mode: published card numbers, no money.
    Sandbox(Sandbox),
    /// Braintree. It charges cards of its vault; cards of v3 it takes none.
    Braintree(Braintree),
}

impl Gateway {
    /// The name in a payment's `gateway` field, as the v3 document prints it.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Sandbox(_) => "primary_gateway",
            Self::Braintree(_) => "braintree",
        }
    }

    /// Exchanges a card for a token. Errors name the field of the card that is wrong, below `pointer`.
    pub fn tokenize(&self, business: Business, card: &RawCard, pointer: &str) -> Result<Card> {
        match self {
            Self::Sandbox(sandbox) => sandbox.tokenize(business, card, pointer),
            Self::Braintree(_) => Err(Error::conflict(
                "gateway_takes_no_cards",
                "the gateway of live mode charges vaulted cards only",
            )),
        }
    }

    /// Asks the card's bank whether the card may be kept for later charges.
    pub fn verify(&self, card: &Card) -> std::result::Result<(), Failure> {
        match self {
            Self::Sandbox(_) => Sandbox::verify(card),
            // What is in its vault was verified there.
            Self::Braintree(_) => Ok(()),
        }
    }

    /// Takes money, once for each key. An `Err` says nothing about the money: ask again with the same key.
    pub async fn charge(&self, charge: Charge<'_>) -> Result<Outcome> {
        match self {
            Self::Sandbox(sandbox) => Ok(sandbox.charge(charge)),
            Self::Braintree(braintree) => braintree.charge(charge).await,
        }
    }

    /// Gives money back, once for each key. An `Err` says nothing about the money: ask again with the same key.
    pub async fn refund(&self, refund: Return<'_>) -> Result<std::result::Result<(), Failure>> {
        match self {
            Self::Sandbox(sandbox) => Ok(sandbox.refund(refund)),
            Self::Braintree(braintree) => braintree.refund(refund).await,
        }
    }
}
