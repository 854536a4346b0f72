//! What a subscription owes at a moment: its invoice, its payment, and the step to the next period.

use models::Result;
use models::billing::{
    Bill, InvoicePage, InvoiceStatus, MissingPaymentMethod, Outcome, PaymentBehavior, Subscription,
    SubscriptionStatus,
};
use models::event::EventType;
use store::Stored;

use crate::Context;
use crate::invoicing::issue_invoice::issue_invoice;
use crate::invoicing::parties::Parties;
use crate::invoicing::stop_collection::stop_collection;
use crate::subscriptions::invoice_change::give_up;
use crate::subscriptions::pending_update::unpaid;
use crate::usage::close_usage::{Purpose, read_meters};
use crate::usage::usage_history::Ending;

/// Bills what is owed and moves the subscription on. `None` where somebody else moved it meanwhile: read it again.
///
/// The subscription moves last, so that until then it is still due and a run that dies is repeated. With that write it also
/// takes the invoice into its list: until then only who knows the invoice's id finds it.
pub async fn bill_subscription(
    context: &Context,
    stored: &Stored<Subscription>,
    bill: &Bill,
) -> Result<Option<Subscription>> {
    let missing = stored.missing_payment_method;
    if bill.ends_trial
        && missing != MissingPaymentMethod::CreateInvoice
        && !chargeable(context, stored).await?
    {
        return end_trial_unpaid(context, stored, bill).await;
    }
    let readings = match bill.closes {
        Some(period) => {
            let metrics = stored.metrics();
            let part = (period, Ending::of(bill));
            read_meters(context, stored, &metrics, part, Purpose::Make).await?
        }
        None => Vec::new(),
    };
    let new = stored.invoice(bill, &readings)?;
    let (mut exhausted, mut charged_to) = (false, None);
    let outcome = match &new {
        None => Outcome {
            invoice: None,
            paid: true,
            refused: false,
        },
        Some(new) => {
            // Boxed: it is most of the work, and no caller's future is to carry it.
            let issued = Box::pin(issue_invoice(context, stored, bill, new.clone())).await?;
            charged_to = issued.charged_to;
            let invoice = issued.invoice;
            let open = invoice.status == InvoiceStatus::Open;
            // A payment that nobody knows the outcome of may still come: a new subscription waits for it.
            let refused = invoice.processing.is_none() || stored.before_update.is_some();
            if open && refused && stored.wants_payment() {
                return Box::pin(unpaid(context, stored, (bill, new), &invoice)).await;
            }
            let waits = stored.payment_behavior == PaymentBehavior::DefaultIncomplete;
            exhausted = invoice.exhausted && invoice.status == InvoiceStatus::Open;
            Outcome {
                invoice: Some(invoice.id),
                paid: invoice.status == InvoiceStatus::Paid,
                refused: invoice.is_refused() || (open && waits),
            }
        }
    };
    let mut subscription = (**stored).clone();
    if let Some(page) = stored.full_page() {
        archive(context, &page).await?;
        subscription.archive(&page);
    }
    subscription.billed(bill, outcome, new.as_ref())?;
    subscription.charged_to = charged_to.or(stored.charged_to);
    // A business that does not retry, or a card that says so, ends it with the first refusal.
    if exhausted && subscription.status == SubscriptionStatus::PastDue {
        let after = context.billing_settings().await?.after_retries;
        give_up(after, &mut subscription, context.now().await?);
    }
    let mut writes = context.writes().await?;
    let event = Some(event_of(stored, &subscription));
    writes.update(stored, &subscription, event)?;
    if subscription.status.is_over() && !stored.status.is_over() {
        let billed = outcome.invoice.as_slice();
        stop_collection(context, &mut writes, stored, billed).await?;
    }
    Ok(context.write(&writes).await?.then_some(subscription))
}

/// Writes a page of a subscription's invoices, before the subscription lets go of them. One that is there is the same one.
pub(crate) async fn archive(context: &Context, page: &InvoicePage) -> Result<()> {
    let mut writes = context.writes().await?;
    writes.create(page, None)?;
    context.write(&writes).await?;
    Ok(())
}

/// One action is one event: what is billed at once is told of when it is known how that went.
fn event_of(before: &Subscription, after: &Subscription) -> EventType {
    let changed = before.status != after.status;
    match (before.tells, after.status) {
        (Some(EventType::SubscriptionCreated), _) => EventType::SubscriptionCreated,
        (_, SubscriptionStatus::PastDue) if changed => EventType::SubscriptionPastDue,
        (_, SubscriptionStatus::Canceled) if changed => EventType::SubscriptionCanceled,
        (told, _) => told.unwrap_or(EventType::SubscriptionUpdated),
    }
}

/// Whether there is a payment method to charge.
async fn chargeable(context: &Context, subscription: &Subscription) -> Result<bool> {
    let parties = Parties::read(context, subscription.customer_id).await?;
    let method = parties.payment_method(context, Some(subscription)).await?;
    Ok(method.is_some())
}

/// A trial ended without anything to charge, and the subscription was told what to do then.
async fn end_trial_unpaid(
    context: &Context,
    stored: &Stored<Subscription>,
    bill: &Bill,
) -> Result<Option<Subscription>> {
    let mut subscription = (**stored).clone();
    let event = match stored.missing_payment_method {
        MissingPaymentMethod::Pause => {
            subscription.pause(None)?;
            EventType::SubscriptionPaused
        }
        MissingPaymentMethod::Cancel | MissingPaymentMethod::CreateInvoice => {
            subscription.end(bill.period.start);
            EventType::SubscriptionCanceled
        }
    };
    let mut writes = context.writes().await?;
    writes.update(stored, &subscription, Some(event))?;
    Ok(context.write(&writes).await?.then_some(subscription))
}
