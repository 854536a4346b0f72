//! `PATCH /enterprise/v1/subscriptions/{businessId}/{subscriptionId}/cancel`

use api::{BillingWrite, Cx, NestedPath, NoContent, Problem, operation};
use models::event::EventType;
use models::ids::{self, Id};

use crate::scheduled::{subscription, sync_rows};

/// Cancel a subscription
///
/// Cancels a subscription at once. Its open scheduled payments are cancelled, and their invoices are void.
#[operation(
    patch,
    "/enterprise/v1/subscriptions/{businessId}/{subscriptionId}/cancel",
    tag = "subscriptions",
    answer = "It is cancelled."
)]
pub(crate) async fn cancel_subscription(
    cx: Cx<BillingWrite>,
    NestedPath(id): NestedPath<Id<ids::Subscription>>,
) -> Result<NoContent, Problem> {
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
    let reply = cx.no_content(&writes).await?;
    sync_rows(&cx, id).await;
    Ok(reply)
}
