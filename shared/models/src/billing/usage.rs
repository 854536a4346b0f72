//! What a subscription used.

use serde::{Deserialize, Serialize};

use crate::ids::{self, Id};
use crate::time::Timestamp;

/// One report of usage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Its id.
    pub id: Id<ids::Usage>,
    /// Who used.
    pub subscription_id: Id<ids::Subscription>,
    /// What.
    pub metric_name: String,
    /// How much, as a decimal: `1.5` GB is a quantity too.
    pub quantity: rust_decimal::Decimal,
    /// When.
    pub timestamp: Timestamp,
    /// When we heard of it.
    pub created: Timestamp,
}
