//! Payment methods, payments and refunds.

pub mod card_number;
mod lease;
mod payment;
mod payment_method;
mod refund;

pub use lease::{LEASE_SECONDS, Lease};
pub use payment::{Failure, NewPayment, Outcome, Payment, PaymentStatus, Settlement};
pub use payment_method::{Card, PaymentMethod};
pub use refund::{Refund, RefundStatus};
