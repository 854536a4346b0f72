//! Use cases that more than one caller needs: several dialects, or a dialect and a worker.
//!
//! Each can die after any of its writes. Whoever runs it again (the caller with its idempotency key, or a worker through
//! the due index) finds what was written by its deterministic identity and goes on from there.
#![warn(missing_docs)]

mod context;
mod customers;
mod invoicing;
mod messages;
mod payments;
mod schedules;
mod subscriptions;
mod usage;

pub use context::{Context, Providers, missing_record};
pub use customers::delete_customer::{delete_customer, end_subscriptions};
pub use customers::forget_member::forget_member;
pub use customers::password::{hash_password, hash_unknown_password, is_password};
pub use invoicing::collect_invoice::collect_invoice;
pub use invoicing::finalize_invoice::{collect_finalized, finalize_invoice};
pub use invoicing::issue_credit_note::{CreditNoteRequest, issue_credit_note};
pub use invoicing::parties::Parties;
pub use invoicing::pay_invoice::{InvoiceCharge, Settled, begin_attempt, settle_attempt};
pub use invoicing::receive_out_of_band::receive_out_of_band;
pub use invoicing::refund_note::settle_credit_note;
pub use invoicing::run_invoice::run_invoice;
pub use invoicing::stop_collection::stop_collection;
pub use invoicing::take_balance::take_balance;
pub use invoicing::void_invoice::void_invoice;
pub use messages::receive_message::{Received, receive_message};
pub use messages::remind::{amount_text, remind_again};
pub use messages::send_email::{create_email, send_email};
pub use messages::send_message::send_message;
pub use payments::lease::{Ask, Resolved};
pub use payments::refund_payment::{begin_refund, resolve_refund};
pub use payments::take_payment::{begin_payment, resolve_payment};
pub use schedules::change_schedule::{change_row, schedule_dates, schedule_orders};
pub use schedules::pay_row::{RowPayment, pay_row, takes_cards_at};
pub use schedules::row_payment::Scheduled;
pub use schedules::run_schedule::{follow_subscription, run_schedule, scheduled_row};
pub use schedules::start_schedule::{Agreement, start_schedule};
pub use subscriptions::bill_subscription::bill_subscription;
pub use subscriptions::forecast::{Forecast, forecast};
pub use subscriptions::invoice_change::InvoiceChange;
pub use subscriptions::next_invoice::name_next_invoice;
pub use subscriptions::pending_update::{drop_pending_update, give_coupon_back};
pub use subscriptions::prorate::{ChangeTime, Prorated, credited_invoices, prorate, resume};
pub use subscriptions::run_subscription::{run_subscription, undo_latest};
pub use usage::append_usage::{RecordedUsage, ReportedUsage, append_usage};
pub use usage::close_usage::{Purpose, close_usage, read_meters};
pub use usage::correct_usage::correct_usage;
pub use usage::record_usage::{record_usage, refuse_ended};
pub use usage::usage_history::{Ending, Metric};
pub use usage::usage_totals::{MetricUsage, list_usage, usage_by_metric, usage_totals};
