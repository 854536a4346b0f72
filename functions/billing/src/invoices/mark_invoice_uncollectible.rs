//! `POST /v3/invoices/{id}/uncollectible`

use api::{BillingWrite, Cx, Done, Path, Problem, operation};
use models::View;
use models::event::EventType;
use models::ids::{self, Id};
use views::rocketsavvy::Invoice;

/// Mark an invoice uncollectible
///
/// Gives up an `open` invoice: it is not collected any more. It can still be paid or voided.
#[operation(post, "/v3/invoices/{id}/uncollectible", tag = "billing")]
pub(crate) async fn mark_invoice_uncollectible(
    cx: Cx<BillingWrite>,
    Path(id): Path<Id<ids::Invoice>>,
) -> Result<Done<Invoice>, Problem> {
    let stored = cx.require_now(id).await?;
    let mut invoice = (*stored).clone();
    invoice.mark_uncollectible(cx.now().await?)?;
    let mut writes = cx.writes().await?;
    writes.update(&stored, &invoice, Some(EventType::InvoiceUncollectible))?;
    cx.done(&writes, &Invoice::of(&invoice, cx.mode())?).await
}
