//! Records as the dialects print them: one business, seen by the clients of each.
//!
//! A view is a type that `serde` prints and the OpenAPI document describes. It says nothing about HTTP: statuses, errors and
//! encodings are `api`'s.
#![warn(missing_docs)]

pub mod reveknew;
pub mod rocketsavvy;
pub mod savvi;
