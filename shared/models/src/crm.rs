//! Customers and what is known of them.

mod customer;

pub use customer::{Company, Customer, CustomerType, Profile};
