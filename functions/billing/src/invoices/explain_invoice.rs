//! `GET /v3/invoices/{id}/explain`

use api::{BillingRead, Cx, Done, Path, Problem, operation};
use models::ids::{self, Id};
use views::rocketsavvy::InvoiceExplanation;

/// Explain an invoice
///
/// Shows how each amount of an invoice follows from what is stored: each line from its price, quantity and share of a
/// period, the discount from the lines, each tax from the discounted lines, the totals from these. `exact` is the
/// result before rounding, and `matches` says whether it gives the amount on the invoice. A credit is computed from the
/// line that it credits.
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
    let invoice = cx.require_now(id).await?;
    let earlier = operations::credited_invoices(&cx, &invoice).await?;
    Done::of(&InvoiceExplanation::of(&invoice, &earlier)?)
}

#[cfg(test)]
mod tests;
