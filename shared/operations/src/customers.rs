//! Customers, and the members that they are.

pub(crate) mod delete_customer;
pub(crate) mod forget_member;
pub(crate) mod password;
