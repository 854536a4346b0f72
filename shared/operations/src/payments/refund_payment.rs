//! Money back, in two phases: it is set aside on the payment, then the gateway is asked, then its answer is written down.

use models::billing::Invoice;
use models::event::EventType;
use models::ids::{self, Id};
use models::payments::{Failure, Lease, Payment, PaymentStatus, Refund, RefundStatus};
use models::{Error, Money, Result};
use providers::gateway::Return;
use store::{Retry, Stored};

use crate::Context;
use crate::context::missing_record;
use crate::invoicing::commission::take_back;
use crate::payments::lease::{Ask, Leased, Resolved, Turn, in_time, take_lease};

/// Sets money of a payment aside and writes the refund down, with the caller's key. The gateway has not been asked yet.
///
/// `amount` is all that is left where it is `None`. A transaction of payment, refund and the invoice that was paid: never more goes
/// back than came, neither of the payment nor, together with its credit notes, of the invoice. A read more for the invoice.
pub async fn begin_refund(
    context: &Context,
    mut stored: Stored<Payment>,
    amount: Option<Money>,
    reason: Option<String>,
) -> Result<Ask<Refund>> {
    let now = context.now().await?;
    let payment_id = stored.id;
    let mut retry = Retry::of("the payment");
    loop {
        let paid = paid_invoice(context, &stored).await?;
        let amount = match amount {
            Some(amount) => amount,
            None => all_that_is_left(&stored, paid.as_deref())?,
        };
        if amount.is_zero() {
            return Err(Error::conflict(
                "payment_refunded",
                format!("payment {payment_id} has been refunded in full"),
            ));
        }
        let mut payment = (*stored).clone();
        payment.reserve_refund(amount)?;
        let id: Id<ids::Refund> = context.mint().await?;
        let refund = Refund::begin(id, payment_id, amount, reason.clone(), now);
        let refund = refund.leased(context.wall());
        let mut writes = context.writes().await?;
        writes.update(&stored, &payment, None)?;
        if let Some(before) = &paid {
            let mut invoice = (**before).clone();
            invoice.reserve_refund(amount)?;
            writes.update(before, &invoice, Some(EventType::InvoiceUpdated))?;
        }
        let begun = writes.create(&refund, None)?;
        if context.begin(&writes, &id.to_string()).await? {
            return Ok(Ask::begun(begun));
        }
        retry.again().await?;
        stored = context.require_now(payment_id).await?;
    }
}

/// Asks the gateway, unless another worker does, and writes its answer down. Called again, it asks again with the same key and
/// changes nothing.
pub async fn resolve_refund(
    context: &Context,
    ask: impl Into<Ask<Refund>>,
) -> Result<Resolved<Refund>> {
    let (stored, asked) = match take_lease(context, ask.into()).await? {
        Turn::Mine(stored, asked) => (stored, asked),
        Turn::Over(resolved) => return Ok(resolved),
    };
    let payment = paid(context, stored.payment_id).await?;
    let reference = payment.reference.clone().unwrap_or_default();
    let key = stored.id.to_string();
    let ask = Return {
        idempotency_key: &key,
        reference: &reference,
        amount: stored.amount,
        asked,
    };
    let outcome = in_time(context, stored.lease, context.gateway()?.refund(ask)).await?;
    book(context, stored, (payment, outcome))
        .await
        .map(Resolved::here)
}

/// Writes down what the gateway answered.
async fn book(
    context: &Context,
    mut stored: Stored<Refund>,
    (mut payment, outcome): (Stored<Payment>, std::result::Result<(), Failure>),
) -> Result<Refund> {
    let mut retry = Retry::of("the payment");
    loop {
        let mut refund = (*stored).clone();
        if !refund.resolve(outcome.clone()) {
            return Ok(refund);
        }
        let mut writes = context.writes().await?;
        let event = match refund.status {
            RefundStatus::Succeeded => {
                take_back(context, &mut writes, payment.invoice_id, &refund).await?;
                EventType::RefundSucceeded
            }
            RefundStatus::Failed | RefundStatus::Pending => {
                let mut released = (*payment).clone();
                released.release_refund(refund.amount)?;
                writes.update(&payment, &released, None)?;
                if let Some(before) = paid_invoice(context, &payment).await? {
                    let mut invoice = (*before).clone();
                    invoice.release_refund(refund.amount)?;
                    writes.update(&before, &invoice, Some(EventType::InvoiceUpdated))?;
                }
                EventType::RefundFailed
            }
        };
        writes.update(&stored, &refund, Some(event))?;
        if context.write(&writes).await? {
            return Ok(refund);
        }
        retry.again().await?;
        stored = stored.reload(context).await?;
        payment = paid(context, stored.payment_id).await?;
    }
}

/// The payment that is given back.
async fn paid(context: &Context, id: Id<ids::Payment>) -> Result<Stored<Payment>> {
    let payment = context.find_now(id).await?;
    payment.ok_or_else(|| missing_record(id))
}

/// The invoice that a payment paid. A 409 where that is not written yet: somebody is about to.
async fn paid_invoice(context: &Context, payment: &Payment) -> Result<Option<Stored<Invoice>>> {
    let took = payment.status == PaymentStatus::Succeeded;
    let Some(id) = payment.invoice_id.filter(|_| took) else {
        return Ok(None);
    };
    let invoice = context.find_now(id).await?;
    if invoice
        .as_ref()
        .is_none_or(|one| !one.payment_ids.contains(&payment.id))
    {
        let detail = format!("payment {} is being booked; retry in a moment", payment.id);
        return Err(Error::conflict("payment_processing", detail));
    }
    Ok(invoice)
}

/// What is left of a payment, and of the invoice that it paid.
fn all_that_is_left(payment: &Payment, paid: Option<&Invoice>) -> Result<Money> {
    let left = payment.refundable()?;
    let Some(invoice) = paid else {
        return Ok(left);
    };
    let minor = invoice.refundable()?.minor().clamp(0, left.minor().max(0));
    Ok(Money::new(minor, left.currency()))
}

impl Leased for Refund {
    const NAME: &'static str = "the refund";

    fn lease(&mut self) -> &mut Option<Lease> {
        &mut self.lease
    }

    fn is_open(&self) -> bool {
        self.status == RefundStatus::Pending
    }

    async fn reload(&self, context: &Context) -> Result<Stored<Self>> {
        let stored = context.refund_now(self.payment_id, self.id).await?;
        stored.ok_or_else(|| missing_record(self.id))
    }
}
