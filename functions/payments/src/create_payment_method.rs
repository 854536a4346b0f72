//! `POST /v3/payment-methods`

use api::dialect::rocketsavvy::{PaymentMethod, ProblemDetails, Problems};
use api::input::{Fields, Input};
use api::{Cx, Json, PaymentsWrite, Problem, Reply};
use models::event::EventType;
use models::ids::{self, Id};
use models::{Error, Metadata, payments};
use providers::gateway::RawCard;
use utoipa::ToSchema;

use crate::card::{self, NewCard};
use crate::free_text;
use crate::payer::customer_now;

/// Tries at a customer whom others change at the same moment.
const MAX_TRIES: u32 = 8;

/// A card that a customer can be charged on from now on.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the schema of the input; it is read into a body")]
pub(crate) struct NewPaymentMethod {
    #[schema(example = "cust_rs_123456")]
    customer_id: String,
    /// `card`.
    #[schema(rename = "type", example = "card")]
    kind: String,
    card: NewCard,
    /// Whether the customer's scheduled bills are charged to it. A customer's first one is the default anyhow.
    #[schema(example = true)]
    default: Option<bool>,
    #[schema(value_type = Option<Object>, example = json!({"source": "website"}))]
    metadata: Option<()>,
}

/// What the body says.
pub(crate) struct Body {
    customer_id: Id<ids::Customer>,
    card: RawCard,
    default: bool,
    metadata: Metadata,
}

impl Input for Body {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let customer_id = fields.id("customer_id").required(fields);
        let kind = fields.choice("type", &[("card", ())]).required(fields);
        let card = fields.object("card", card::read).required(fields);
        let default = fields.boolean("default").optional().unwrap_or_default();
        let metadata = free_text::read_metadata(fields);
        Some(Self {
            customer_id: customer_id?,
            card: kind.and(card)?,
            default,
            metadata,
        })
    }
}

/// Attach a card to a customer
///
/// The card's bank is asked whether the card may be kept; where it says no, nothing is written.
#[utoipa::path(
    post,
    path = "/v3/payment-methods",
    tag = "payments",
    request_body = NewPaymentMethod,
    responses(
        (status = 201, description = "The payment method.", body = PaymentMethod),
        (status = 402, description = "The card was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        Problems
    )
)]
pub(crate) async fn create_payment_method(
    cx: Cx<PaymentsWrite>,
    Json(body): Json<Body>,
) -> Result<Reply, Problem> {
    let card = card::tokenize(&cx, &body.card, "/card").await?;
    let mut customer = customer_now(&cx, body.customer_id).await?;
    let refusal = |failure: payments::Failure| failure.into_error(None);
    cx.gateway()?.verify(&card).map_err(refusal)?;
    for _ in 0..MAX_TRIES {
        let method = payments::PaymentMethod {
            id: cx.mint().await?,
            customer_id: customer.id,
            card: card.clone(),
            metadata: body.metadata.clone(),
            created: cx.now().await?,
            deleted: None,
        };
        let mut writes = cx.writes().await?;
        writes.create(&method, Some(EventType::PaymentMethodAttached))?;
        if body.default || customer.default_payment_method.is_none() {
            let mut changed = (*customer).clone();
            changed.default_payment_method = Some(method.id);
            writes.update(&customer, &changed, Some(EventType::CustomerUpdated))?;
        }
        let view = PaymentMethod::of(&method, cx.mode());
        if let Some(reply) = cx.created(&writes, &view, method.id).await? {
            return Ok(reply);
        }
        customer = customer_now(&cx, body.customer_id).await?;
    }
    let detail = "the customer is being changed by others all the time";
    Err(Error::Unavailable(detail.to_owned()).into())
}
