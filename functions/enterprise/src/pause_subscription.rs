//! `PATCH /enterprise/v1/subscriptions/{businessId}/{subscriptionId}/pause`

use api::{BillingWrite, Cx, NestedPath, NoContent, Problem, operation};
use models::event::EventType;
use models::ids::{self, Id};

use crate::scheduled::{subscription, sync_rows};

/// Pause a subscription
///
/// Pauses a subscription until it is resumed in v3 (`POST /v3/subscriptions/{id}/resume`). Its open scheduled payments
/// are suspended: nobody is reminded, and nothing is owed.
#[operation(
    patch,
    "/enterprise/v1/subscriptions/{businessId}/{subscriptionId}/pause",
    tag = "subscriptions",
    answer = "It is paused."
)]
pub(crate) async fn pause_subscription(
    cx: Cx<BillingWrite>,
    NestedPath(id): NestedPath<Id<ids::Subscription>>,
) -> Result<NoContent, Problem> {
    let stored = subscription(&cx, id).await?;
    stored.payment_terms()?;
    let now = cx.now().await?;
    let mut subscription = (*stored).clone();
    subscription.pause(None)?;
    subscription.call_rows(now);
    let mut writes = cx.writes().await?;
    writes.update(&stored, &subscription, Some(EventType::SubscriptionPaused))?;
    let reply = cx.no_content(&writes).await?;
    sync_rows(&cx, id).await;
    Ok(reply)
}
