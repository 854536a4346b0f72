//! `POST /v3/invoices/{id}/void`

use api::{BillingWrite, Cx, Done, Path, Problem, operation};
use models::View;
use models::ids::{self, Id};
use views::rocketsavvy::Invoice;

/// Void an invoice
///
/// Cancels an `open` or `uncollectible` invoice: it is not owed any more, and keeps its number. What the customer's
/// balance paid of it goes back there; if anything else was paid, issue a credit note instead. Its subscription stays
/// as it is, but a change that waits for the payment of this invoice is dropped.
#[operation(post, "/v3/invoices/{id}/void", tag = "billing")]
pub(crate) async fn void_invoice(
    cx: Cx<BillingWrite>,
    Path(id): Path<Id<ids::Invoice>>,
) -> Result<Done<Invoice>, Problem> {
    let stored = cx.require_now(id).await?;
    let now = cx.now().await?;
    let mut writes = cx.writes().await?;
    let invoice = operations::void_invoice(&cx, &mut writes, &stored, now).await?;
    cx.done(&writes, &Invoice::of(&invoice, cx.mode())?).await
}
