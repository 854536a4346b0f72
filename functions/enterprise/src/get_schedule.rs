//! `GET /enterprise/v1/subscriptions/{businessId}/{subscriptionId}/{scheduleId}`

use api::{BillingRead, Cx, Done, NestedPath, Problem, operation};
use models::OrNotFound;
use models::ids::{self, Id};
use views::reveknew::Schedule;

use crate::scheduled::subscription;

/// Retrieve a scheduled payment
///
/// Retrieves a scheduled payment by its id.
#[operation(
    get,
    "/enterprise/v1/subscriptions/{businessId}/{subscriptionId}/{scheduleId}",
    tag = "subscriptions"
)]
pub(crate) async fn get_schedule(
    cx: Cx<BillingRead>,
    NestedPath((id, row)): NestedPath<(Id<ids::Subscription>, Id<ids::Schedule>)>,
) -> Result<Done<Schedule>, Problem> {
    let stored = subscription(&cx, id).await?;
    let row = cx
        .schedule_row_by_id_now(id, row)
        .await?
        .or_not_found(row)?;
    Done::of(&Schedule::of(&row, &stored)?)
}
