//! The filter of this function's lists.

use api::PageQuery;
use api::input::Input;
use models::ids::{self, Id};

/// A page of all records, or of those of one customer.
#[derive(Input)]
pub(crate) struct OfCustomer {
    /// Of this customer.
    #[input(example = "cust_rs_123456")]
    pub(crate) customer_id: Option<Id<ids::Customer>>,
    #[input(flatten)]
    pub(crate) page: PageQuery,
}
