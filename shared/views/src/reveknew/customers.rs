//! Customers as Reveknew prints them.

use models::{Result, View, crm};
use serde::Serialize;
use utoipa::ToSchema;

/// A customer.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Customer {
    #[schema(example = "cust_rs_123456")]
    id: String,
    /// The business's own number of the customer.
    #[schema(example = "7784")]
    customer_num: Option<String>,
    #[schema(example = "KimBlake@centme.com")]
    email: Option<String>,
    #[schema(example = "Kim")]
    first_name: Option<String>,
    #[schema(example = "Blake")]
    last_name: Option<String>,
    #[schema(example = "0552740129")]
    phone_no: Option<String>,
}

impl View for Customer {
    type Of = crm::Customer;
    type At = ();

    fn of(customer: &crm::Customer, _at: ()) -> Result<Self> {
        let profile = &customer.profile;
        Ok(Self {
            id: customer.id.to_string(),
            customer_num: customer.customer_num.clone(),
            email: profile.email.clone(),
            first_name: profile.first_name.clone(),
            last_name: profile.last_name.clone(),
            phone_no: profile.phone.clone(),
        })
    }
}
