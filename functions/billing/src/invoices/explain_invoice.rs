//! `GET /v3/invoices/{id}/explain`

use api::dialect::rocketsavvy::InvoiceExplanation;
use api::{BillingRead, Cx, Done, Path, Problem, operation};
use models::Error;
use models::ids::{self, Id};

/// Explain an invoice
///
/// Every amount is worked out again from what is stored: each line from its price, quantity and part of a period, the discount
/// from the lines, each tax from the lines less their shares of the discount, the sums from these. `exact` is what the formula
/// gives before its one rounding, and `matches` says whether that is the amount on the invoice; a credit is worked out from the
/// line that it gives a part back of. 1 consistent read, and 1 for each invoice with such lines.
#[operation(
    get,
    "/v3/invoices/{id}/explain",
    tag = "billing",
    answer = "How its amounts follow."
)]
pub(crate) async fn explain_invoice(
    cx: Cx<BillingRead>,
    Path(id): Path<Id<ids::Invoice>>,
) -> Result<Done<InvoiceExplanation>, Problem> {
    let invoice = cx
        .invoice(id)
        .await?
        .ok_or_else(|| Error::not_found("invoice", id))?;
    let earlier = operations::credited_invoices(&cx, &invoice).await?;
    Done::of(&InvoiceExplanation::of(&invoice, &earlier)?)
}

#[cfg(test)]
mod tests;
