//! Invoices from their issue to their payment, and credit notes.

pub(crate) mod collect_invoice;
pub(crate) mod commission;
pub(crate) mod final_invoice;
pub(crate) mod finalize_invoice;
pub(crate) mod issue_credit_note;
pub(crate) mod issue_invoice;
pub(crate) mod parties;
pub(crate) mod pay_invoice;
pub(crate) mod receive_out_of_band;
pub(crate) mod refund_note;
pub(crate) mod run_invoice;
pub(crate) mod stop_collection;
pub(crate) mod take_balance;
pub(crate) mod undo_credits;
pub(crate) mod undo_invoice;
pub(crate) mod void_invoice;
