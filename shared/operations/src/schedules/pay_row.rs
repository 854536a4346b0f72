//! A customer pays a row of a schedule on its page.

use models::billing::Invoice;
use models::payments::{Card, Failure};
use models::{Error, Result, Timestamp};
use store::{Retry, Stored};

use crate::Context;
use crate::invoicing::pay_invoice::{InvoiceCharge, begin_attempt, settle_attempt};
use crate::messages::remind::amount_text;
use crate::schedules::row_payment::Scheduled;
use crate::schedules::run_schedule::{bill_row, is_payable, scheduled_row};

/// How a payment on the page went.
#[derive(Debug, Clone)]
pub enum RowPayment {
    /// There is nothing to pay: it is paid, by this or before, or it is owed no longer, or its subscription is paused.
    Closed,
    /// The outcome of a payment is not known yet.
    UnderWay,
    /// The card was refused.
    Refused(Failure),
    /// Another amount is owed than the customer saw. Nothing was paid.
    Changed,
    /// Too many payments failed here. No card is tried before that moment.
    TooManyFailed(Timestamp),
}

/// Payments of one invoice that may fail within 24 hours before its page takes no more cards: who tries out stolen ones is stopped
/// there. As one payment is made at a time, and each is written on condition that the invoice is as it was read, it is never one more.
const MAX_FAILED: usize = 10;

/// From when on the page takes cards again; `None` where it does. 1 read in test mode where that many failed, else none.
pub async fn takes_cards_at(context: &Context, invoice: &Invoice) -> Result<Option<Timestamp>> {
    if invoice.failed_payment_ids.len() < MAX_FAILED {
        return Ok(None);
    }
    Ok(invoice.refused_until(MAX_FAILED, context.now().await?))
}

/// Charges a card for a row. Its invoice is made first, and of attempts at an invoice there is one at a time: who sends the
/// form twice pays once. `scheduled` is the row as it was read a moment ago, and `seen` the amount that the customer saw.
///
/// Where its invoice is there: 4 calls that read, a transaction before the gateway is asked, and a write and a transaction after.
pub async fn pay_row(
    context: &Context,
    mut scheduled: Scheduled,
    card: &Card,
    seen: Option<&str>,
) -> Result<RowPayment> {
    let mut retry = Retry::of("the payment");
    loop {
        if !is_payable(&scheduled.row, &scheduled.subscription) {
            return Ok(RowPayment::Closed);
        }
        if seen.is_some_and(|seen| seen != amount_text(scheduled.row.amount)) {
            return Ok(RowPayment::Changed);
        }
        if let Some(stored) = invoice_of(context, &scheduled).await? {
            if stored.processing.is_some() {
                return Ok(RowPayment::UnderWay);
            }
            if !stored.status.is_payable() {
                return Ok(RowPayment::Closed);
            }
            if let Some(until) = takes_cards_at(context, &stored).await? {
                return Ok(RowPayment::TooManyFailed(until));
            }
            if let Some(outcome) = charge(context, &stored, card).await? {
                return Ok(outcome);
            }
        }
        retry.again().await?;
        let (subscription, slot) = (scheduled.subscription.id, scheduled.row.slot());
        scheduled = scheduled_row(context, subscription, slot)
            .await?
            .ok_or_else(|| Error::not_found("schedule", ""))?;
    }
}

/// The invoice of the row, which is made where there is none. `None` says that somebody else changed the row.
async fn invoice_of(context: &Context, scheduled: &Scheduled) -> Result<Option<Stored<Invoice>>> {
    let id = match scheduled.row.invoice_id {
        Some(id) => id,
        None => match bill_row(context, scheduled).await? {
            Some(made) => made.id,
            None => return Ok(None),
        },
    };
    context.find_now(id).await
}

/// Makes an attempt. `None` says that the invoice was changed meanwhile.
async fn charge(
    context: &Context,
    stored: &Stored<Invoice>,
    card: &Card,
) -> Result<Option<RowPayment>> {
    let charge = InvoiceCharge {
        method: None,
        card: card.clone(),
        amount: stored.amount_remaining()?,
        manual: true,
    };
    let Some(begun) = begin_attempt(context, stored, &charge).await? else {
        return Ok(None);
    };
    let settled = Box::pin(settle_attempt(context, begun)).await?;
    let payment = settled.payment.record;
    Ok(Some(match payment.failure {
        Some(failure) => RowPayment::Refused(failure),
        None if payment.status == models::payments::PaymentStatus::Processing => {
            RowPayment::UnderWay
        }
        None => RowPayment::Closed,
    }))
}
