//! `POST /v3/invoices/{id}/pay`

use api::input::{Fields, Input};
use api::{BillingWrite, Cx, Done, Json, Path, Problem, operation};
use models::ids::{self, Id};
use models::payments::{Payment, PaymentMethod};
use models::{Error, Invalid, Money, View};
use operations::{Ask, InvoiceCharge, Parties};
use store::{Retry, Stored};
use views::rocketsavvy::Invoice;

/// How an invoice is paid. Nothing of it is required.
#[derive(Debug, Input)]
#[input(check = Self::check)]
pub(crate) struct InvoicePayment {
    /// What is charged; the subscription's payment method or the customer's default one if it is absent.
    #[input(example = "pm_rs_123456")]
    payment_method_id: Option<Id<ids::PaymentMethod>>,
    /// Minor units; what remains if it is absent. Less is a part of it. More can only have been received elsewhere: the
    /// rest goes to the customer's balance.
    #[input(minor = 1, example = 5000)]
    amount: Option<i64>,
    /// Whether the money was received elsewhere, and nothing is charged; `false` if it is absent.
    #[input(default, example = false)]
    paid_out_of_band: bool,
}

impl InvoicePayment {
    fn check(&self, fields: &mut Fields<'_>) {
        if self.paid_out_of_band && self.payment_method_id.is_some() {
            let detail = "is not charged where the money was received elsewhere";
            fields.reject("payment_method_id", "contradiction", detail);
        }
    }
}

/// Pay an invoice
///
/// Charges an `open` or `uncollectible` invoice now, in whole or in part, or records money that was received elsewhere.
/// A declined card is 402, and the same answer is repeated for the `Idempotency-Key`; automatic retries go on as
/// scheduled, for what is left to pay. After 999 payments, the next one must be all that remains. If this pays the newest invoice of a subscription, that is active again. While a
/// payment of the invoice is under way, another one is 409 `payment_processing`.
#[operation(
    post,
    "/v3/invoices/{id}/pay",
    tag = "billing",
    declined = "The card was refused; `payment_id` names the failed payment."
)]
pub(crate) async fn pay_invoice(
    cx: Cx<BillingWrite>,
    Path(id): Path<Id<ids::Invoice>>,
    Json(body): Json<InvoicePayment>,
) -> Result<Done<Invoice>, Problem> {
    if let Some(begun) = cx.resumed() {
        let payment: Id<ids::Payment> = begun.parse().map_err(Error::internal)?;
        let begun = cx.find_now(payment).await?;
        let begun = begun.ok_or_else(|| operations::missing_record(payment))?;
        return settle(&cx, begun).await;
    }
    let mut retry = Retry::of("the invoice");
    loop {
        let stored = cx.require_now(id).await?;
        stored.refuse_unpayable()?;
        let amount = body.amount.map(|minor| Money::new(minor, stored.currency));
        if body.paid_out_of_band {
            return receive(&cx, &stored, amount).await;
        }
        let parties = Parties::read(&cx, stored.customer_id).await?;
        let charge = charge(&cx, &stored, &parties, (body.payment_method_id, amount)).await?;
        match operations::take_balance(&cx, &stored, &parties, true).await? {
            Some(true) if charge.is_none() => {
                let paid = cx.find_now(id).await?;
                let paid = paid.ok_or_else(|| operations::missing_record(id))?;
                let view = Invoice::of(&paid, cx.mode())?;
                return cx.done(&cx.writes().await?, &view).await;
            }
            Some(_) => continue,
            None => {}
        }
        let charge = charge.ok_or_else(|| Error::internal("nothing is left to be charged"))?;
        if let Some(begun) = operations::begin_attempt(&cx, &stored, &charge).await? {
            return settle(&cx, begun).await;
        }
        retry.again().await?;
    }
}

/// Asks the gateway about the payment, unless that was done before, and answers.
async fn settle(
    cx: &Cx<BillingWrite>,
    begun: impl Into<Ask<Payment>>,
) -> Result<Done<Invoice>, Problem> {
    let settled = operations::settle_attempt(cx, begun).await?;
    let (invoice, payment) = (settled.invoice, settled.payment.settled()?);
    if let Some(failure) = payment.failure {
        return cx.declined(failure.into_error(Some(payment.id))).await;
    }
    let view = Invoice::of(&invoice, cx.mode())?;
    cx.done(&cx.writes().await?, &view).await
}

/// Books money that was received elsewhere.
async fn receive(
    cx: &Cx<BillingWrite>,
    stored: &Stored<models::billing::Invoice>,
    amount: Option<Money>,
) -> Result<Done<Invoice>, Problem> {
    let (writes, invoice) = operations::receive_out_of_band(cx, stored, amount).await?;
    cx.done(&writes, &Invoice::of(&invoice, cx.mode())?).await
}

/// What is charged, and how much, after what the customer's balance pays; nothing where that pays all.
async fn charge(
    cx: &Cx<BillingWrite>,
    invoice: &models::billing::Invoice,
    parties: &Parties,
    (method, amount): (Option<Id<ids::PaymentMethod>>, Option<Money>),
) -> Result<Option<InvoiceCharge>, Problem> {
    // Without a gateway nothing else matters.
    cx.gateway()?;
    let mut after = invoice.clone();
    after.take_balance(parties.credit(invoice), cx.now().await?)?;
    let remaining = after.amount_remaining()?;
    let mut invalid = Invalid::default();
    if amount.is_some_and(|amount| amount.minor() > remaining.minor()) {
        let detail = format!("is more than the {} that remain", remaining.minor());
        invalid.push("/amount", "exceeds_remaining", detail);
    }
    if remaining.is_zero() {
        invalid.into_result()?;
        return Ok(None);
    }
    let method = match method {
        Some(id) => Some(named(cx, id).await?),
        None => default(cx, invoice, parties).await?,
    };
    match &method {
        None => {
            let detail = "is required: the customer has no default payment method";
            invalid.push("/payment_method_id", "required", detail);
        }
        Some(method) if method.customer_id != invoice.customer_id => {
            let detail = "belongs to another customer";
            invalid.push("/payment_method_id", "wrong_customer", detail);
        }
        Some(_) => {}
    }
    invalid.into_result()?;
    let method = method.ok_or_else(|| Error::internal("a charge without a method"))?;
    let amount = amount.unwrap_or(remaining);
    Ok(Some(InvoiceCharge::of(method, amount, true)))
}

/// The payment method that the body names.
async fn named(
    cx: &Cx<BillingWrite>,
    id: Id<ids::PaymentMethod>,
) -> Result<PaymentMethod, Problem> {
    let stored = cx.require_at(id, "/payment_method_id").await?;
    Ok(stored.into_inner())
}

/// The one that the invoice would be charged to by itself.
async fn default(
    cx: &Cx<BillingWrite>,
    invoice: &models::billing::Invoice,
    parties: &Parties,
) -> Result<Option<PaymentMethod>, Problem> {
    let subscription = match invoice.subscription_id {
        Some(id) => cx.find_now(id).await?,
        None => None,
    };
    Ok(parties.payment_method(cx, subscription.as_deref()).await?)
}

#[cfg(test)]
mod tests;
