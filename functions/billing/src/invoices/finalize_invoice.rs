//! `POST /v3/invoices/{id}/finalize`

use api::dialect::rocketsavvy::Invoice;
use api::{BillingWrite, Cx, Done, Path, Problem, operation};
use models::Error;
use models::ids::{self, Id};

/// Finalize an invoice
///
/// A draft becomes final: it gets the next number, seller and customer as they are now, and its due date, takes what the
/// customer's balance has for it, and is charged at once where it is collected automatically. Where that is refused it is
/// `open` all the same, and says why. One of nothing, or that the balance covers, is paid; one below zero goes to the balance.
///
/// 5 reads and 3 write units: the number, the invoice and its place among what is due; one transaction of 2 items where the
/// customer's balance changes, and those of a payment where it is charged.
#[operation(post, "/v3/invoices/{id}/finalize", tag = "billing")]
pub(crate) async fn finalize_invoice(
    cx: Cx<BillingWrite>,
    Path(id): Path<Id<ids::Invoice>>,
) -> Result<Done<Invoice>, Problem> {
    let invoice = if cx.resumed().is_some() {
        operations::collect_finalized(&cx, id).await?
    } else {
        let stored = cx
            .invoice(id)
            .await?
            .ok_or_else(|| Error::not_found("invoice", id))?;
        operations::finalize_invoice(&cx, stored).await?
    };
    let view = Invoice::of(&invoice, cx.mode())?;
    cx.done(&cx.writes().await?, &view).await
}

#[cfg(test)]
mod tests;
