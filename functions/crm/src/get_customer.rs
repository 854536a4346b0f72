//! `GET /v3/customers/{id}`

use api::dialect::rocketsavvy::{Customer, Problems};
use api::{CrmRead, Cx, Path, Problem, Reply};
use models::{Error, Id};

/// Retrieve a customer
///
/// 1 read.
#[utoipa::path(
    get,
    path = "/v3/customers/{id}",
    tag = "crm",
    params(("id" = String, Path, description = "The customer.", example = "cust_rs_123456")),
    responses((status = 200, description = "The customer.", body = Customer), Problems)
)]
pub(crate) async fn get_customer(
    cx: Cx<CrmRead>,
    Path(id): Path<Id<models::ids::Customer>>,
) -> Result<Reply, Problem> {
    let customer = cx
        .customer(id)
        .await?
        .ok_or_else(|| Error::not_found("customer", id))?;
    Reply::ok(&Customer::of(&customer, cx.mode()))
}
