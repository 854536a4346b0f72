//! Payment methods, payments and refunds.

mod card_number;
mod payment;
mod payment_method;
mod refund;

pub use card_number::{CARD_NUMBER_DIGITS, is_card_number};
pub use payment::{Failure, NewPayment, Outcome, Payment, PaymentStatus, Settlement};
pub use payment_method::{Card, PaymentMethod};
pub use refund::{Refund, RefundStatus};
