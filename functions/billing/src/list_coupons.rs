//! `GET /v3/coupons`

use api::dialect::rocketsavvy::{Coupon, List, Problems};
use api::{BillingRead, Cx, PageQuery, Problem, Query, Reply};

/// List coupons
///
/// In order of their names. 1 query.
#[utoipa::path(
    get,
    path = "/v3/coupons",
    tag = "billing",
    params(PageQuery),
    responses((status = 200, description = "One page of coupons.", body = List<Coupon>), Problems)
)]
pub(crate) async fn list_coupons(
    cx: Cx<BillingRead>,
    Query(query): Query<PageQuery>,
) -> Result<Reply, Problem> {
    let paging = cx.page(&query)?;
    let (page, now) = tokio::try_join!(cx.coupons(&paging.request), cx.now())?;
    Reply::ok(&paging.try_list(page, |coupon| Coupon::of(&coupon, now, cx.mode()))?)
}
