//! `GET /v3/plans`

use api::dialect::rocketsavvy::{List, Plan, Problems};
use api::{BillingRead, Cx, PageQuery, Problem, Query, Reply};

/// List plans
///
/// In order of their names. 1 query.
#[utoipa::path(
    get,
    path = "/v3/plans",
    tag = "billing",
    params(PageQuery),
    responses((status = 200, description = "One page of plans.", body = List<Plan>), Problems)
)]
pub(crate) async fn list_plans(
    cx: Cx<BillingRead>,
    Query(query): Query<PageQuery>,
) -> Result<Reply, Problem> {
    let paging = cx.page(&query)?;
    let page = cx.plans(&paging.request).await?;
    Reply::ok(&paging.try_list(page, |plan| Plan::of(&plan, cx.mode()))?)
}
