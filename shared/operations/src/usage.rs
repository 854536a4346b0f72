//! What was used: reported, corrected, closed for a bill.

pub(crate) mod append_usage;
pub(crate) mod close_usage;
pub(crate) mod correct_usage;
pub(crate) mod record_usage;
pub(crate) mod usage_history;
pub(crate) mod usage_totals;
pub(crate) mod usage_verdict;
