//! Histories by chance: workers that die, calls at the same moment, and books that must balance.

pub(crate) mod billing_run;
pub(crate) mod chance;
mod crash;
mod deletion;
mod gateway;
mod large_pages;
mod lost_answers;
mod messages;
mod money;
mod rate_limits;
mod standing_clock;
mod sweep;
mod usage;
pub(crate) mod webhook_pipeline;
