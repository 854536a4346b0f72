//! Tests over the whole product, in one binary: what is generated, what belongs together, and stories across functions.
//!
//! `SAVVY_BLESS=1 cargo nextest run -p tests generated` writes what is generated from the code: the OpenAPI documents, the
//! routes of the template and of cargo-lambda, and the sample events.
#![cfg(test)]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::string_slice,
    clippy::too_many_lines,
    clippy::print_stdout,
    reason = "a failed expectation of a test is a panic"
)]

mod architecture;
mod budget;
mod catalogue;
mod generated;
mod samples;
mod story;
mod tenants;
