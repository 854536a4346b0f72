//! `GET /v3/tax-rates/{id}`

use api::{BillingRead, Cx, Done, Path, Problem, operation};
use models::View;
use models::ids::{self, Id};
use views::rocketsavvy::TaxRate;

/// Retrieve a tax rate
///
/// Retrieves a tax rate by its id.
#[operation(get, "/v3/tax-rates/{id}", tag = "billing")]
pub(crate) async fn get_tax_rate(
    cx: Cx<BillingRead>,
    Path(id): Path<Id<ids::TaxRate>>,
) -> Result<Done<TaxRate>, Problem> {
    let rate = cx.require(id).await?;
    Done::of(&TaxRate::of(&rate, cx.mode())?)
}
