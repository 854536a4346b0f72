//! `GET /enterprise/v1/subscriptions/{businessId}/{subscriptionId}`

use api::dialect::reveknew::{Errors, Subscription};
use api::{Below, BillingRead, Cx, Problem, Reply};
use models::ids::{self, Id};

use crate::scheduled::{rows, subscription};

/// Retrieve a subscription
///
/// With its receipts and all rows of its schedule. 1 read, and 1 query for the rows.
#[utoipa::path(
    get,
    path = "/enterprise/v1/subscriptions/{businessId}/{subscriptionId}",
    tag = "subscriptions",
    params(
        ("businessId" = String, Path, description = "The business.", example = "acct_rs_1000001"),
        ("subscriptionId" = String, Path, description = "The subscription.", example = "sub_rs_123456")
    ),
    responses((status = 200, description = "The subscription.", body = Subscription), Errors)
)]
pub(crate) async fn get_subscription(
    cx: Cx<BillingRead>,
    Below(id): Below<Id<ids::Subscription>>,
) -> Result<Reply, Problem> {
    let stored = subscription(&cx, id).await?;
    let rows = rows(&cx, id).await?;
    Reply::ok(&Subscription::of(&stored, &rows)?)
}
