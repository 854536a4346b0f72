//! What an invoice gets the moment it is final, and whether it is then collected by itself.

use models::billing::{
    CollectionMethod, Invoice, InvoiceStatus, PaymentBehavior, Subscription, SubscriptionStatus,
};
use models::event::EventType;
use models::{Money, Result};

use crate::Context;
use crate::invoicing::parties::Parties;

/// Numbers a draft. `credit` is what the customer's balance holds for it; returns what it holds then. A number that was
/// taken is kept in `number`, for another try.
pub(crate) async fn finalize(
    context: &Context,
    parties: &Parties,
    invoice: &mut Invoice,
    number: &mut Option<String>,
    credit: Money,
) -> Result<Money> {
    draw_number(context, parties, number).await?;
    let now = context.now().await?;
    let zone = parties.zone()?;
    let number = number.clone().unwrap_or_default();
    let buyer = parties.customer.as_ref();
    invoice.enrolled_by = buyer.and_then(|customer| customer.enrolled_by);
    invoice.finalize(number, credit, &zone, now)
}

/// Draws the number of an invoice that becomes final now, unless it has one from an earlier try.
pub(crate) async fn draw_number(
    context: &Context,
    parties: &Parties,
    number: &mut Option<String>,
) -> Result<()> {
    if number.is_none() {
        let year = parties.zone()?.date(context.now().await?)?.year();
        *number = Some(context.next_invoice_number(year).await?);
    }
    Ok(())
}

/// What is told of an invoice that has just become final: also that it is paid, where nothing was left to pay.
pub(crate) fn events_of_finalization(invoice: &Invoice) -> Vec<EventType> {
    match invoice.status {
        InvoiceStatus::Paid => vec![EventType::InvoiceFinalized, EventType::InvoicePaid],
        InvoiceStatus::Draft
        | InvoiceStatus::Open
        | InvoiceStatus::Void
        | InvoiceStatus::Uncollectible => vec![EventType::InvoiceFinalized],
    }
}

/// Whether it is owed and nobody has tried to collect it.
pub(crate) fn is_untried(invoice: &Invoice) -> bool {
    invoice.status == InvoiceStatus::Open
        && invoice.attempt_count == 0
        && invoice.refused.is_none()
        && invoice.processing.is_none()
}

/// Whether an open invoice is charged by itself.
pub(crate) fn collects(invoice: &Invoice, subscription: Option<&Subscription>) -> bool {
    let collects = |subscription: &Subscription| {
        let ends = subscription.bill_now.is_some();
        subscription.standing() != SubscriptionStatus::Unpaid
            && subscription.payment_behavior != PaymentBehavior::DefaultIncomplete
            && (ends || subscription.collects(invoice.id))
    };
    invoice.collection_method == CollectionMethod::ChargeAutomatically
        && subscription.is_none_or(collects)
}
