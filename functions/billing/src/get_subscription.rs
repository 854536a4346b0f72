//! `GET /v3/subscriptions/{id}`

use api::dialect::rocketsavvy::{Problems, Subscription};
use api::{BillingRead, Cx, Path, Problem, Reply};
use models::Error;
use models::ids::{self, Id};

/// Retrieve a subscription
///
/// 1 read.
#[utoipa::path(
    get,
    path = "/v3/subscriptions/{id}",
    tag = "billing",
    params(("id" = String, Path, description = "The subscription.", example = "sub_rs_123456")),
    responses((status = 200, description = "The subscription.", body = Subscription), Problems)
)]
pub(crate) async fn get_subscription(
    cx: Cx<BillingRead>,
    Path(id): Path<Id<ids::Subscription>>,
) -> Result<Reply, Problem> {
    let subscription = cx
        .subscription(id)
        .await?
        .ok_or_else(|| Error::not_found("subscription", id))?;
    Reply::ok(&Subscription::of(&subscription, cx.mode())?)
}
