//! Stories across functions, through the very code that Lambda runs.

mod dunning;
mod mail;
mod metered;
pub(crate) mod ministack;
mod preview;
mod receivers;
mod savvi;
pub(crate) mod schedules;
mod sdk;
mod sms;
pub(crate) mod story;
mod test_clock;
mod told;
