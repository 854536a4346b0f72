//! `GET /v3/coupons/{id}`

use api::{BillingRead, Cx, Done, Path, Problem, operation};
use models::ids::{self, Slug};
use models::{Moment, View};
use views::rocketsavvy::Coupon;

/// Retrieve a coupon
///
/// Retrieves a coupon by its id, with how often it was redeemed.
#[operation(get, "/v3/coupons/{id}", tag = "billing")]
pub(crate) async fn get_coupon(
    cx: Cx<BillingRead>,
    Path(id): Path<Slug<ids::Coupon>>,
) -> Result<Done<Coupon>, Problem> {
    let (coupon, now) = tokio::try_join!(cx.require(&id), cx.now())?;
    Done::of(&Coupon::of(&coupon, Moment::at(now, cx.mode()))?)
}
