//! `GET /v3/invoices/{id}`

use api::dialect::rocketsavvy::{Invoice, Problems};
use api::{BillingRead, Cx, Path, Problem, Reply};
use models::Error;
use models::ids::{self, Id};

/// Retrieve an invoice
///
/// 1 consistent read.
#[utoipa::path(
    get,
    path = "/v3/invoices/{id}",
    tag = "billing",
    params(("id" = String, Path, description = "The invoice.", example = "inv_rs_789012")),
    responses((status = 200, description = "The invoice.", body = Invoice), Problems)
)]
pub(crate) async fn get_invoice(
    cx: Cx<BillingRead>,
    Path(id): Path<Id<ids::Invoice>>,
) -> Result<Reply, Problem> {
    let invoice = cx
        .invoice(id)
        .await?
        .ok_or_else(|| Error::not_found("invoice", id))?;
    Reply::ok(&Invoice::of(&invoice, cx.mode())?)
}
