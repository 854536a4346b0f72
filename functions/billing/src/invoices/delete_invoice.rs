//! `DELETE /v3/invoices/{id}`

use api::Deleted;
use api::{BillingWrite, Cx, Done, Path, Problem, operation};
use models::event::EventType;
use models::ids::{self, Id};

/// Delete a draft invoice
///
/// Deletes a draft. A finalized invoice has a number and cannot be deleted; void it instead. The same goes for an
/// invoice of a subscription. A coupon that the draft had can be redeemed once more.
#[operation(delete, "/v3/invoices/{id}", tag = "billing")]
pub(crate) async fn delete_invoice(
    cx: Cx<BillingWrite>,
    Path(id): Path<Id<ids::Invoice>>,
) -> Result<Done<Deleted>, Problem> {
    let stored = cx.require_now(id).await?;
    let mut invoice = (*stored).clone();
    invoice.delete(cx.now().await?)?;
    let mut writes = cx.writes().await?;
    writes.update(&stored, &invoice, Some(EventType::InvoiceDeleted))?;
    operations::give_coupon_back(&cx, &mut writes, stored.coupon.as_ref()).await?;
    cx.done(&writes, &Deleted::of(&id)).await
}
