//! What the operations on a subscription have in common.

use api::Cx;
use models::billing::{ScheduleRow, Subscription};
use models::ids::{self, Id};
use models::{OrNotFound, Result};
use operations::Context;
use store::Stored;

/// The subscription in the path, as it is at this moment.
pub(crate) async fn subscription(
    context: &Context,
    id: Id<ids::Subscription>,
) -> Result<Stored<Subscription>> {
    context.require_now(id).await
}

/// Its rows, without what is needed to write them.
pub(crate) async fn rows(context: &Context, id: Id<ids::Subscription>) -> Result<Vec<ScheduleRow>> {
    let rows = context.schedule(id).await?;
    Ok(rows.into_iter().map(Stored::into_inner).collect())
}

/// The row that a body names.
pub(crate) async fn named_row(
    context: &Context,
    subscription: Id<ids::Subscription>,
    id: Id<ids::Schedule>,
) -> Result<Stored<ScheduleRow>> {
    let stored = context.schedule_row_by_id_now(subscription, id).await?;
    stored.or_no_such(id, "/id")
}

/// Brings the rows to where the subscription stands. A worker does where this does not get to it: the subscription itself was
/// changed, and that is what was asked for.
pub(crate) async fn sync_rows<S>(cx: &Cx<S>, id: Id<ids::Subscription>) {
    if let Err(error) = operations::follow_subscription(cx, id).await {
        tracing::warn!(%error, subscription = %id, "a schedule follows later");
    }
}
