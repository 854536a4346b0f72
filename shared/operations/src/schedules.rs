//! Payments of a subscription by schedule.

pub(crate) mod change_schedule;
pub(crate) mod grow_schedule;
pub(crate) mod pay_row;
pub(crate) mod row_payment;
pub(crate) mod run_schedule;
pub(crate) mod start_schedule;
