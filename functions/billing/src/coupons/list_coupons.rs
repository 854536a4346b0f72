//! `GET /v3/coupons`

use api::{BillingRead, Cx, Listed, PageQuery, Problem, Query, operation};
use models::{Moment, ids};
use views::rocketsavvy::Coupon;

/// List coupons
///
/// Lists coupons in order of their ids.
#[operation(get, "/v3/coupons", tag = "billing")]
pub(crate) async fn list_coupons(
    cx: Cx<BillingRead>,
    Query(query): Query<PageQuery>,
) -> Result<Listed<Coupon>, Problem> {
    let paging = cx.page(&query)?;
    let (page, now) = tokio::try_join!(cx.list::<ids::Coupon>(&paging.request), cx.now())?;
    paging.list(page, Moment::at(now, cx.mode()))
}
