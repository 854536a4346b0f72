//! What a subscription does when it is due or changed.

pub(crate) mod bill_subscription;
pub(crate) mod forecast;
pub(crate) mod invoice_change;
pub(crate) mod next_invoice;
pub(crate) mod pending_update;
pub(crate) mod prorate;
pub(crate) mod run_subscription;
