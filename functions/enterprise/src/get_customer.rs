//! `GET /enterprise/v1/customers/{businessId}/id/{customerId}`

use api::{CrmRead, Cx, Done, NestedPath, Problem, operation};
use models::View;
use models::ids::{self, Id};
use views::reveknew::Customer;

/// Retrieve a customer
///
/// Retrieves a customer by its id.
#[operation(
    get,
    "/enterprise/v1/customers/{businessId}/id/{customerId}",
    tag = "customers"
)]
pub(crate) async fn get_customer(
    cx: Cx<CrmRead>,
    NestedPath(id): NestedPath<Id<ids::Customer>>,
) -> Result<Done<Customer>, Problem> {
    let customer = cx.require(id).await?;
    Done::of(&Customer::of(&customer, ())?)
}
