//! `DELETE /v3/plans/{id}`

use api::Deleted;
use api::{BillingWrite, Cx, Done, Path, Problem, operation};
use models::event::EventType;
use models::ids::{self, Slug};

/// Delete a plan
///
/// Deletes a plan for good: it takes no new subscriptions, and those that run go on at their price. Its id cannot be
/// used again.
#[operation(delete, "/v3/plans/{id}", tag = "billing")]
pub(crate) async fn delete_plan(
    cx: Cx<BillingWrite>,
    Path(id): Path<Slug<ids::Plan>>,
) -> Result<Done<Deleted>, Problem> {
    let stored = cx.require_now(&id).await?;
    let mut plan = (*stored).clone();
    plan.deleted = Some(cx.now().await?);
    let mut writes = cx.writes().await?;
    writes.update(&stored, &plan, Some(EventType::PlanDeleted))?;
    cx.done(&writes, &Deleted::of(&id)).await
}
