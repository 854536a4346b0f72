//! `GET /v3/plans/{id}`

use api::dialect::rocketsavvy::{Plan, Problems};
use api::{BillingRead, Cx, Path, Problem, Reply};
use models::Error;
use models::ids::{self, Slug};

/// Retrieve a plan
///
/// 1 read.
#[utoipa::path(
    get,
    path = "/v3/plans/{id}",
    tag = "billing",
    params(("id" = String, Path, description = "The plan.", example = "plan_enterprise_pro")),
    responses((status = 200, description = "The plan.", body = Plan), Problems)
)]
pub(crate) async fn get_plan(
    cx: Cx<BillingRead>,
    Path(id): Path<Slug<ids::Plan>>,
) -> Result<Reply, Problem> {
    let plan = cx
        .plan(&id)
        .await?
        .ok_or_else(|| Error::not_found("plan", id))?;
    Reply::ok(&Plan::of(&plan, cx.mode()))
}
