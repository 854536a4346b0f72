//! `POST /v3/invoices/{id}/void`

use api::dialect::rocketsavvy::Invoice;
use api::{BillingWrite, Cx, Done, Path, Problem, operation};
use models::Error;
use models::ids::{self, Id};

/// Void an invoice
///
/// One that is `open` or `uncollectible` is owed no longer; its number stays its own. What the customer's balance paid of it
/// goes back there. Where anything else was paid, issue a credit note instead. What becomes of its subscription is for you to
/// say.
///
/// 1 read and 2 write units: the invoice and its place among what is due; 4 more reads and one transaction of 2 items where the
/// balance has paid.
#[operation(post, "/v3/invoices/{id}/void", tag = "billing")]
pub(crate) async fn void_invoice(
    cx: Cx<BillingWrite>,
    Path(id): Path<Id<ids::Invoice>>,
) -> Result<Done<Invoice>, Problem> {
    let stored = cx
        .invoice(id)
        .await?
        .ok_or_else(|| Error::not_found("invoice", id))?;
    let now = cx.now().await?;
    let mut writes = cx.writes().await?;
    let invoice = operations::void_invoice(&cx, &mut writes, &stored, now).await?;
    cx.done(&writes, &Invoice::of(&invoice, cx.mode())?).await
}
