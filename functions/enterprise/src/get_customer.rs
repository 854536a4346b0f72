//! `GET /enterprise/v1/customers/{businessId}/id/{customerId}`

use api::dialect::reveknew::{Customer, Errors};
use api::{Below, CrmRead, Cx, Problem, Reply};
use models::Error;
use models::ids::{self, Id};

/// Retrieve a customer
///
/// 1 read.
#[utoipa::path(
    get,
    path = "/enterprise/v1/customers/{businessId}/id/{customerId}",
    tag = "customers",
    params(
        ("businessId" = String, Path, description = "The business.", example = "acct_rs_1000001"),
        ("customerId" = String, Path, description = "The customer.", example = "cust_rs_123456")
    ),
    responses((status = 200, description = "The customer.", body = Customer), Errors)
)]
pub(crate) async fn get_customer(
    cx: Cx<CrmRead>,
    Below(id): Below<Id<ids::Customer>>,
) -> Result<Reply, Problem> {
    let customer = cx
        .customer(id)
        .await?
        .ok_or_else(|| Error::not_found("customer", id))?;
    Reply::ok(&Customer::of(&customer))
}
