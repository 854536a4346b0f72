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
mod issue_credit_note;
mod issue_invoice;
mod refund_payment;
mod run_subscription;
mod take_payment;

pub use bill_subscription::bill_subscription;
pub use close_usage::read_meters;
pub use collect_invoice::{collect_invoice, follow, run_invoice};
pub use context::{Context, vanished};
pub use delete_customer::delete_customer;
pub use issue_credit_note::{WantedCredit, issue_credit_note, settle_credit_note};
pub use issue_invoice::{Parties, finalize_invoice};
pub use refund_payment::{begin_refund, resolve_refund};
pub use run_subscription::{run_subscription, void_latest};
pub use take_payment::{begin_payment, resolve_payment};
