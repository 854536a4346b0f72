//! The filter of this function's lists.

use api::PageQuery;
use api::input::{Fields, Input};
use models::ids::{self, Id};

/// A page of all records, or of those of one customer.
pub(crate) struct OfCustomer {
    pub(crate) customer_id: Option<Id<ids::Customer>>,
    pub(crate) page: PageQuery,
}

impl Input for OfCustomer {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        Some(Self {
            customer_id: fields.id("customer_id").optional(),
            page: PageQuery::read(fields)?,
        })
    }
}
