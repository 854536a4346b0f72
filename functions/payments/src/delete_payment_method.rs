//! `DELETE /v3/payment-methods/{id}`

use api::dialect::rocketsavvy::{Deleted, Problems};
use api::{Cx, Path, PaymentsWrite, Problem, Reply};
use models::Error;
use models::event::EventType;
use models::ids::{self, Id};

/// Detach a payment method
///
/// Nobody can be charged on it any more; where it was the customer's default, the customer has none afterwards. Payments
/// that were made with it stay, and can be refunded.
#[utoipa::path(
    delete,
    path = "/v3/payment-methods/{id}",
    tag = "payments",
    params(("id" = String, Path, description = "The payment method.", example = "pm_rs_123456")),
    responses((status = 200, description = "The payment method is gone.", body = Deleted), Problems)
)]
pub(crate) async fn delete_payment_method(
    cx: Cx<PaymentsWrite>,
    Path(id): Path<Id<ids::PaymentMethod>>,
) -> Result<Reply, Problem> {
    let stored = cx
        .payment_method_now(id)
        .await?
        .ok_or_else(|| Error::not_found("payment method", id))?;
    let mut method = (*stored).clone();
    method.detach(cx.now().await?);
    let mut writes = cx.writes().await?;
    writes.update(&stored, &method, Some(EventType::PaymentMethodDetached))?;
    let customer = cx.customer_now(method.customer_id).await?;
    if let Some(customer) = customer.filter(|it| it.default_payment_method == Some(id)) {
        let mut changed = (*customer).clone();
        changed.default_payment_method = None;
        writes.update(&customer, &changed, Some(EventType::CustomerUpdated))?;
    }
    cx.changed(&writes, &Deleted::of(&id)).await
}
