//! `GET /v3/tax-rates`

use api::dialect::rocketsavvy::{List, Problems, TaxRate};
use api::{BillingRead, Cx, PageQuery, Problem, Query, Reply};

/// List tax rates
///
/// Newest first. 1 query.
#[utoipa::path(
    get,
    path = "/v3/tax-rates",
    tag = "billing",
    params(PageQuery),
    responses((status = 200, description = "One page of tax rates.", body = List<TaxRate>), Problems)
)]
pub(crate) async fn list_tax_rates(
    cx: Cx<BillingRead>,
    Query(query): Query<PageQuery>,
) -> Result<Reply, Problem> {
    let paging = cx.page(&query)?;
    let page = cx.tax_rates(&paging.request).await?;
    Reply::ok(&paging.try_list(page, |rate| TaxRate::of(&rate, cx.mode()))?)
}
