//! A business.

use serde::{Deserialize, Serialize};

use crate::ids::{self, Id};
use crate::money::Currency;
use crate::platform::RateLimit;
use crate::time::Timestamp;

/// A business on this installation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Its id, which every key of its records begins with.
    pub id: Id<ids::Account>,
    /// Its name.
    pub name: String,
    /// Whom to write to.
    pub email: String,
    /// ISO 3166 country code, two letters.
    pub country: String,
    /// The currency it thinks in.
    pub currency: Currency,
    /// IANA time zone.
    pub time_zone: String,
    /// When it was created.
    pub created: Timestamp,
    /// How many calls each of its keys may make, where the operator set it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<RateLimit>,
}

impl Account {
    /// How many calls each of its keys may make: reads, and as many writes.
    pub fn calls(&self) -> RateLimit {
        self.rate_limit.unwrap_or(RateLimit::DEFAULT)
    }
}
