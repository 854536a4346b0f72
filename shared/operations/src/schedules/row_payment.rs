//! What follows for a schedule from the invoice of one of its rows: paid, it completes the row and the next one is made.

use models::billing::{BillingReason, Invoice, InvoiceStatus, Receipt, ScheduleRow, Subscription};
use models::event::EventType;
use models::{Result, Timestamp};
use store::{Stored, Writes};

use crate::Context;
use crate::schedules::grow_schedule::{rows_after, set_next_billing};

/// A row with its subscription, as they were read.
#[derive(Debug, Clone)]
pub struct Scheduled {
    /// The subscription.
    pub subscription: Stored<Subscription>,
    /// The row.
    pub row: Stored<ScheduleRow>,
}

/// The row that an invoice is for, and all rows of its schedule; `None` where it is for none, or for an earlier edition of one.
/// 1 read and 1 query at once.
pub(crate) async fn row_of(
    context: &Context,
    invoice: &Invoice,
) -> Result<Option<(Scheduled, Vec<Stored<ScheduleRow>>)>> {
    let (Some(id), BillingReason::PaymentSchedule) =
        (invoice.subscription_id, invoice.billing_reason)
    else {
        return Ok(None);
    };
    let (subscription, rows) = tokio::try_join!(context.find_now(id), context.schedule(id))?;
    let Some(subscription) = subscription else {
        return Ok(None);
    };
    let slot = ScheduleRow::slot_of(invoice.period.start, invoice.revision, &subscription.zone)?;
    let row = match rows.iter().find(|row| row.slot() == slot) {
        Some(row) if row.bill(&subscription)?.revision == invoice.revision => row.clone(),
        Some(_) | None => return Ok(None),
    };
    Ok(Some((Scheduled { subscription, row }, rows)))
}

/// Adds to `writes` what follows from a change of an invoice for its row: a receipt where it is paid now, and where it is void
/// that the row is owed no longer. 1 read, 1 query and 3 items.
pub(crate) async fn sync_row(
    context: &Context,
    writes: &mut Writes<'_>,
    before: InvoiceStatus,
    invoice: &Invoice,
) -> Result<()> {
    if invoice.status == before {
        return Ok(());
    }
    let (paid, void) = (
        invoice.status == InvoiceStatus::Paid,
        invoice.status == InvoiceStatus::Void,
    );
    if !(paid || void) {
        return Ok(());
    }
    let Some((scheduled, rows)) = row_of(context, invoice).await? else {
        return Ok(());
    };
    let now = context.now().await?;
    if paid {
        complete(context, writes, (&scheduled, &rows), invoice, now)
    } else {
        cancel(context, writes, (&scheduled, &rows), now)
    }
}

/// Adds to `writes` that a row is paid by that invoice.
pub(crate) fn complete(
    context: &Context,
    writes: &mut Writes<'_>,
    (scheduled, rows): (&Scheduled, &[Stored<ScheduleRow>]),
    invoice: &Invoice,
    now: Timestamp,
) -> Result<()> {
    if scheduled.row.receipt.is_some() {
        return Ok(());
    }
    let mut row = (*scheduled.row).clone();
    let mut subscription = (*scheduled.subscription).clone();
    let charged = invoice.payment_method.as_deref() != Some("out_of_band");
    row.invoice_id = Some(invoice.id);
    row.announced = true;
    row.receipt = Some(Receipt {
        amount: row.amount,
        received_at: invoice.paid_at.unwrap_or(now),
        payment_id: invoice.payment_ids.last().copied().filter(|_| charged),
        method: invoice.payment_method.clone(),
    });
    let bill = row.bill(&subscription)?;
    subscription.row_paid(&row, &bill, now)?;
    subscription.take_in_row(invoice.id);
    let more = close(context, &mut subscription, (&row, rows), now)?;
    writes.update(&scheduled.row, &row, None)?;
    for row in &more {
        writes.create(row, None)?;
    }
    let event = Some(EventType::SubscriptionUpdated);
    writes.update(&scheduled.subscription, &subscription, event)
}

/// Adds to `writes` that a row is owed no longer.
fn cancel(
    context: &Context,
    writes: &mut Writes<'_>,
    (scheduled, rows): (&Scheduled, &[Stored<ScheduleRow>]),
    now: Timestamp,
) -> Result<()> {
    if !scheduled.row.status().is_open() {
        return Ok(());
    }
    let mut row = (*scheduled.row).clone();
    let mut subscription = (*scheduled.subscription).clone();
    row.cancelled_at = Some(now);
    if row.expired_at.is_some() {
        subscription.row_healed();
    }
    let more = close(context, &mut subscription, (&row, rows), now)?;
    writes.update(&scheduled.row, &row, None)?;
    for row in &more {
        writes.create(row, None)?;
    }
    let event = Some(EventType::SubscriptionUpdated);
    writes.update(&scheduled.subscription, &subscription, event)
}

/// A row is closed: returns the rows that follow where this was the last one that there was, and sets when the first of those
/// that are open is due.
fn close(
    context: &Context,
    subscription: &mut Subscription,
    (row, there): (&ScheduleRow, &[Stored<ScheduleRow>]),
    now: Timestamp,
) -> Result<Vec<ScheduleRow>> {
    let next = row.order.map(|order| order.saturating_add(1));
    let more = if next.is_some() && there.iter().any(|other| other.order == next) {
        Vec::new()
    } else {
        rows_after(context, subscription, row, now)?
    };
    let open = there
        .iter()
        .filter(|other| other.id != row.id && other.status().is_open())
        .map(|other| other.scheduled_for)
        .chain(more.iter().map(|row| row.scheduled_for));
    set_next_billing(subscription, open)?;
    Ok(more)
}
