//! Attempts to collect an invoice from the card that the customer pays with, and what follows from their outcome.

use models::billing::{
    Advice, AfterRetries, Invoice, InvoiceStatus, Refused, Subscription, SubscriptionStatus,
};
use models::event::EventType;
use models::ids::{self, Id};
use models::payments::{NewPayment, Payment, PaymentMethod};
use models::{Error, Metadata, Money, Result, Timestamp};
use store::Stored;

use crate::Context;
use crate::context::vanished;
use crate::issue_invoice::{Parties, finalize_invoice, update_credit};
use crate::take_payment::resolve_payment;

/// Neighbours that are looked at where another payment drew the same id.
const MAX_TRIES: u32 = 64;

/// Makes the next attempt at an open invoice and books its outcome. An invoice that is not open stays as it is.
///
/// `method` is what is charged where somebody says so; else the subscription's, or the customer's default. The attempt's
/// payment is derived from invoice and attempt number: a second run finds it and asks the gateway with the same key.
pub async fn collect_invoice(
    context: &Context,
    mut stored: Stored<Invoice>,
    subscription: Option<&Subscription>,
    method: Option<PaymentMethod>,
) -> Result<Invoice> {
    let attempt_count = stored.attempt_count;
    loop {
        let open = stored.status.is_payable() && stored.attempt_count == attempt_count;
        if !open {
            return Ok(stored.into_inner());
        }
        let parties = Parties::read(context, stored.customer_id).await?;
        let charged = match &method {
            Some(method) => Some(method.clone()),
            None => parties.payment_method(context, subscription).await?,
        };
        let mut invoice = (*stored).clone();
        let retry_days = &parties.settings.retry_days;
        let over = attempt(context, &mut invoice, charged.as_ref(), retry_days).await?;
        let mut writes = context.writes().await?;
        writes.update(&stored, &invoice, event_of(&stored, &invoice))?;
        let credit = parties.credit(&invoice).plus(over)?;
        update_credit(&mut writes, &parties, credit)?;
        if context.write(&writes).await? {
            return Ok(invoice);
        }
        let id = stored.id;
        stored = context.invoice(id).await?.ok_or_else(|| vanished(id))?;
    }
}

fn event_of(before: &Invoice, after: &Invoice) -> Option<EventType> {
    match after.status {
        InvoiceStatus::Paid => Some(EventType::InvoicePaid),
        _ if after.attempt_count == before.attempt_count => None,
        _ if after.amount_paid != before.amount_paid => Some(EventType::InvoiceUpdated),
        InvoiceStatus::Draft
        | InvoiceStatus::Open
        | InvoiceStatus::Void
        | InvoiceStatus::Uncollectible => Some(EventType::InvoicePaymentFailed),
    }
}

/// One attempt. Returns what was paid beyond what is owed.
///
/// Nothing is charged where there is nothing to charge, or where the last refusal says that charging it again is pointless;
/// the schedule goes on, for the customer may give another card meanwhile.
pub(crate) async fn attempt(
    context: &Context,
    invoice: &mut Invoice,
    method: Option<&PaymentMethod>,
    retry_days: &[u32],
) -> Result<Money> {
    let now = context.now().await?;
    let zero = Money::zero(invoice.currency);
    let Some(method) = method else {
        let refused = Refused {
            code: "no_payment_method".to_owned(),
            message: "The customer has no payment method.".to_owned(),
            advice: Advice::RetryAfterInstrumentUpdate,
            method: None,
        };
        invoice.book_without_charge(refused, retry_days, now);
        return Ok(zero);
    };
    if invoice.is_pointless_with(method.id)
        && let Some(refused) = invoice.refused.clone()
    {
        invoice.book_without_charge(refused, retry_days, now);
        return Ok(zero);
    }
    let payment = attempt_payment(context, invoice, method).await?;
    Ok(invoice.book(&payment, retry_days, now)?.overpaid)
}

/// What an invoice was waiting for has come: it becomes final, it is tried again, or it is overdue. Moves the subscription
/// along with it.
///
/// Where the attempt was booked before, an earlier run may have died right after: the subscription follows all the same.
pub async fn run_invoice(context: &Context, id: Id<ids::Invoice>, at: Timestamp) -> Result<()> {
    let Some(stored) = context.invoice(id).await? else {
        return Ok(());
    };
    let subscription = match stored.subscription_id {
        Some(id) => context.subscription_now(id).await?,
        None => None,
    };
    let due = stored.due().is_some_and(|due| due <= at);
    let invoice = if due && stored.status == InvoiceStatus::Draft {
        finalize_invoice(context, stored).await?
    } else if due && stored.is_overdue(at) {
        match fall_due(context, stored).await? {
            Some(invoice) => invoice,
            None => return Ok(()),
        }
    } else if due {
        collect_invoice(context, stored, subscription.as_deref(), None).await?
    } else {
        stored.into_inner()
    };
    match subscription {
        Some(subscription) => follow(context, subscription, &invoice).await,
        None => Ok(()),
    }
}

/// The due date has passed. `None` where somebody else changed the invoice meanwhile.
async fn fall_due(context: &Context, stored: Stored<Invoice>) -> Result<Option<Invoice>> {
    let mut invoice = (*stored).clone();
    invoice.overdue = true;
    let mut writes = context.writes().await?;
    writes.update(&stored, &invoice, Some(EventType::InvoiceOverdue))?;
    Ok(context.write(&writes).await?.then_some(invoice))
}

/// The subscription heals or falls behind with its newest invoice; older ones say nothing of how it stands now. It ends, or
/// is collected no more, with any invoice whose retries came to their end.
pub async fn follow(
    context: &Context,
    mut stored: Stored<Subscription>,
    invoice: &Invoice,
) -> Result<()> {
    let now = context.now().await?;
    loop {
        let newest = stored.latest_invoice == Some(invoice.id);
        let mut subscription = (*stored).clone();
        let gone = invoice.exhausted && invoice.status == InvoiceStatus::Open;
        let event = if gone && stored.status != SubscriptionStatus::Incomplete {
            match give_up(context, &mut subscription, now).await? {
                Some(event) => event,
                None => return Ok(()),
            }
        } else if newest && invoice.status == InvoiceStatus::Paid && subscription.paid() {
            EventType::SubscriptionUpdated
        } else if newest
            && (invoice.is_refused() || invoice.overdue)
            && invoice.status == InvoiceStatus::Open
            && subscription.fell_behind()
        {
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

/// What the business wants after the last retry.
async fn give_up(
    context: &Context,
    subscription: &mut Subscription,
    now: Timestamp,
) -> Result<Option<EventType>> {
    let after = context.billing_settings().await?.after_retries;
    let event = match after {
        AfterRetries::Cancel if subscription.gave_up(true, now) => EventType::SubscriptionCanceled,
        AfterRetries::Unpaid if subscription.gave_up(false, now) => EventType::SubscriptionUpdated,
        AfterRetries::PastDue if subscription.fell_behind() => EventType::SubscriptionPastDue,
        AfterRetries::Cancel | AfterRetries::Unpaid | AfterRetries::PastDue => return Ok(None),
    };
    Ok(Some(event))
}

/// The payment of the invoice's next attempt, with its outcome where the gateway gave one.
async fn attempt_payment(
    context: &Context,
    invoice: &Invoice,
    method: &PaymentMethod,
) -> Result<Payment> {
    let attempt = invoice.attempt_count.saturating_add(1);
    let number = invoice.number.as_deref().unwrap_or_default();
    let new = NewPayment {
        amount: invoice.amount_remaining()?,
        customer_id: Some(invoice.customer_id),
        payment_method_id: Some(method.id),
        card: method.card.clone(),
        invoice: Some((invoice.id, attempt)),
        description: Some(format!("Invoice {number}")),
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
