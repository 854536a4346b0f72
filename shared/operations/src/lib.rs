//! Use cases that more than one caller needs: several dialects, or a dialect and a worker.
//!
//! Each can die after any of its writes. Whoever runs it again (the caller with its idempotency key, or a worker through
//! the due index) finds what was written by its deterministic identity and goes on from there.
#![warn(missing_docs)]

mod append_usage;
mod bill_subscription;
mod change_schedule;
mod close_usage;
mod collect_invoice;
mod commission;
mod context;
mod correct_usage;
mod delete_customer;
mod finalize_invoice;
mod forecast;
mod forget_member;
mod grow_schedule;
mod invoice_change;
mod issue_credit_note;
mod issue_invoice;
mod next_invoice;
mod password;
mod pay_invoice;
mod pay_row;
mod prorate;
mod receive_message;
mod receive_out_of_band;
mod record_usage;
mod refund_payment;
mod remind;
mod row_payment;
mod run_schedule;
mod run_subscription;
mod send_email;
mod send_message;
mod start_schedule;
mod take_balance;
mod take_payment;
mod usage_history;
mod usage_totals;
mod usage_verdict;
mod void_invoice;

pub use append_usage::{RecordedUsage, ReportedUsage, append_usage};
pub use bill_subscription::bill_subscription;
pub use change_schedule::{change_row, schedule_dates, schedule_orders};
pub use close_usage::{Purpose, close_usage, read_meters};
pub use collect_invoice::{collect_invoice, run_invoice};
pub use context::{Context, vanished};
pub use correct_usage::correct_usage;
pub use delete_customer::delete_customer;
pub use finalize_invoice::{collect_finalized, finalize_invoice};
pub use forecast::{Forecast, forecast};
pub use forget_member::forget_member;
pub use invoice_change::InvoiceChange;
pub use issue_credit_note::{WantedCredit, issue_credit_note, settle_credit_note};
pub use issue_invoice::Parties;
pub use next_invoice::name_next_invoice;
pub use password::{hash_password, hash_unknown_password, is_password};
pub use pay_invoice::{InvoiceCharge, begin_attempt, settle_attempt};
pub use pay_row::{RowPayment, ShownRow, pay_row, shown_row};
pub use prorate::{Moment, Prorated, credited_invoices, prorate, resume};
pub use receive_message::{Received, receive_message};
pub use receive_out_of_band::receive_out_of_band;
pub use record_usage::{record_usage, refuse_ended};
pub use refund_payment::{begin_refund, resolve_refund};
pub use remind::{amount_text, remind_again};
pub use run_schedule::{follow_subscription, run_schedule};
pub use run_subscription::{run_subscription, void_latest};
pub use send_email::{create_email, send_email};
pub use send_message::send_message;
pub use start_schedule::{Agreement, start_schedule};
pub use take_balance::take_balance;
pub use take_payment::{begin_payment, resolve_payment};
pub use usage_history::Metric;
pub use usage_totals::{MetricUsage, list_usage, usage_by_metric, usage_totals};
pub use void_invoice::void_invoice;
