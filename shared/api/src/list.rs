//! Lists.

use serde::Serialize;
use utoipa::ToSchema;

/// One page of a list, newest first.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct List<T> {
    /// The records.
    pub data: Vec<T>,
    /// Whether another page follows.
    #[schema(example = true)]
    pub has_more: bool,
    /// The `cursor` of the next page.
    #[schema(example = "OGYxYzJhOWIwZDNlNGY1YS4wMDAwNzc1MzEz")]
    pub next_cursor: Option<String>,
}

/// A record that is gone.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Deleted {
    #[schema(example = "cust_rs_123456")]
    id: String,
    #[schema(example = true)]
    deleted: bool,
}

impl Deleted {
    /// The answer to a `DELETE`.
    pub fn of(id: &impl ToString) -> Self {
        Self {
            id: id.to_string(),
            deleted: true,
        }
    }
}
