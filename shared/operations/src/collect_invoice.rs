//! One attempt to collect an invoice from the card that the customer pays with.

use models::billing::{CollectionMethod, Invoice, InvoiceStatus, Subscription};
use models::event::EventType;
use models::ids::{self, Id};
use models::payments::{NewPayment, Payment, PaymentMethod};
use models::{Error, Metadata, Result, Timestamp};
use store::Stored;

use crate::Context;
use crate::context::vanished;
use crate::take_payment::resolve_payment;

/// Neighbours that are looked at where another payment drew the same id.
const MAX_TRIES: u32 = 64;

/// Makes the next attempt at an open invoice and books its outcome. An invoice that is not open stays as it is.
///
/// The attempt's payment is derived from invoice and attempt number: a second run finds it and asks the gateway with the
/// same key. Writes: the payment twice (and once for the customer's list), the invoice once.
pub async fn collect_invoice(
    context: &Context,
    mut stored: Stored<Invoice>,
    subscription: &Subscription,
) -> Result<Invoice> {
    let attempt = stored.attempt_count;
    let method = payment_method(context, subscription).await?;
    loop {
        let open = stored.status == InvoiceStatus::Open && stored.attempt_count == attempt;
        if !open || stored.collection_method == CollectionMethod::SendInvoice {
            return Ok(stored.into_inner());
        }
        let now = context.now().await?;
        let mut invoice = (*stored).clone();
        match &method {
            Some(method) => {
                let payment = attempt_payment(context, &stored, method).await?;
                invoice.book(&payment, now)?;
            }
            None => invoice.book_without_method(),
        }
        let event = match invoice.status {
            InvoiceStatus::Paid => EventType::InvoicePaid,
            InvoiceStatus::Open | InvoiceStatus::Void => EventType::InvoicePaymentFailed,
        };
        let mut writes = context.writes().await?;
        writes.update(&stored, &invoice, Some(event))?;
        if context.write(&writes).await? {
            return Ok(invoice);
        }
        let id = stored.id;
        stored = context.invoice(id).await?.ok_or_else(|| vanished(id))?;
    }
}

/// The attempt that an invoice waits for has come due. Moves the subscription along with its outcome.
///
/// Where the attempt was booked before, an earlier run may have died right after: the subscription follows all the same.
pub async fn retry_invoice(context: &Context, id: Id<ids::Invoice>, at: Timestamp) -> Result<()> {
    let Some(stored) = context.invoice(id).await? else {
        return Ok(());
    };
    let Some(subscription) = context.subscription_now(stored.subscription_id).await? else {
        return Ok(());
    };
    let invoice = if stored.due().is_some_and(|due| due <= at) {
        collect_invoice(context, stored, &subscription).await?
    } else {
        stored.into_inner()
    };
    follow(context, subscription, &invoice).await
}

/// The subscription heals or falls behind with its newest invoice; older ones say nothing of how it stands now.
async fn follow(
    context: &Context,
    mut stored: Stored<Subscription>,
    invoice: &Invoice,
) -> Result<()> {
    loop {
        if stored.latest_invoice != Some(invoice.id) {
            return Ok(());
        }
        let mut subscription = (*stored).clone();
        let event = if invoice.status == InvoiceStatus::Paid && subscription.paid() {
            EventType::SubscriptionUpdated
        } else if invoice.refused() && subscription.fell_behind() {
            EventType::SubscriptionPastDue
        } else {
            return Ok(());
        };
        let mut writes = context.writes().await?;
        writes.update(&stored, &subscription, Some(event))?;
        if context.write(&writes).await? {
            return Ok(());
        }
        let id = stored.id;
        stored = match context.subscription_now(id).await? {
            Some(stored) => stored,
            None => return Ok(()),
        };
    }
}

/// What the subscription is charged to: its own payment method, or the customer's default.
async fn payment_method(
    context: &Context,
    subscription: &Subscription,
) -> Result<Option<PaymentMethod>> {
    let id = match subscription.payment_method_id {
        Some(id) => Some(id),
        None => context
            .customer_now(subscription.customer_id)
            .await?
            .and_then(|customer| customer.default_payment_method),
    };
    match id {
        Some(id) => Ok(context
            .payment_method_now(id)
            .await?
            .map(Stored::into_inner)),
        None => Ok(None),
    }
}

/// The payment of the invoice's next attempt, with its outcome.
async fn attempt_payment(
    context: &Context,
    invoice: &Invoice,
    method: &PaymentMethod,
) -> Result<Payment> {
    let attempt = invoice.attempt_count.saturating_add(1);
    let new = NewPayment {
        amount: invoice.amount_remaining()?,
        customer_id: Some(invoice.customer_id),
        payment_method_id: Some(method.id),
        card: method.card.clone(),
        invoice: Some((invoice.id, attempt)),
        description: Some(format!("Invoice {}", invoice.number)),
        fraud_protection: false,
        metadata: Metadata::new(),
    };
    let now = context.now().await?;
    let mut id: Id<ids::Payment> = Id::derived(invoice.attempt_at(), &invoice.attempt_identity())?;
    for _ in 0..MAX_TRIES {
        let payment = Payment::begin(id, new.clone(), context.gateway()?.name(), now);
        let mut writes = context.writes().await?;
        let begun = writes.create(&payment, None)?;
        if context.write(&writes).await? {
            return resolve_payment(context, begun).await;
        }
        match context.payment(id).await? {
            Some(stored)
                if stored.invoice_id == Some(invoice.id) && stored.attempt == Some(attempt) =>
            {
                return resolve_payment(context, stored).await;
            }
            Some(_) => id = id.successor()?,
            None => return Err(vanished(id)),
        }
    }
    Err(Error::Unavailable(
        "no free payment id was found".to_owned(),
    ))
}
