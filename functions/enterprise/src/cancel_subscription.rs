//! `PATCH /enterprise/v1/subscriptions/{businessId}/{subscriptionId}/cancel`

use api::dialect::reveknew::Errors;
use api::{Below, BillingWrite, Cx, Problem, Reply};
use models::event::EventType;
use models::ids::{self, Id};

use crate::scheduled::{bring_rows, subscription};

/// Cancel a subscription
///
/// It ends at once: its open rows are cancelled, and their invoices void. 1 read and 3 write units, and 1 query and 3 write units for each open row.
#[utoipa::path(
    patch,
    path = "/enterprise/v1/subscriptions/{businessId}/{subscriptionId}/cancel",
    tag = "subscriptions",
    params(
        ("businessId" = String, Path, description = "The business.", example = "acct_rs_1000001"),
        ("subscriptionId" = String, Path, description = "The subscription.", example = "sub_rs_123456")
    ),
    responses((status = 204, description = "It is cancelled."), Errors)
)]
pub(crate) async fn cancel_subscription(
    cx: Cx<BillingWrite>,
    Below(id): Below<Id<ids::Subscription>>,
) -> Result<Reply, Problem> {
    let stored = subscription(&cx, id).await?;
    stored.payment_terms()?;
    let now = cx.now().await?;
    let mut subscription = (*stored).clone();
    subscription.refuse_if_over()?;
    subscription.end(now);
    let mut writes = cx.writes().await?;
    writes.update(
        &stored,
        &subscription,
        Some(EventType::SubscriptionCanceled),
    )?;
    let reply = cx.nothing(&writes).await?;
    bring_rows(&cx, id).await;
    Ok(reply)
}
