//! Collecting an invoice by itself.

use models::billing::{Advice, Invoice, InvoiceStatus, Refused};
use models::event::EventType;
use models::payments::PaymentMethod;
use models::{Money, Result};
use store::Stored;

use crate::Context;
use crate::context::missing_record;
use crate::invoicing::parties::Parties;
use crate::invoicing::pay_invoice::{
    InvoiceCharge, begin_attempt, event_of, first_payment, pay_unwritten, settle,
};
use crate::invoicing::take_balance::take_balance;
use crate::payments::take_payment::resolve_payment;
use crate::subscriptions::invoice_change::InvoiceChange;

/// Makes the next attempt at an open invoice, or asks about the one that is under way, and books its outcome; its subscription
/// follows in the same write. An invoice that nothing can be collected of stays as it is.
pub async fn collect_invoice(context: &Context, stored: Stored<Invoice>) -> Result<Invoice> {
    collect(context, stored, true).await
}

/// As [`collect_invoice`]; `follows` says whether the subscription follows.
pub(crate) async fn collect(
    context: &Context,
    mut stored: Stored<Invoice>,
    follows: bool,
) -> Result<Invoice> {
    let (id, attempt_count) = (stored.id, stored.attempt_count);
    loop {
        if let Some(attempt) = stored.processing {
            let payment = context.find_now(attempt.payment_id).await?;
            let payment = payment.ok_or_else(|| missing_record(attempt.payment_id))?;
            let settled = Box::pin(settle(context, payment, follows)).await?;
            return Ok(settled.invoice);
        }
        if stored.status != InvoiceStatus::Open || stored.attempt_count != attempt_count {
            return Ok(stored.into_inner());
        }
        let parties = Parties::read(context, stored.customer_id).await?;
        let subscription = match stored.subscription_id {
            Some(id) => context.find_now(id).await?,
            None => None,
        };
        let ended = subscription.as_deref().is_some_and(|one| !one.collects(id));
        if follows && ended {
            if stored.next_payment_attempt.is_none() {
                return Ok(stored.into_inner());
            }
            stop(context, &stored, &parties).await?;
        } else if take_balance(context, &stored, &parties, follows)
            .await?
            .is_none()
        {
            let method = parties
                .payment_method(context, subscription.as_deref())
                .await?;
            if let Some(invoice) = charge(context, &stored, &parties, (method, follows)).await? {
                return Ok(invoice);
            }
        }
        stored = context
            .find_now(id)
            .await?
            .ok_or_else(|| missing_record(id))?;
    }
}

/// Makes an attempt with that payment method, or books that there is none. `None` where somebody else changed the invoice.
async fn charge(
    context: &Context,
    stored: &Stored<Invoice>,
    parties: &Parties,
    (method, follows): (Option<PaymentMethod>, bool),
) -> Result<Option<Invoice>> {
    let refused = match chargeable(stored, method) {
        Ok(method) => {
            let charge = InvoiceCharge::of(method, stored.amount_remaining()?, false);
            let Some(begun) = begin_attempt(context, stored, &charge).await? else {
                return Ok(None);
            };
            let settled = Box::pin(settle(context, begun, follows)).await?;
            return Ok(Some(settled.invoice));
        }
        Err(refused) => refused,
    };
    skip(context, stored, parties, refused, follows).await
}

/// Writes that an invoice is collected no more, where nobody else changed it meanwhile.
async fn stop(context: &Context, stored: &Stored<Invoice>, parties: &Parties) -> Result<()> {
    let mut invoice = (**stored).clone();
    invoice.stop_collection();
    let change = InvoiceChange {
        before: stored,
        after: &invoice,
        events: &[EventType::InvoiceUpdated],
        parties,
        credit: parties.credit(&invoice),
        follows: false,
    };
    context.write(&change.writes(context).await?).await?;
    Ok(())
}

/// The payment method, unless there is none or a refusal says that charging it again is pointless: then the schedule goes on
/// without a charge, for the customer may give another card meanwhile.
fn chargeable(invoice: &Invoice, method: Option<PaymentMethod>) -> Result<PaymentMethod, Refused> {
    let Some(method) = method else {
        return Err(Refused {
            code: "no_payment_method".to_owned(),
            message: "The customer has no payment method.".to_owned(),
            advice: Advice::RetryAfterInstrumentUpdate,
            method: None,
        });
    };
    match invoice.barring(method.id) {
        Some(refused) => Err(refused.clone()),
        None => Ok(method),
    }
}

/// Books that there was nothing to charge. `None` where somebody else changed the invoice meanwhile.
async fn skip(
    context: &Context,
    stored: &Stored<Invoice>,
    parties: &Parties,
    refused: Refused,
    follows: bool,
) -> Result<Option<Invoice>> {
    let mut invoice = (**stored).clone();
    let now = context.now().await?;
    invoice.book_without_charge(refused, &parties.settings.retry_days, now);
    let event = event_of(stored, &invoice);
    let change = InvoiceChange {
        before: stored,
        after: &invoice,
        events: event.as_slice(),
        parties,
        credit: parties.credit(&invoice),
        follows,
    };
    let written = context.write(&change.writes(context).await?).await?;
    Ok(written.then_some(invoice))
}

/// The first attempt at the invoice of a subscription, before that is written. Returns what was paid beyond what is owed. Where there is
/// nothing to charge it costs a read: nobody else would find what a run took that died.
pub(crate) async fn first_attempt(
    context: &Context,
    invoice: &mut Invoice,
    parties: &Parties,
    method: Option<PaymentMethod>,
) -> Result<Money> {
    let now = context.now().await?;
    let retry_days = &parties.settings.retry_days;
    match chargeable(invoice, method) {
        Ok(method) => {
            let charge = InvoiceCharge::of(method, invoice.amount_remaining()?, false);
            let payment = pay_unwritten(context, invoice, &charge).await?;
            Ok(invoice.book(&payment, retry_days, now)?.overpaid)
        }
        Err(refused) => {
            // A run that died may have charged a payment method that is gone by now.
            if let Some(stored) = first_payment(context, invoice).await? {
                let payment = resolve_payment(context, stored).await?.record;
                return Ok(invoice.book(&payment, retry_days, now)?.overpaid);
            }
            invoice.book_without_charge(refused, retry_days, now);
            Ok(Money::zero(invoice.currency))
        }
    }
}
