//! `GET /v3/payment-methods/{id}`

use api::dialect::rocketsavvy::{PaymentMethod, Problems};
use api::{Cx, Path, PaymentsRead, Problem, Reply};
use models::ids::{self, Id};
use models::Error;

/// Retrieve a payment method
///
/// 1 read.
#[utoipa::path(
    get,
    path = "/v3/payment-methods/{id}",
    tag = "payments",
    params(("id" = String, Path, description = "The payment method.", example = "pm_rs_123456")),
    responses((status = 200, description = "The payment method.", body = PaymentMethod), Problems)
)]
pub(crate) async fn get_payment_method(
    cx: Cx<PaymentsRead>,
    Path(id): Path<Id<ids::PaymentMethod>>,
) -> Result<Reply, Problem> {
    let method = cx
        .payment_method(id)
        .await?
        .ok_or_else(|| Error::not_found("payment method", id))?;
    Reply::ok(&PaymentMethod::of(&method, cx.mode()))
}
