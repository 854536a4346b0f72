//! How many text messages go out: so many to a number in an hour, and so many of a business in a day.
//!
//! Each message costs money, and one to a stranger costs trust. The counters are conditional, so that many workers together send
//! no more; a worker that dies after it counted has used a place up.

use models::{Result, Timestamp};

use crate::Context;

/// Messages to one number in an hour.
const PER_NUMBER_AND_HOUR: u32 = 5;
const HOUR_SECONDS: i64 = 3_600;
const DAY_SECONDS: i64 = 86_400;

/// Whether another message may go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Allowance {
    /// It may, and is counted.
    Given,
    /// The number has had so many in this hour; the next one begins then.
    NumberIsFull(Timestamp),
    /// The business has sent so many in this day; the next one begins then.
    DayIsFull(Timestamp),
}

/// Counts a message to a number (E.164) that goes out at `at`, the business's time. Half a read unit, and 2 write units.
pub(crate) async fn take(context: &Context, number: &str, at: Timestamp) -> Result<Allowance> {
    let after = |seconds: i64| {
        let begun = at.seconds().div_euclid(seconds);
        Timestamp::from_seconds(begun.saturating_add(1).saturating_mul(seconds))
    };
    if !context
        .count_text_to(number, at, PER_NUMBER_AND_HOUR)
        .await?
    {
        return Ok(Allowance::NumberIsFull(after(HOUR_SECONDS)));
    }
    let per_day = context.billing_settings().await?.text_messages_per_day;
    if !context.count_text(at, per_day).await? {
        return Ok(Allowance::DayIsFull(after(DAY_SECONDS)));
    }
    Ok(Allowance::Given)
}
