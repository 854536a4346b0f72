//! `PUT /enterprise/v1/customers/{businessId}`

use api::input::Input;
use api::{CrmWrite, Cx, Done, Json, Problem, operation};
use models::View;
use models::crm::CUSTOMER_NUM;
use models::event::EventType;
use models::ids::{self, Id};
use views::reveknew::Customer;

use crate::create_customer::NewCustomer;

/// A customer, with all fields.
#[derive(Debug, Input)]
pub(crate) struct CustomerUpdate {
    #[input(example = "cust_rs_123456")]
    id: Id<ids::Customer>,
    #[input(flatten)]
    customer: NewCustomer,
}

/// Update a customer
///
/// Replaces the customer's fields: one that is absent is removed. What only v3 knows of the customer stays.
#[operation(put, "/enterprise/v1/customers/{businessId}", tag = "customers")]
pub(crate) async fn update_customer(
    cx: Cx<CrmWrite>,
    Json(CustomerUpdate { id, customer: body }): Json<CustomerUpdate>,
) -> Result<Done<Customer>, Problem> {
    let stored = cx.require_at(id, "/id").await?;
    let mut customer = (*stored).clone();
    let mut writes = cx.writes().await?;
    let (owner, number) = (id.to_string(), body.customer_num.trim().to_owned());
    let same = |other: &String| other.trim().to_lowercase() == number.to_lowercase();
    if !customer.customer_num.as_ref().is_some_and(same) {
        if let Some(old) = &customer.customer_num {
            cx.release_name(&mut writes, (CUSTOMER_NUM, old), &owner)
                .await?;
        }
        cx.claim_name(&mut writes, (CUSTOMER_NUM, &number), &owner)
            .await?;
    }
    customer.customer_num = Some(number);
    let profile = body.apply(customer.profile.clone());
    customer.update(profile);
    if customer != *stored {
        writes.update(&stored, &customer, Some(EventType::CustomerUpdated))?;
    }
    cx.done(&writes, &Customer::of(&customer, ())?).await
}
