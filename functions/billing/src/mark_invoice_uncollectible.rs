//! `POST /v3/invoices/{id}/uncollectible`

use api::dialect::rocketsavvy::{Invoice, Problems};
use api::{BillingWrite, Cx, Path, Problem, Reply};
use models::Error;
use models::event::EventType;
use models::ids::{self, Id};

/// Mark an invoice uncollectible
///
/// One that is `open` is given up: nothing is collected any more. It may still be paid or voided. 1 read and up to 2 write
/// units.
#[utoipa::path(
    post,
    path = "/v3/invoices/{id}/uncollectible",
    tag = "billing",
    params(("id" = String, Path, description = "The invoice.", example = "inv_rs_789012")),
    responses((status = 200, description = "The invoice.", body = Invoice), Problems)
)]
pub(crate) async fn mark_invoice_uncollectible(
    cx: Cx<BillingWrite>,
    Path(id): Path<Id<ids::Invoice>>,
) -> Result<Reply, Problem> {
    let stored = cx
        .invoice(id)
        .await?
        .ok_or_else(|| Error::not_found("invoice", id))?;
    let mut invoice = (*stored).clone();
    invoice.mark_uncollectible(cx.now().await?)?;
    let mut writes = cx.writes().await?;
    writes.update(&stored, &invoice, Some(EventType::InvoiceUncollectible))?;
    cx.changed(&writes, &Invoice::of(&invoice, cx.mode())?)
        .await
}
