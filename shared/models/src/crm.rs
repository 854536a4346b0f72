//! Customers and what is known of them.

mod customer;

pub use customer::{CUSTOMER_NUM, Company, Customer, CustomerType, Profile};
