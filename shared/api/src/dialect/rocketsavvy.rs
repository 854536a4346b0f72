//! RocketSavvy v3: JSON in snake case, bare objects, errors as RFC 9457 problems.
//!
//! # Determinations
//! - A record that an input field refers to and that does not exist is 404, like one in the path, and the problem's `errors`
//!   name the field.
//! - A refused card is 402 with the gateway's code, as in Stripe; the failed payment is recorded and named (`payment_id`).
//! - `amount` of an invoice is its total, in minor units. Its `due_date` is a day.
//! - A report of usage whose `idempotency_key` was used for another report is 400 and names the field, like any other wrong
//!   field. A reused header `Idempotency-Key` is 422.
//! - An event's `data.object` is the object as its `GET` prints it at that moment.

mod problem;

pub use problem::{ProblemDetails, ProblemField};

pub(crate) use problem::{problem, render, render_too_large};
