//! `GET /v3/tax-rates`

use api::{BillingRead, Cx, Listed, PageQuery, Problem, Query, operation};
use models::ids;
use views::rocketsavvy::TaxRate;

/// List tax rates
///
/// Lists tax rates, newest first, inactive ones as well.
#[operation(get, "/v3/tax-rates", tag = "billing")]
pub(crate) async fn list_tax_rates(
    cx: Cx<BillingRead>,
    Query(query): Query<PageQuery>,
) -> Result<Listed<TaxRate>, Problem> {
    let paging = cx.page(&query)?;
    let page = cx.list::<ids::TaxRate>(&paging.request).await?;
    paging.list(page, cx.mode())
}
