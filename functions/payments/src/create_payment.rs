//! `POST /v3/payments`

use api::dialect::rocketsavvy::{Payment, ProblemDetails, Problems};
use api::input::{Fields, Input};
use api::{Cx, Json, PaymentsWrite, Problem, Reply};
use models::ids::{self, Id};
use models::money::Currency;
use models::payments::NewPayment;
use models::{Error, Metadata, Money};
use operations::Context;
use store::Stored;
use utoipa::ToSchema;

use crate::free_text;
use crate::payer::{OneTimePaymentMethod, Source};

/// A new payment. What is charged is `payment_method` or `payment_method_id`, or else the default of `customer_id`.
#[derive(ToSchema)]
#[schema(as = NewPayment)]
#[expect(dead_code, reason = "the schema of the input; it is read into a body")]
pub(crate) struct NewPaymentSchema {
    /// Minor units.
    #[schema(example = 5000)]
    amount: i64,
    #[schema(example = "USD")]
    currency: String,
    payment_method: Option<OneTimePaymentMethod>,
    /// A stored payment method, instead of `payment_method`.
    payment_method_id: Option<String>,
    #[schema(example = "cust_rs_123456")]
    customer_id: Option<String>,
    #[schema(example = "Professional services payment")]
    description: Option<String>,
    /// Whether the risk is weighed; `false` where it is absent.
    #[schema(example = true)]
    fraud_protection: Option<bool>,
    #[schema(value_type = HashMap<String, String>, required = false, example = json!({"source": "website"}))]
    metadata: (),
}

/// What the body says.
pub(crate) struct Body {
    customer_id: Option<Id<ids::Customer>>,
    source: Source,
    amount: Money,
    description: Option<String>,
    fraud_protection: bool,
    metadata: Metadata,
}

impl Input for Body {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let customer_id = fields.id("customer_id").optional();
        let source = Source::read(fields, customer_id);
        let minor = fields.minor("amount", 1).required(fields);
        let currency: Option<Currency> = fields.currency("currency").required(fields);
        let description = free_text::read(fields, "description");
        let fraud_protection = fields.boolean("fraud_protection").optional();
        let metadata = free_text::read_metadata(fields);
        Some(Self {
            customer_id,
            source: source?,
            amount: Money::new(minor?, currency?),
            description,
            fraud_protection: fraud_protection.unwrap_or_default(),
            metadata,
        })
    }
}

/// Take a payment
///
/// The answer is the outcome: 201 where the money moved, 402 where it did not. Either way there is a payment, and either
/// answer is kept for the `Idempotency-Key`.
///
/// 4 write units: the payment and its place among what is due, when it begins and with its outcome. A customer is 1 read
/// and 1 write unit more, a stored payment method 1 read, and an `Idempotency-Key` 1 read and 4 write units.
#[utoipa::path(
    post,
    path = "/v3/payments",
    tag = "payments",
    request_body = NewPaymentSchema,
    responses(
        (status = 201, description = "The money moved.", body = Payment),
        (status = 402, description = "The card was refused; `payment_id` names the failed payment.", body = ProblemDetails, content_type = "application/problem+json"),
        Problems
    )
)]
pub(crate) async fn create_payment(
    cx: Cx<PaymentsWrite>,
    Json(body): Json<Body>,
) -> Result<Reply, Problem> {
    let begun = match cx.resumed() {
        Some(reference) => resume(&cx, &reference).await?,
        None => begin(&cx, body).await?,
    };
    let payment = operations::resolve_payment(&cx, begun).await?;
    if let Some(failure) = payment.failure {
        return cx.declined(failure.into_error(Some(payment.id))).await;
    }
    let view = Payment::of(&payment, cx.mode());
    let reply = cx.created(&cx.writes().await?, &view, payment.id).await?;
    Ok(reply.ok_or_else(|| Error::internal("an answer without changes was refused"))?)
}

async fn begin(context: &Context, body: Body) -> models::Result<Stored<models::payments::Payment>> {
    // Without a gateway nothing else matters.
    context.gateway()?;
    let payer = body.source.find(context, body.customer_id).await?;
    let new = NewPayment {
        amount: body.amount,
        customer_id: payer.customer_id,
        payment_method_id: payer.payment_method_id,
        card: payer.card,
        invoice: None,
        description: body.description,
        fraud_protection: body.fraud_protection,
        metadata: body.metadata,
    };
    operations::begin_payment(context, new).await
}

/// The payment that an earlier call with the same key began. What the body names is not looked at again: the card may have
/// expired since then, and the money may have moved.
async fn resume(
    context: &Context,
    reference: &str,
) -> models::Result<Stored<models::payments::Payment>> {
    let id: Id<ids::Payment> = reference.parse().map_err(Error::internal)?;
    let vanished = || operations::vanished(id);
    context.payment(id).await?.ok_or_else(vanished)
}

#[cfg(test)]
mod tests;
