//! What must hold of every operation, every function and every crate.

mod architecture;
mod budget;
mod canary;
mod card_numbers;
mod event_scopes;
mod grants;
mod growth;
mod http;
mod idempotency_key;
mod inputs;
pub(crate) mod log;
mod metadata;
mod methods;
mod samples;
mod schemas;
pub(crate) mod tenants;
