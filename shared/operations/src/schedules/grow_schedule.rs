//! The rows of a schedule are made: those that billing dates have by themselves, a little ahead of their reminders.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use models::billing::{NewRow, ScheduleRow, Slot, Subscription};
use models::{Date, Error, Money, Result, Timestamp};

use crate::Context;

/// Rows that one write makes at the most where it does little else: a transaction has room for a hundred items.
pub(crate) const MAX_NEW_ROWS: usize = 90;
/// Rows that follow one in its write, which may have refunds in it, too. Each of them makes more when it is its turn.
const MAX_NEXT_ROWS: usize = 10;

/// A row at that place, with an address of its own: 128 random bits that nobody can guess.
pub(crate) fn new_row(
    context: &Context,
    subscription: &Subscription,
    (slot, order): (Slot, Option<u32>),
    amount: Money,
    now: Timestamp,
) -> Result<ScheduleRow> {
    let terms = subscription.payment_terms()?;
    let secret = URL_SAFE_NO_PAD.encode(context.ids().random::<16>()?);
    let new = NewRow {
        slot,
        amount,
        order,
        url: format!("{}/p/{secret}", terms.pages),
        page_hash: store::keys::sha256(&secret),
    };
    ScheduleRow::new(subscription, terms, new, now)
}

/// The row that a billing date has by itself.
pub(crate) fn row_of_date(
    context: &Context,
    subscription: &Subscription,
    order: u32,
    now: Timestamp,
) -> Result<Option<ScheduleRow>> {
    let Some((slot, amount)) = subscription.row_of_date(order)? else {
        return Ok(None);
    };
    new_row(context, subscription, (slot, Some(order)), amount, now).map(Some)
}

/// The rows from a billing date on, at most so many: until there is one whose reminder is still to come.
pub(crate) fn grow_schedule(
    context: &Context,
    subscription: &Subscription,
    (first, most): (u32, usize),
    now: Timestamp,
) -> Result<Vec<ScheduleRow>> {
    let today = subscription.zone.date(now)?;
    let mut rows = Vec::new();
    for order in (first..).take(most) {
        let Some(row) = row_of_date(context, subscription, order, now)? else {
            break;
        };
        let ahead = row.reminder_date > today;
        rows.push(row);
        if ahead {
            break;
        }
    }
    Ok(rows)
}

/// The rows that follow a row, none of which is there yet. Each row makes the one after it: when it is announced, and at the
/// latest when it is closed.
pub(crate) fn rows_after(
    context: &Context,
    subscription: &Subscription,
    row: &ScheduleRow,
    now: Timestamp,
) -> Result<Vec<ScheduleRow>> {
    match row.order {
        Some(order) => {
            let from = (order.saturating_add(1), MAX_NEXT_ROWS);
            grow_schedule(context, subscription, from, now)
        }
        None => Ok(Vec::new()),
    }
}

/// Leaves out the billing dates of a new subscription for which it is too late already: nobody is reminded of what nobody
/// agreed upon then. A subscription that is paid a single time keeps its only date. Returns the first that is left.
pub(crate) fn skip_past(subscription: &Subscription, now: Timestamp) -> Result<u32> {
    let today = subscription.zone.date(now)?;
    let terms = subscription.payment_terms()?;
    let grace = i32::try_from(terms.grace_days).map_err(Error::internal)?;
    let mut order = 0_u32;
    loop {
        let (this, next) = (
            subscription.billing_date(order)?,
            subscription.billing_date(order.saturating_add(1))?,
        );
        match (this, next) {
            (Some(date), Some(_)) if date.plus_days(grace)? < today => {
                order = order.saturating_add(1);
            }
            (Some(_) | None, _) => return Ok(order),
        }
    }
}

/// The first of these days at the subscription's hour: when it is billed next.
pub(crate) fn set_next_billing(
    subscription: &mut Subscription,
    open: impl Iterator<Item = Date>,
) -> Result<()> {
    let next = open.min();
    let next = next.map(|date| subscription.hour_of(date)).transpose()?;
    if let Some(terms) = &mut subscription.schedule {
        terms.next_billing = next;
    }
    Ok(())
}
