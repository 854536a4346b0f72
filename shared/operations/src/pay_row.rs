//! A customer pays a row of a schedule on its page.

use models::billing::{Invoice, ScheduleRow, Slot, Subscription};
use models::ids::{self, Id};
use models::payments::{Card, Failure};
use models::{Error, Result};

use crate::Context;
use crate::pay_invoice::{InvoiceCharge, begin_attempt, settle_attempt};
use crate::row_payment::Scheduled;
use crate::run_schedule::{bill_row, is_payable, read};

/// Tries at a row and an invoice that others change at the same moment.
const MAX_TRIES: u32 = 16;

/// A row with its subscription, for whoever shows it.
#[derive(Debug, Clone)]
pub struct ShownRow {
    /// The row.
    pub row: ScheduleRow,
    /// Its subscription.
    pub subscription: Subscription,
}

/// How a payment on the page went.
#[derive(Debug, Clone)]
pub enum RowPayment {
    /// There is nothing to pay: it is paid, by this or before, or it is owed no longer, or its subscription is paused.
    Closed,
    /// The outcome of a payment is not known yet.
    UnderWay,
    /// The card was refused.
    Refused(Failure),
}

/// A row and its subscription. 2 reads.
pub async fn shown_row(
    context: &Context,
    subscription: Id<ids::Subscription>,
    slot: Slot,
) -> Result<Option<ShownRow>> {
    let found = read(context, subscription, slot).await?;
    Ok(found.map(|found| ShownRow {
        row: found.row.into_inner(),
        subscription: found.subscription.into_inner(),
    }))
}

/// Charges a card for a row. Its invoice is made first, and of attempts at an invoice there is one at a time: who sends the
/// form twice pays once.
pub async fn pay_row(
    context: &Context,
    subscription: Id<ids::Subscription>,
    slot: Slot,
    card: &Card,
) -> Result<RowPayment> {
    for attempt in 0..MAX_TRIES {
        let scheduled = read(context, subscription, slot)
            .await?
            .ok_or_else(|| Error::not_found("schedule", ""))?;
        if !is_payable(&scheduled.row, &scheduled.subscription) {
            return Ok(RowPayment::Closed);
        }
        if let Some(invoice) = invoice_of(context, &scheduled).await? {
            if invoice.processing.is_some() {
                return Ok(RowPayment::UnderWay);
            }
            if !invoice.status.is_payable() {
                return Ok(RowPayment::Closed);
            }
            if let Some(outcome) = charge(context, invoice.id, card).await? {
                return Ok(outcome);
            }
        }
        context.make_way(attempt).await;
    }
    Err(Error::Unavailable(
        "the payment is being changed by others all the time".to_owned(),
    ))
}

/// The invoice of the row, which is made where there is none. `None` says that somebody else changed the row.
async fn invoice_of(context: &Context, scheduled: &Scheduled) -> Result<Option<Invoice>> {
    match scheduled.row.invoice_id {
        Some(id) => Ok(context.invoice(id).await?.map(store::Stored::into_inner)),
        None => bill_row(context, scheduled).await,
    }
}

/// Makes an attempt. `None` says that the invoice was changed meanwhile.
async fn charge(
    context: &Context,
    id: Id<ids::Invoice>,
    card: &Card,
) -> Result<Option<RowPayment>> {
    let Some(stored) = context.invoice(id).await? else {
        return Ok(None);
    };
    if stored.processing.is_some() {
        return Ok(Some(RowPayment::UnderWay));
    }
    if !stored.status.is_payable() {
        return Ok(None);
    }
    let charge = InvoiceCharge {
        method: None,
        card: card.clone(),
        amount: stored.amount_remaining()?,
        manual: true,
    };
    let Some(begun) = begin_attempt(context, &stored, &charge).await? else {
        return Ok(None);
    };
    let (_, payment) = Box::pin(settle_attempt(context, begun)).await?;
    Ok(Some(match payment.failure {
        Some(failure) => RowPayment::Refused(failure),
        None if payment.status == models::payments::PaymentStatus::Processing => {
            RowPayment::UnderWay
        }
        None => RowPayment::Closed,
    }))
}
