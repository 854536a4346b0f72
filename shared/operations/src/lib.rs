//! Use cases that more than one caller needs: several dialects, or a dialect and a worker.
//!
//! Each can die after any of its writes. Whoever runs it again (the caller with its idempotency key, or a worker through
//! the due index) finds what was written by its deterministic identity and goes on from there.
#![warn(missing_docs)]

mod bill_subscription;
mod close_usage;
mod collect_invoice;
mod context;
mod delete_customer;
mod finalize_invoice;
mod invoice_change;
mod issue_invoice;
mod pay_invoice;
mod receive_out_of_band;
mod refund_payment;
mod run_subscription;
mod take_payment;
mod void_invoice;

pub use bill_subscription::bill_subscription;
pub use close_usage::read_meters;
pub use collect_invoice::{collect_invoice, run_invoice};
pub use context::{Context, vanished};
pub use delete_customer::delete_customer;
pub use finalize_invoice::{collect_finalized, finalize_invoice};
pub use invoice_change::InvoiceChange;
pub use issue_invoice::Parties;
pub use pay_invoice::{InvoiceCharge, begin_attempt, settle_attempt};
pub use receive_out_of_band::receive_out_of_band;
pub use refund_payment::{begin_refund, resolve_refund};
pub use run_subscription::{run_subscription, void_latest};
pub use take_payment::{begin_payment, resolve_payment};
pub use void_invoice::void_invoice;
