//! A card of a customer. The number itself never gets here: it is exchanged for a token while the request is read.

use serde::{Deserialize, Serialize};

use crate::ids::{self, Id};
use crate::metadata::Metadata;
use crate::time::Timestamp;

/// What may be known of a card: PCI DSS 3.4 allows the last four digits, and a fingerprint tells two cards apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// `visa`, `mastercard`, …
    pub brand: String,
    /// The last four digits.
    pub last4: String,
    /// Month of expiry, 1 to 12.
    pub exp_month: u8,
    /// Year of expiry, four digits.
    pub exp_year: u16,
    /// The same for the same card in one business, and of no use anywhere else.
    pub fingerprint: String,
    /// The gateway's token for the card. It is no secret of the customer, but it is not shown either.
    pub token: String,
}

impl Card {
    /// `card_ending_4242`, as the v3 document prints an invoice's payment method.
    pub fn ending(&self) -> String {
        format!("card_ending_{}", self.last4)
    }
}

/// A card that a customer can be charged on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentMethod {
    /// Its id.
    pub id: Id<ids::PaymentMethod>,
    /// Whose it is.
    pub customer_id: Id<ids::Customer>,
    /// The card.
    pub card: Card,
    /// What the caller attaches for itself.
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
    /// When it was attached.
    pub created: Timestamp,
    /// When it was detached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deleted: Option<Timestamp>,
}

impl PaymentMethod {
    /// Takes it from its customer: nobody can be charged on it any more.
    pub fn detach(&mut self, now: Timestamp) {
        self.deleted = Some(now);
    }
}
