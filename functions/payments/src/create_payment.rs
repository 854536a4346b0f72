//! `POST /v3/payments`

use api::input::Input;
use api::{Created, Cx, Json, PaymentsWrite, Problem, operation};
use models::ids::{self, Id};
use models::money::Currency;
use models::payments::NewPayment;
use models::{Error, Metadata, Money, View};
use operations::{Ask, Context};
use store::Stored;
use views::rocketsavvy::Payment;

use crate::payer::PayerFields;

/// A new payment. What is charged is `payment_method` or `payment_method_id`, or else the default of `customer_id`.
#[derive(Input)]
#[input(name = "NewPayment")]
pub(crate) struct PaymentFields {
    #[input(flatten)]
    payer: PayerFields,
    /// Minor units.
    #[input(minor = 1, example = 5000)]
    amount: i64,
    #[input(example = "USD")]
    currency: Currency,
    #[input(chars = 1..=500, example = "Professional services payment")]
    description: Option<String>,
    /// Whether the risk is weighed; `false` if it is absent.
    #[input(default, example = true)]
    fraud_protection: bool,
    #[input(default, example = { "source": "website" })]
    metadata: Metadata,
}

/// Take a payment
///
/// Charges a card once: the one in the body, a stored payment method, or the customer's default. The answer is the
/// outcome: 201 where the money moved, 402 where it was declined. Both leave a payment, and both are repeated for the
/// same `Idempotency-Key` without charging again. To collect an invoice, pay the invoice instead.
#[operation(
    post,
    "/v3/payments",
    tag = "payments",
    declined = "The card was refused; `payment_id` names the failed payment."
)]
pub(crate) async fn create_payment(
    cx: Cx<PaymentsWrite>,
    Json(body): Json<PaymentFields>,
) -> Result<Created<Payment>, Problem> {
    let begun = match cx.resumed() {
        Some(reference) => resume(&cx, &reference).await?.into(),
        None => begin(&cx, body).await?,
    };
    let payment = operations::resolve_payment(&cx, begun).await?.settled()?;
    if let Some(failure) = payment.failure {
        return cx.declined(failure.into_error(Some(payment.id))).await;
    }
    let view = Payment::of(&payment, cx.mode())?;
    let reply = cx
        .try_created(&cx.writes().await?, &view, payment.id)
        .await?;
    Ok(reply.ok_or_else(|| Error::internal("an answer without changes was refused"))?)
}

async fn begin(
    context: &Context,
    body: PaymentFields,
) -> models::Result<Ask<models::payments::Payment>> {
    // Without a gateway nothing else matters.
    context.gateway()?;
    let customer = body.payer.customer_id;
    let payer = body.payer.source()?.find(context, customer).await?;
    let new = NewPayment {
        amount: Money::new(body.amount, body.currency),
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
    let missing_record = || operations::missing_record(id);
    context.find_now(id).await?.ok_or_else(missing_record)
}

#[cfg(test)]
mod tests;
