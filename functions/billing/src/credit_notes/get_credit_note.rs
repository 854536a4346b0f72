//! `GET /v3/credit-notes/{id}`

use api::{BillingRead, Cx, Done, Path, Problem, operation};
use models::View;
use models::ids::{self, Id};
use views::rocketsavvy::CreditNote;

/// Retrieve a credit note
///
/// Retrieves a credit note by its id.
#[operation(get, "/v3/credit-notes/{id}", tag = "billing")]
pub(crate) async fn get_credit_note(
    cx: Cx<BillingRead>,
    Path(id): Path<Id<ids::CreditNote>>,
) -> Result<Done<CreditNote>, Problem> {
    let note = cx.require(id).await?;
    Done::of(&CreditNote::of(&note, cx.mode())?)
}
