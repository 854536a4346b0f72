//! `GET /v3/invoices/{id}/explain`

use api::dialect::rocketsavvy::{InvoiceExplanation, Problems};
use api::{BillingRead, Cx, Path, Problem, Reply};
use models::Error;
use models::ids::{self, Id};

/// Explain an invoice
///
/// Every amount is worked out again from what is stored: each line from its price, quantity and part of a period, the discount
/// from the lines, each tax from the lines less their shares of the discount, the sums from these. `exact` is what the formula
/// gives before its one rounding, and `matches` says whether that is the amount on the invoice. 1 consistent read.
#[utoipa::path(
    get,
    path = "/v3/invoices/{id}/explain",
    tag = "billing",
    params(("id" = String, Path, description = "The invoice.", example = "inv_rs_789012")),
    responses((status = 200, description = "How its amounts follow.", body = InvoiceExplanation), Problems)
)]
pub(crate) async fn explain_invoice(
    cx: Cx<BillingRead>,
    Path(id): Path<Id<ids::Invoice>>,
) -> Result<Reply, Problem> {
    let invoice = cx
        .invoice(id)
        .await?
        .ok_or_else(|| Error::not_found("invoice", id))?;
    Reply::ok(&InvoiceExplanation::of(&invoice)?)
}

#[cfg(test)]
mod tests;
