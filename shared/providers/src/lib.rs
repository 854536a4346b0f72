//! The outside world: payment gateways, vaults of cards, e-mail, text messages and the receivers of webhooks.
//!
//! Each kind of provider is one enum with a sandbox beside the real ones, and every call that has an effect takes the
//! identity of that effect as its idempotency key.
#![warn(missing_docs)]

pub mod braintree;
pub mod email;
pub mod gateway;
mod messaging_sandbox;
mod sandboxes;
pub mod sms;
pub mod vault;
pub mod webhook;

pub use sandboxes::Sandboxes;
