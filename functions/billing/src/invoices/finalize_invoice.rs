//! `POST /v3/invoices/{id}/finalize`

use api::{BillingWrite, Cx, Done, Path, Problem, operation};
use models::View;
use models::ids::{self, Id};
use views::rocketsavvy::Invoice;

/// Finalize an invoice
///
/// Makes a draft final: it gets its number, its due date, and the seller's and customer's details as they are now. The
/// customer's balance pays what it can, and the rest is charged at once if the invoice is collected automatically. If
/// that fails, the invoice is `open` all the same and says why. An invoice of nothing is `paid`; a negative one is
/// added to the customer's balance.
#[operation(post, "/v3/invoices/{id}/finalize", tag = "billing")]
pub(crate) async fn finalize_invoice(
    cx: Cx<BillingWrite>,
    Path(id): Path<Id<ids::Invoice>>,
) -> Result<Done<Invoice>, Problem> {
    let invoice = if cx.resumed().is_some() {
        operations::collect_finalized(&cx, id).await?
    } else {
        let stored = cx.require_now(id).await?;
        operations::finalize_invoice(&cx, stored).await?
    };
    let view = Invoice::of(&invoice, cx.mode())?;
    cx.done(&cx.writes().await?, &view).await
}

#[cfg(test)]
mod tests;
