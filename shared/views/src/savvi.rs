//! Savvi v1: members as a Rails application prints them.

mod members;

pub use members::{Found, Saved, SavviAddress, SavviUser};
