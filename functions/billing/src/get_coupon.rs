//! `GET /v3/coupons/{id}`

use api::dialect::rocketsavvy::{Coupon, Problems};
use api::{BillingRead, Cx, Path, Problem, Reply};
use models::Error;
use models::ids::{self, Slug};

/// Retrieve a coupon
///
/// 1 read.
#[utoipa::path(
    get,
    path = "/v3/coupons/{id}",
    tag = "billing",
    params(("id" = String, Path, description = "The coupon.", example = "coupon_welcome")),
    responses((status = 200, description = "The coupon.", body = Coupon), Problems)
)]
pub(crate) async fn get_coupon(
    cx: Cx<BillingRead>,
    Path(id): Path<Slug<ids::Coupon>>,
) -> Result<Reply, Problem> {
    let (coupon, now) = tokio::try_join!(cx.coupon(&id), cx.now())?;
    let coupon = coupon.ok_or_else(|| Error::not_found("coupon", id))?;
    Reply::ok(&Coupon::of(&coupon, now, cx.mode())?)
}
