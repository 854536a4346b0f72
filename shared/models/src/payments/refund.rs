//! Money on its way back.

use serde::{Deserialize, Serialize};

use crate::choices;
use crate::ids::{self, Id};
use crate::money::Money;
use crate::payments::{Failure, Lease};
use crate::time::Timestamp;

choices! {
    /// Where a refund stands.
    pub enum RefundStatus {
        /// Recorded and set aside; the gateway's answer is not known yet.
        Pending = "pending",
        /// The money went back.
        Succeeded = "succeeded",
        /// The gateway refused; the money is the payment's again.
        Failed = "failed",
    }
}

/// Money given back of one payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    /// Its id, which is also the idempotency key that the gateway gets.
    pub id: Id<ids::Refund>,
    /// The payment that it gives back.
    pub payment_id: Id<ids::Payment>,
    /// How much.
    pub amount: Money,
    /// Why, in the caller's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Where it stands.
    pub status: RefundStatus,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// Who asks the gateway about it; absent where nobody did yet, and where its answer is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease: Option<Lease>,
    /// When it was begun.
    pub created: Timestamp,
}

impl Refund {
    /// A refund whose outcome is not known yet. What it gives back is set aside on the payment.
    pub const fn begin(
        id: Id<ids::Refund>,
        payment_id: Id<ids::Payment>,
        amount: Money,
        reason: Option<String>,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            payment_id,
            amount,
            reason,
            status: RefundStatus::Pending,
            failure: None,
            lease: None,
            created: now,
        }
    }

    /// The same whose gateway is asked at once by whoever writes it.
    #[must_use]
    pub fn leased(self, wall: Timestamp) -> Self {
        Self {
            lease: Some(Lease::first(wall)),
            ..self
        }
    }

    /// Records the gateway's answer. Only the first answer counts; `false` says that there was one already.
    pub fn resolve(&mut self, outcome: Result<(), Failure>) -> bool {
        if self.status != RefundStatus::Pending {
            return false;
        }
        self.lease = None;
        match outcome {
            Ok(()) => self.status = RefundStatus::Succeeded,
            Err(failure) => {
                self.status = RefundStatus::Failed;
                self.failure = Some(failure);
            }
        }
        true
    }
}
