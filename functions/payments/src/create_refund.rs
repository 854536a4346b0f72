//! `POST /v3/payments/{id}/refunds`

use api::dialect::rocketsavvy::{ProblemDetails, Problems, Refund};
use api::input::{Fields, Input};
use api::{Cx, Json, Path, PaymentsWrite, Problem, Reply};
use models::ids::{self, Id};
use models::{Error, Money};
use operations::Context;
use store::Stored;
use utoipa::ToSchema;

use crate::free_text;

/// A new refund.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the schema of the input; it is read into a body")]
pub(crate) struct NewRefund {
    /// Minor units; all that is left of the payment where it is absent.
    #[schema(example = 1000)]
    amount: Option<i64>,
    /// In your words.
    #[schema(example = "requested_by_customer")]
    reason: Option<String>,
}

/// What the body says.
pub(crate) struct Body {
    amount_minor: Option<i64>,
    reason: Option<String>,
}

impl Input for Body {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        Some(Self {
            amount_minor: fields.minor("amount", 1).optional(),
            reason: free_text::read(fields, "reason"),
        })
    }
}

/// Refund a payment
///
/// The whole of it, or a part; never more than is left.
#[utoipa::path(
    post,
    path = "/v3/payments/{id}/refunds",
    tag = "payments",
    params(("id" = String, Path, description = "The payment.", example = "pay_rs_789012")),
    request_body = NewRefund,
    responses(
        (status = 201, description = "The money is on its way back.", body = Refund),
        (status = 402, description = "The gateway did not give the money back.", body = ProblemDetails, content_type = "application/problem+json"),
        Problems
    )
)]
pub(crate) async fn create_refund(
    cx: Cx<PaymentsWrite>,
    Path(payment): Path<Id<ids::Payment>>,
    Json(body): Json<Body>,
) -> Result<Reply, Problem> {
    let begun = match cx.resumed() {
        Some(reference) => resume(&cx, payment, &reference).await?,
        None => begin(&cx, payment, body).await?,
    };
    let refund = operations::resolve_refund(&cx, begun).await?;
    if let Some(failure) = refund.failure {
        return cx.declined(failure.into_error(Some(payment))).await;
    }
    let view = Refund::of(&refund, cx.mode());
    cx.done(&cx.writes().await?, 201, &view).await
}

async fn begin(
    context: &Context,
    id: Id<ids::Payment>,
    body: Body,
) -> models::Result<Stored<models::payments::Refund>> {
    // Without a gateway nothing else matters.
    context.gateway()?;
    let payment = context
        .payment(id)
        .await?
        .ok_or_else(|| Error::not_found("payment", id))?;
    let currency = payment.amount.currency();
    let amount = body.amount_minor.map(|minor| Money::new(minor, currency));
    operations::begin_refund(context, payment, amount, body.reason).await
}

/// The refund that an earlier call with the same key began.
async fn resume(
    context: &Context,
    payment: Id<ids::Payment>,
    reference: &str,
) -> models::Result<Stored<models::payments::Refund>> {
    let id: Id<ids::Refund> = reference.parse().map_err(Error::internal)?;
    let vanished = || Error::internal(format_args!("{id} has vanished"));
    context.refund(payment, id).await?.ok_or_else(vanished)
}
