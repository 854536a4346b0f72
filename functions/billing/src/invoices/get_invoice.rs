//! `GET /v3/invoices/{id}`

use api::{BillingRead, Cx, Done, Path, Problem, operation};
use models::View;
use models::ids::{self, Id};
use views::rocketsavvy::Invoice;

/// Retrieve an invoice
///
/// Retrieves an invoice by its id.
#[operation(get, "/v3/invoices/{id}", tag = "billing")]
pub(crate) async fn get_invoice(
    cx: Cx<BillingRead>,
    Path(id): Path<Id<ids::Invoice>>,
) -> Result<Done<Invoice>, Problem> {
    let invoice = cx.require_now(id).await?;
    Done::of(&Invoice::of(&invoice, cx.mode())?)
}
