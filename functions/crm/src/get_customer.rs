//! `GET /v3/customers/{id}`

use api::{CrmRead, Cx, Done, Path, Problem, operation};
use models::{Id, View};
use views::rocketsavvy::Customer;

/// Retrieve a customer
///
/// Retrieves a customer by its id. A customer that was deleted is 404.
#[operation(get, "/v3/customers/{id}", tag = "crm")]
pub(crate) async fn get_customer(
    cx: Cx<CrmRead>,
    Path(id): Path<Id<models::ids::Customer>>,
) -> Result<Done<Customer>, Problem> {
    let customer = cx.require(id).await?;
    Done::of(&Customer::of(&customer, cx.mode())?)
}
