//! `PATCH /enterprise/v1/subscriptions/{businessId}/{subscriptionId}/schedule`

use api::{BillingWrite, Cx, Json, NestedPath, NoContent, Problem, operation};
use models::ids::{self, Id};

use crate::scheduled::{named_row, subscription};
use crate::update_schedule::ScheduleChange;

/// Send a reminder again
///
/// Sends the message about a scheduled payment again: within a minute, or in the morning if it is night in the
/// business's time zone. Five minutes have to pass between two messages about a payment, a number gets at most five
/// messages in an hour, and a business sends at most 1,000 in a day unless its settings say otherwise; 429 says when
/// it can be tried again.
#[operation(
    patch,
    "/enterprise/v1/subscriptions/{businessId}/{subscriptionId}/schedule",
    tag = "subscriptions"
)]
pub(crate) async fn resend_reminder(
    cx: Cx<BillingWrite>,
    NestedPath(id): NestedPath<Id<ids::Subscription>>,
    Json(body): Json<ScheduleChange>,
) -> Result<NoContent, Problem> {
    let stored = subscription(&cx, id).await?;
    let row = named_row(&cx, id, body.id).await?;
    let writes = operations::remind_again(&cx, stored, row).await?;
    cx.no_content(&writes).await
}
