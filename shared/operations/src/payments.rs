//! Money that moves.

pub(crate) mod lease;
pub(crate) mod refund_payment;
pub(crate) mod take_payment;
