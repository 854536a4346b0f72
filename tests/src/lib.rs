//! Tests over the whole product, in one binary: what is generated, what belongs together, and stories across functions.
//!
//! `SAVVY_BLESS=1 cargo nextest run -p tests generated` writes what is generated from the code: the OpenAPI documents, the
//! routes of the template and of cargo-lambda, and the sample events.
#![cfg(test)]
#![expect(
    clippy::disallowed_methods,
    clippy::string_slice,
    clippy::integer_division,
    reason = "tests compute in whole numbers and know their texts"
)]

mod architecture;
mod billing_run;
mod budget;
mod canary;
mod catalogue;
mod chance;
mod crash;
mod document;
mod dunning;
mod examples;
mod generated;
mod grants;
mod http;
mod idempotency_key;
mod inputs;
mod mail;
mod metadata;
mod metered;
mod methods;
mod ministack;
mod money;
mod preview;
mod receivers;
mod samples;
mod savvi;
mod schedules;
mod schemas;
mod sms;
mod story;
mod tenants;
mod test_clock;
mod told;
mod usage;
mod webhook_pipeline;
