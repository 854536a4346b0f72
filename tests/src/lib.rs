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

mod generators;
mod guards;
mod histories;
mod stories;
