//! What is generated from the code, and what it is generated from: the operations of the routers and requests that were sent.

pub(crate) mod catalogue;
pub(crate) mod document;
pub(crate) mod examples;
pub(crate) mod generated;
pub(crate) mod rails;
