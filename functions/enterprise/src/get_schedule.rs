//! `GET /enterprise/v1/subscriptions/{businessId}/{subscriptionId}/{scheduleId}`

use api::dialect::reveknew::{Errors, Schedule};
use api::{Below, BillingRead, Cx, Problem, Reply};
use models::Error;
use models::ids::{self, Id};

use crate::scheduled::subscription;

/// Retrieve a scheduled payment
///
/// 1 read and 1 query.
#[utoipa::path(
    get,
    path = "/enterprise/v1/subscriptions/{businessId}/{subscriptionId}/{scheduleId}",
    tag = "subscriptions",
    params(
        ("businessId" = String, Path, description = "The business.", example = "acct_rs_1000001"),
        ("subscriptionId" = String, Path, description = "The subscription.", example = "sub_rs_123456"),
        ("scheduleId" = String, Path, description = "The scheduled payment.", example = "sch_rs_123456")
    ),
    responses((status = 200, description = "The scheduled payment.", body = Schedule), Errors)
)]
pub(crate) async fn get_schedule(
    cx: Cx<BillingRead>,
    Below((id, row)): Below<(Id<ids::Subscription>, Id<ids::Schedule>)>,
) -> Result<Reply, Problem> {
    let stored = subscription(&cx, id).await?;
    let row = cx
        .schedule_row_by_id(id, row)
        .await?
        .ok_or_else(|| Error::not_found("schedule", row))?;
    Reply::ok(&Schedule::of(&row, &stored)?)
}
