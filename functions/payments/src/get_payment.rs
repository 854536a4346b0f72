//! `GET /v3/payments/{id}`

use api::dialect::rocketsavvy::{Payment, Problems};
use api::{Cx, Path, PaymentsRead, Problem, Reply};
use models::Error;
use models::ids::{self, Id};

/// Retrieve a payment
///
/// 1 consistent read.
#[utoipa::path(
    get,
    path = "/v3/payments/{id}",
    tag = "payments",
    params(("id" = String, Path, description = "The payment.", example = "pay_rs_789012")),
    responses((status = 200, description = "The payment.", body = Payment), Problems)
)]
pub(crate) async fn get_payment(
    cx: Cx<PaymentsRead>,
    Path(id): Path<Id<ids::Payment>>,
) -> Result<Reply, Problem> {
    let payment = cx
        .payment(id)
        .await?
        .ok_or_else(|| Error::not_found("payment", id))?;
    Reply::ok(&Payment::of(&payment, cx.mode()))
}
