//! `GET /v3/plans`

use api::{BillingRead, Cx, Listed, PageQuery, Problem, Query, operation};
use models::ids;
use views::rocketsavvy::Plan;

/// List plans
///
/// Lists plans in order of their ids.
#[operation(get, "/v3/plans", tag = "billing")]
pub(crate) async fn list_plans(
    cx: Cx<BillingRead>,
    Query(query): Query<PageQuery>,
) -> Result<Listed<Plan>, Problem> {
    let paging = cx.page(&query)?;
    let page = cx.list::<ids::Plan>(&paging.request).await?;
    paging.list(page, cx.mode())
}
