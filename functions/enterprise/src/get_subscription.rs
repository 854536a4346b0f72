//! `GET /enterprise/v1/subscriptions/{businessId}/{subscriptionId}`

use api::{BillingRead, Cx, Done, NestedPath, Problem, operation};
use models::ids::{self, Id};
use views::reveknew::Subscription;

use crate::scheduled::{rows, subscription};

/// Retrieve a subscription
///
/// Retrieves a subscription with its receipts and all of its scheduled payments.
#[operation(
    get,
    "/enterprise/v1/subscriptions/{businessId}/{subscriptionId}",
    tag = "subscriptions"
)]
pub(crate) async fn get_subscription(
    cx: Cx<BillingRead>,
    NestedPath(id): NestedPath<Id<ids::Subscription>>,
) -> Result<Done<Subscription>, Problem> {
    let stored = subscription(&cx, id).await?;
    let rows = rows(&cx, id).await?;
    Done::of(&Subscription::of(&stored, &rows)?)
}
