//! `GET /v3/invoices/{id}`

use api::dialect::rocketsavvy::Invoice;
use api::{BillingRead, Cx, Done, Path, Problem, operation};
use models::Error;
use models::ids::{self, Id};

/// Retrieve an invoice
///
/// Retrieves an invoice by its id.
#[operation(get, "/v3/invoices/{id}", tag = "billing")]
pub(crate) async fn get_invoice(
    cx: Cx<BillingRead>,
    Path(id): Path<Id<ids::Invoice>>,
) -> Result<Done<Invoice>, Problem> {
    let invoice = cx
        .invoice(id)
        .await?
        .ok_or_else(|| Error::not_found("invoice", id))?;
    Done::of(&Invoice::of(&invoice, cx.mode())?)
}
