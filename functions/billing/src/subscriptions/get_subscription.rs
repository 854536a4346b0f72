//! `GET /v3/subscriptions/{id}`

use api::{BillingRead, Cx, Done, Path, Problem, operation};
use models::View;
use models::ids::{self, Id};
use views::rocketsavvy::Subscription;

/// Retrieve a subscription
///
/// Retrieves a subscription by its id. One that ended can still be retrieved.
#[operation(get, "/v3/subscriptions/{id}", tag = "billing")]
pub(crate) async fn get_subscription(
    cx: Cx<BillingRead>,
    Path(id): Path<Id<ids::Subscription>>,
) -> Result<Done<Subscription>, Problem> {
    let subscription = cx.require(id).await?;
    Done::of(&Subscription::of(&subscription, cx.mode())?)
}
