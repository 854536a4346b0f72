//! `POST /enterprise/v1/customers/{businessId}`

use api::input::{Fields, Input};
use api::{Created, CrmWrite, Cx, Json, Problem, operation};
use models::View;
use models::crm::{CUSTOMER_NUM, Profile};
use models::event::EventType;
use store::Retry;
use views::reveknew::Customer;

/// A new customer.
#[derive(Debug, Clone, Input)]
#[input(rename_all = "camelCase", check = Self::names_somebody)]
pub(crate) struct NewCustomer {
    /// The business's own number of the customer: no other customer has it.
    #[input(chars = 1..=64, numbers = "customer number of another system", example = "4515")]
    pub(crate) customer_num: String,
    #[input(email, example = "JoeyEGosselin@jourrapide.com")]
    email: Option<String>,
    #[input(chars = 1..=100, example = "Joey")]
    first_name: Option<String>,
    #[input(chars = 1..=100, example = "Gosselin")]
    last_name: Option<String>,
    /// Where reminders go: with its country's code, or a national number of the business's country.
    #[input(chars = 3..=32, numbers = "telephone number", example = "0222740128")]
    phone_no: Option<String>,
}

impl NewCustomer {
    fn names_somebody(&self, fields: &mut Fields<'_>) {
        let named = [
            &self.email,
            &self.first_name,
            &self.last_name,
            &self.phone_no,
        ];
        if named.iter().all(|field| field.is_none()) {
            let detail = "is required where neither a name nor a telephone number is given";
            fields.reject("email", "required", detail);
        }
    }

    /// The profile with what the body says; what only v3 knows stays.
    pub(crate) fn apply(self, profile: Profile) -> Profile {
        Profile {
            email: self.email,
            first_name: self.first_name,
            last_name: self.last_name,
            phone: self.phone_no,
            ..profile
        }
    }
}

/// Create a customer
///
/// Creates a customer, who is a customer of v3, too. At least one of `email`, `firstName`, `lastName` and `phoneNo` is
/// needed. No two customers have the same `customerNum`.
#[operation(post, "/enterprise/v1/customers/{businessId}", tag = "customers")]
pub(crate) async fn create_customer(
    cx: Cx<CrmWrite>,
    Json(body): Json<NewCustomer>,
) -> Result<Created<Customer>, Problem> {
    let now = cx.now().await?;
    let number = body.customer_num.trim().to_owned();
    let mut retry = Retry::of("the record");
    loop {
        let id = cx.mint().await?;
        let profile = body.clone().apply(Profile::default());
        let mut customer = models::crm::Customer::new(id, profile, now);
        customer.customer_num = Some(number.clone());
        let mut writes = cx.writes().await?;
        cx.claim_name(&mut writes, (CUSTOMER_NUM, &number), &id.to_string())
            .await?;
        writes.create(&customer, Some(EventType::CustomerCreated))?;
        let location = format!("{}/id/{id}", cx.path());
        let view = Customer::of(&customer, ())?;
        if let Some(reply) = cx.try_created_at(&writes, &view, location).await? {
            return Ok(reply);
        }
        retry.again().await?;
    }
}
