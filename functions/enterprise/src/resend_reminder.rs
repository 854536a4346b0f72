//! `PATCH /enterprise/v1/subscriptions/{businessId}/{subscriptionId}/schedule`

use api::dialect::reveknew::Errors;
use api::{Below, BillingWrite, Cx, Json, Problem, Reply};
use models::ids::{self, Id};

use crate::scheduled::{named_row, subscription};
use crate::update_schedule::ScheduleChange;

/// Send the message about a payment again
///
/// Within a minute, or in the morning where it is night in the business's time zone. 5 reads, 1 query and 6 write units.
#[utoipa::path(
    patch,
    path = "/enterprise/v1/subscriptions/{businessId}/{subscriptionId}/schedule",
    tag = "subscriptions",
    params(
        ("businessId" = String, Path, description = "The business.", example = "acct_rs_1000001"),
        ("subscriptionId" = String, Path, description = "The subscription.", example = "sub_rs_123456")
    ),
    request_body = ScheduleChange,
    responses((status = 204, description = "The message is on its way."), Errors)
)]
pub(crate) async fn resend_reminder(
    cx: Cx<BillingWrite>,
    Below(id): Below<Id<ids::Subscription>>,
    Json(body): Json<ScheduleChange>,
) -> Result<Reply, Problem> {
    let stored = subscription(&cx, id).await?;
    let row = named_row(&cx, id, body.id).await?;
    let writes = operations::remind_again(&cx, stored, row).await?;
    cx.nothing(&writes).await
}
