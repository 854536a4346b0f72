//! `POST /enterprise/v1/customers/{businessId}`

use api::dialect::reveknew::{Customer, Errors};
use api::input::{Fields, Input};
use api::{CrmWrite, Cx, Json, Problem, Reply};
use models::Error;
use models::crm::{CUSTOMER_NUM, Profile};
use models::event::EventType;
use utoipa::ToSchema;

/// Tries at an id and a number that others take at the same moment.
const MAX_TRIES: u32 = 8;

/// A new customer.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(
    dead_code,
    reason = "the schema of the input; it is read into a profile"
)]
pub(crate) struct NewCustomer {
    /// The business's own number of the customer: no other customer has it.
    #[schema(example = "4515")]
    customer_num: String,
    #[schema(example = "JoeyEGosselin@jourrapide.com")]
    email: Option<String>,
    #[schema(example = "Joey")]
    first_name: Option<String>,
    #[schema(example = "Gosselin")]
    last_name: Option<String>,
    /// Where reminders go: with its country's code, or a national number of the business's country.
    #[schema(example = "0222740128")]
    phone_no: Option<String>,
}

/// What the body says.
#[derive(Debug, Clone)]
pub(crate) struct Body {
    pub(crate) customer_num: String,
    pub(crate) email: Option<String>,
    pub(crate) first_name: Option<String>,
    pub(crate) last_name: Option<String>,
    pub(crate) phone: Option<String>,
}

impl Input for Body {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let customer_num = fields.text("customerNum", 1..=64).required(fields);
        let email = fields.email("email").optional();
        let first_name = fields.text("firstName", 1..=100).optional();
        let last_name = fields.text("lastName", 1..=100).optional();
        let phone = fields.text("phoneNo", 3..=32).optional();
        let nobody = [&email, &first_name, &last_name, &phone]
            .iter()
            .all(|field| field.is_none());
        if fields.good() && nobody {
            let detail = "is required where neither a name nor a telephone number is given";
            fields.reject("email", "required", detail);
        }
        Some(Self {
            customer_num: customer_num?,
            email,
            first_name,
            last_name,
            phone,
        })
    }
}

impl Body {
    /// The profile with what the body says; what only v3 knows stays.
    pub(crate) fn apply(self, profile: Profile) -> Profile {
        Profile {
            email: self.email,
            first_name: self.first_name,
            last_name: self.last_name,
            phone: self.phone,
            ..profile
        }
    }
}

/// Create a customer
///
/// 1 read and 4 write units: the customer, and its number, which only one customer can have.
#[utoipa::path(
    post,
    path = "/enterprise/v1/customers/{businessId}",
    tag = "customers",
    params(("businessId" = String, Path, description = "The business.", example = "acct_rs_1000001")),
    request_body = NewCustomer,
    responses((status = 201, description = "The customer.", body = Customer), Errors)
)]
pub(crate) async fn create_customer(
    cx: Cx<CrmWrite>,
    Json(body): Json<Body>,
) -> Result<Reply, Problem> {
    let now = cx.now().await?;
    let number = body.customer_num.trim().to_owned();
    for _ in 0..MAX_TRIES {
        let id = cx.mint().await?;
        let profile = body.clone().apply(Profile::default());
        let mut customer = models::crm::Customer::new(id, profile, now);
        customer.customer_num = Some(number.clone());
        let mut writes = cx.writes().await?;
        cx.claim_name(&mut writes, (CUSTOMER_NUM, &number), &id.to_string())
            .await?;
        writes.create(&customer, Some(EventType::CustomerCreated))?;
        let location = format!("{}/id/{id}", cx.path());
        let view = Customer::of(&customer);
        if let Some(reply) = cx.created_at(&writes, &view, location).await? {
            return Ok(reply);
        }
    }
    Err(Error::Unavailable("no free id was found".to_owned()).into())
}
