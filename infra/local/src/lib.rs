//! AWS on a laptop, built from `infra/template.yaml`: the table, the queues, the bus, the schedules and the HTTP API run in
//! one process, and each function runs in it behind the event that would reach it in Lambda.
//!
//! - [`template`] reads the SAM template into plain structs; everything else is built from those.
//! - [`endpoint`] is the one address that AWS clients talk to: [`dynamodb`], [`sqs`] and [`eventbridge`].
//! - [`access`] refuses there what the policies of the template do not grant.
//! - [`sources`], [`streams`] and [`schedules`] poll and tick as Lambda's event source mappings do.
//! - [`gateway`] is the HTTP API in front.
//! - [`cloud`] starts all of it and stops all of it.
//!
//! Two commands talk to such a process over HTTP: [`listen`] and [`trigger`]. A third is the gateway of its live mode: [`braintree`].

pub mod access;
pub mod args;
pub mod asynchronous;
pub mod braintree;
pub mod clock;
pub mod cloud;
pub mod dynamodb;
pub mod endpoint;
pub mod error;
pub mod eventbridge;
pub mod functions;
pub mod gateway;
pub mod invoke;
pub mod listen;
pub mod pattern;
pub mod queues;
pub mod schedules;
pub mod seed;
pub mod sources;
pub mod sqs;
pub mod streams;
pub mod template;
pub mod terminal;
pub mod trigger;

mod attributes;
mod caller;
mod envelope;
mod ids;
mod intrinsics;
mod reply;
mod router;
mod serve;
mod upkeep;

#[cfg(test)]
mod tests;

pub use cloud::{Aws, Running, Settings};
pub use error::Error;
pub use invoke::{Functions, Invocation};
