//! `GET /v3/tax-rates/{id}`

use api::dialect::rocketsavvy::{Problems, TaxRate};
use api::{BillingRead, Cx, Path, Problem, Reply};
use models::Error;
use models::ids::{self, Id};

/// Retrieve a tax rate
///
/// 1 read.
#[utoipa::path(
    get,
    path = "/v3/tax-rates/{id}",
    tag = "billing",
    params(("id" = String, Path, description = "The tax rate.", example = "txr_rs_123456")),
    responses((status = 200, description = "The tax rate.", body = TaxRate), Problems)
)]
pub(crate) async fn get_tax_rate(
    cx: Cx<BillingRead>,
    Path(id): Path<Id<ids::TaxRate>>,
) -> Result<Reply, Problem> {
    let rate = cx
        .tax_rate(id)
        .await?
        .ok_or_else(|| Error::not_found("tax rate", id))?;
    Reply::ok(&TaxRate::of(&rate, cx.mode())?)
}
