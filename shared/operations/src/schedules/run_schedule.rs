//! What a row of a schedule was waiting for has come: its reminder, its day, or the end of its grace.

use models::billing::{
    Invoice, InvoiceStatus, NewInvoice, RowAction, ScheduleRow, Slot, Subscription,
};
use models::event::EventType;
use models::ids::{self, Id};
use models::{Error, Result, Timestamp};
use store::{Retry, Stored};

use crate::Context;
use crate::customers::delete_customer::end;
use crate::invoicing::issue_credit_note::credit_rest;
use crate::invoicing::issue_invoice::{CUSTOMER, issue_invoice};
use crate::invoicing::parties::{Parties, update_credit};
use crate::invoicing::undo_invoice::undo_invoice;
use crate::messages::remind::remind;
use crate::schedules::grow_schedule::set_next_billing;
use crate::schedules::row_payment::{Scheduled, complete};
use crate::subscriptions::bill_subscription::archive;

/// What the credit note of an invoice says that was paid from the balance while its row was changed.
const NOT_MADE: &str = "The payment that this invoice was for was changed.";

/// Steps that one run takes after an outage, and tries at a row that others change; the next tick goes on with the rest.
const MAX_TURNS: u32 = 16;

/// Does all that is due to a row at `at`. Doing it twice does it once.
///
/// A reminder costs 10 write units, for the message (twice), the row that follows and the row; the day itself 8, for the
/// invoice, its number, the row and the subscription.
pub async fn run_schedule(
    context: &Context,
    subscription: Id<ids::Subscription>,
    slot: Slot,
    at: Timestamp,
) -> Result<()> {
    let mut retry = Retry::of("the schedule");
    for _ in 0..MAX_TURNS {
        let Some(scheduled) = scheduled_row(context, subscription, slot).await? else {
            return Ok(());
        };
        let done = match scheduled.row.turn(&scheduled.subscription, at) {
            RowAction::Nothing => return Ok(()),
            RowAction::Follow => follow(context, &scheduled, at).await?,
            RowAction::Remind => remind(context, &scheduled, at).await?,
            RowAction::Bill => match bill_row(context, &scheduled).await {
                // Nobody is left to bill.
                Err(Error::NotFound { what: CUSTOMER, .. }) => {
                    end(context, subscription, at).await?;
                    false
                }
                billed => billed?.is_some(),
            },
            RowAction::Expire => expire(context, &scheduled, at).await?,
        };
        if !done {
            retry.again().await?;
        }
    }
    Ok(())
}

/// A row and its subscription. One call of two reads.
pub async fn scheduled_row(
    context: &Context,
    subscription: Id<ids::Subscription>,
    slot: Slot,
) -> Result<Option<Scheduled>> {
    let found = context.scheduled_row(subscription, slot).await?;
    Ok(match found {
        (Some(subscription), Some(row)) => Some(Scheduled { subscription, row }),
        (Some(_) | None, _) => None,
    })
}

/// The row stands as its subscription does. What its invoice asked for is owed no longer where that is over.
async fn follow(context: &Context, scheduled: &Scheduled, at: Timestamp) -> Result<bool> {
    let mut row = (*scheduled.row).clone();
    if !row.follow(&scheduled.subscription, at) {
        return Ok(true);
    }
    let mut writes = context.writes().await?;
    if row.cancelled_at.is_some()
        && let Some(id) = invoice_of(context, scheduled, at).await?
        && let Some(stored) = context.find_now(id).await?
    {
        if stored.can_be_voided() {
            void(context, &mut writes, &stored, at).await?;
        } else if stored.status == InvoiceStatus::Paid && !stored.notable()?.is_zero() {
            credit_rest(context, &mut writes, &stored, NOT_MADE).await?;
        }
    }
    writes.update(&scheduled.row, &row, None)?;
    context.write(&writes).await
}

/// The invoice of a row that is cancelled: the one that it knows, or one that a run made that died before it wrote the row. A read more
/// where it knows none.
async fn invoice_of(
    context: &Context,
    scheduled: &Scheduled,
    at: Timestamp,
) -> Result<Option<Id<ids::Invoice>>> {
    if scheduled.row.invoice_id.is_some() {
        return Ok(scheduled.row.invoice_id);
    }
    if scheduled.row.edition > 0 {
        discard_editions(context, scheduled, at).await?;
    }
    let bill = scheduled.row.bill(&scheduled.subscription)?;
    let new = scheduled
        .subscription
        .row_invoice(&scheduled.row, &bill, at)?;
    id_of(context, &new).await
}

/// Adds to `writes` that the invoice of a row is void; the row itself says the rest.
pub(crate) async fn void(
    context: &Context,
    writes: &mut store::Writes<'_>,
    stored: &Stored<Invoice>,
    at: Timestamp,
) -> Result<()> {
    let mut invoice = (**stored).clone();
    let back = invoice.void(at)?;
    writes.update(stored, &invoice, Some(EventType::InvoiceVoided))?;
    if !back.is_zero() {
        let parties = Parties::read(context, invoice.customer_id).await?;
        let credit = parties.credit(&invoice).plus(back)?;
        update_credit(writes, &parties, credit)?;
    }
    Ok(())
}

/// Makes the invoice of a row, or finds it. `None` says that somebody else changed the row meanwhile: read it again.
///
/// The invoice comes first: a run that dies after it finds it again by its identity. Where the row asks for something else by then,
/// nobody owes the invoice, and it is void: by this run, or by the one that makes the next.
pub(crate) async fn bill_row(context: &Context, scheduled: &Scheduled) -> Result<Option<Invoice>> {
    let now = context.now().await?;
    let bill = scheduled.row.bill(&scheduled.subscription)?;
    if scheduled.row.invoice_id.is_none() && scheduled.row.edition > 0 {
        discard_editions(context, scheduled, now).await?;
    }
    let new = scheduled
        .subscription
        .row_invoice(&scheduled.row, &bill, now)?;
    // Boxed: it is most of the work, and no caller's future is to carry it.
    let issued = Box::pin(issue_invoice(context, &scheduled.subscription, &bill, new));
    let invoice = issued.await?.invoice;
    if scheduled.row.invoice_id == Some(invoice.id) {
        return Ok(Some(invoice));
    }
    let mut subscription = (*scheduled.subscription).clone();
    if let Some(page) = scheduled.subscription.full_page() {
        archive(context, &page).await?;
        subscription.archive(&page);
    }
    let mut writes = context.writes().await?;
    if invoice.status == InvoiceStatus::Paid {
        // The customer's balance paid it, or there was nothing to pay.
        let rows = context.schedule(scheduled.subscription.id).await?;
        complete(context, &mut writes, (scheduled, &rows), &invoice, now)?;
    } else {
        let mut row = (*scheduled.row).clone();
        row.invoice_id = Some(invoice.id);
        subscription.take_in_row(invoice.id);
        writes.update(&scheduled.row, &row, None)?;
        writes.update(&scheduled.subscription, &subscription, None)?;
    }
    if context.write(&writes).await? {
        return Ok(Some(invoice));
    }
    let (id, slot) = (scheduled.subscription.id, scheduled.row.slot());
    let there = scheduled_row(context, id, slot).await?;
    let asked = match &there {
        Some(there) => asks_for(there, invoice.id, bill.revision)?,
        None => false,
    };
    if !asked {
        discard(context, invoice.id, now).await?;
    }
    Ok(None)
}

/// Whether a row is paid by that invoice, or asks for it: it may have been changed or cancelled meanwhile.
fn asks_for(scheduled: &Scheduled, id: Id<ids::Invoice>, revision: u32) -> Result<bool> {
    let (row, subscription) = (&scheduled.row, &scheduled.subscription);
    Ok(match row.invoice_id {
        Some(known) => known == id,
        None => {
            row.status_in(subscription).is_open() && row.bill(subscription)?.revision == revision
        }
    })
}

/// Editions of a row whose invoices are looked for: so often it changes while somebody makes an invoice and dies.
const EDITIONS: u32 = 8;

/// What earlier editions of a row asked for is owed by nobody. A read for each.
async fn discard_editions(context: &Context, scheduled: &Scheduled, at: Timestamp) -> Result<()> {
    let last = scheduled.row.edition;
    for edition in last.saturating_sub(EDITIONS)..last {
        let mut row = (*scheduled.row).clone();
        row.edition = edition;
        let bill = row.bill(&scheduled.subscription)?;
        let new = scheduled.subscription.row_invoice(&row, &bill, at)?;
        if let Some(id) = id_of(context, &new).await? {
            discard(context, id, at).await?;
        }
    }
    Ok(())
}

/// The invoice that was made of a bill, if there is one.
async fn id_of(context: &Context, new: &NewInvoice) -> Result<Option<Id<ids::Invoice>>> {
    let Some(identity) = new.identity() else {
        return Ok(None);
    };
    let mut id: Id<ids::Invoice> = Id::derived_before(new.period.start, &identity)?;
    let mut retry = Retry::of("the invoice");
    loop {
        match context.find_now(id).await? {
            None => return Ok(None),
            Some(stored) if stored.identity().as_ref() == Some(&identity) => return Ok(Some(id)),
            Some(_) => id = retry.next_id(id)?,
        }
    }
}

/// Nobody owes that invoice any more; what was paid of it is on the customer's balance, by a credit note where that was all of it.
async fn discard(context: &Context, id: Id<ids::Invoice>, at: Timestamp) -> Result<()> {
    let mut retry = Retry::of("the invoice");
    loop {
        let Some(stored) = context.find_now(id).await? else {
            return Ok(());
        };
        let mut writes = context.writes().await?;
        if stored.status == InvoiceStatus::Paid {
            if stored.notable()?.is_zero() {
                return Ok(());
            }
            credit_rest(context, &mut writes, &stored, NOT_MADE).await?;
        } else if !undo_invoice(context, &mut writes, &stored, at).await? || writes.is_empty() {
            return Ok(());
        }
        if context.write(&writes).await? {
            return Ok(());
        }
        retry.again().await?;
    }
}

/// The grace has ended: the row is suspended, its invoice overdue, and the subscription behind, in one write.
async fn expire(context: &Context, scheduled: &Scheduled, at: Timestamp) -> Result<bool> {
    let mut row = (*scheduled.row).clone();
    let mut subscription = (*scheduled.subscription).clone();
    let mut writes = context.writes().await?;
    let id = row
        .invoice_id
        .ok_or_else(|| Error::internal("a row expires without an invoice"))?;
    if let Some(stored) = context.find_now(id).await?
        && stored.status == InvoiceStatus::Open
        && !stored.overdue
    {
        let mut invoice = (*stored).clone();
        invoice.overdue = true;
        writes.update(&stored, &invoice, Some(EventType::InvoiceOverdue))?;
    }
    row.expire(at);
    let falls = subscription.row_expired();
    writes.update(&scheduled.row, &row, Some(EventType::ScheduleGraceExpired))?;
    let event = falls.then_some(EventType::SubscriptionPastDue);
    writes.update(&scheduled.subscription, &subscription, event)?;
    context.write(&writes).await
}

/// Brings the rows of a subscription to where it stands, after it was paused, resumed or ended. Done again, it changes nothing.
pub async fn follow_subscription(
    context: &Context,
    id: Id<ids::Subscription>,
) -> Result<Option<Subscription>> {
    let mut retry = Retry::of("the schedule");
    loop {
        let now = context.now().await?;
        let Some(subscription) = context.find_now(id).await? else {
            return Ok(None);
        };
        let waits = subscription
            .schedule
            .as_ref()
            .is_some_and(|terms| terms.stale_since.is_some());
        if !waits {
            return Ok(Some(subscription.into_inner()));
        }
        let mut all = true;
        let mut open = Vec::new();
        for row in context.schedule(id).await? {
            let scheduled = Scheduled {
                subscription: subscription.clone(),
                row,
            };
            if scheduled.row.status_in(&subscription).is_open() {
                open.push(scheduled.row.scheduled_for);
            }
            all &= follow(context, &scheduled, now).await?;
        }
        if !all || !settle(context, &subscription, open).await? {
            retry.again().await?;
        }
    }
}

/// The rows have followed.
async fn settle(
    context: &Context,
    stored: &Stored<Subscription>,
    open: Vec<models::Date>,
) -> Result<bool> {
    let mut subscription = (**stored).clone();
    set_next_billing(&mut subscription, open.into_iter())?;
    if let Some(terms) = &mut subscription.schedule {
        terms.stale_since = None;
    }
    let mut writes = context.writes().await?;
    writes.update(stored, &subscription, None)?;
    context.write(&writes).await
}

/// Whether a row may still be paid: not while its subscription is paused.
pub(crate) fn is_payable(row: &ScheduleRow, subscription: &Subscription) -> bool {
    row.status_in(subscription).is_open()
        && subscription.status != models::billing::SubscriptionStatus::Paused
}
