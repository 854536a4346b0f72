//! How much room a record takes: DynamoDB has 400 KB for an item.
//!
//! Lists have bounds of their own. Where several of them add up, what a caller makes of a record is bounded as a whole, so that there is
//! room for what happens to it later.

use serde::Serialize;

use crate::error::{Error, Result};

/// Errors with a 400 for the field at `pointer` where `record` takes more than so many kilobytes (of 1,000 bytes), as JSON: as an item
/// it takes less. `what` is the record as the error says it ("the subscription").
pub fn refuse_larger(
    what: &str,
    record: &impl Serialize,
    kilobytes: usize,
    pointer: &'static str,
) -> Result<()> {
    let text = serde_json::to_vec(record).map_err(Error::internal)?;
    if text.len() <= kilobytes.saturating_mul(1000) {
        return Ok(());
    }
    let detail = format!(
        "makes {what} too large: it would take {} KB, and {kilobytes} KB is the most",
        text.len().div_ceil(1000)
    );
    Err(Error::invalid(pointer, "too_large", detail))
}
