//! `PATCH /v3/customers/{id}`

use api::{CrmWrite, Cx, Done, Json, Path, Problem, operation};
use models::event::EventType;
use models::{Id, View};
use views::rocketsavvy::Customer;

use crate::profile::CustomerFields;

/// Update a customer
///
/// Changes the fields that are given. A field that is absent stays as it is, one that is `null` is removed.
#[operation(patch, "/v3/customers/{id}", tag = "crm")]
pub(crate) async fn update_customer(
    cx: Cx<CrmWrite>,
    Path(id): Path<Id<models::ids::Customer>>,
    Json(patch): Json<CustomerFields>,
) -> Result<Done<Customer>, Problem> {
    let stored = cx.require_now(id).await?;
    let mut customer = (*stored).clone();
    let profile = patch.apply(customer.profile.clone())?;
    let mut writes = cx.writes().await?;
    if customer.update(profile) {
        writes.update(&stored, &customer, Some(EventType::CustomerUpdated))?;
    }
    cx.done(&writes, &Customer::of(&customer, cx.mode())?).await
}
