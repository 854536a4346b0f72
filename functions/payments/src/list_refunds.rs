//! `GET /v3/payments/{id}/refunds`

use api::dialect::rocketsavvy::{List, Problems, Refund};
use api::{Cx, PageQuery, Path, PaymentsRead, Problem, Query, Reply};
use models::Error;
use models::ids::{self, Id};

/// List the refunds of a payment
///
/// Newest first, failed ones as well. 1 consistent read and 1 query.
#[utoipa::path(
    get,
    path = "/v3/payments/{id}/refunds",
    tag = "payments",
    params(
        ("id" = String, Path, description = "The payment.", example = "pay_rs_789012"),
        ("limit" = Option<u32>, Query, description = "Records in a page, 1 to 100.", example = 20),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before."),
    ),
    responses((status = 200, description = "One page of refunds.", body = List<Refund>), Problems)
)]
pub(crate) async fn list_refunds(
    cx: Cx<PaymentsRead>,
    Path(payment): Path<Id<ids::Payment>>,
    Query(query): Query<PageQuery>,
) -> Result<Reply, Problem> {
    let paging = cx.page(&query, &[])?;
    cx.payment(payment)
        .await?
        .ok_or_else(|| Error::not_found("payment", payment))?;
    let page = cx.refunds(payment, &paging.request).await?;
    Reply::ok(&paging.list(page, |refund| Refund::of(&refund, cx.mode())))
}
