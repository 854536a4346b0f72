//! A business changes a schedule: rows on days of its choice, amounts of billing dates, another day for a row.

use models::billing::{InvoiceStatus, ScheduleRow, Slot, Subscription, TierPolicy};
use models::event::EventType;
use models::{Date, Error, Invalid, Money, Result, Timestamp};
use store::{Stored, Writes};

use crate::Context;
use crate::schedules::grow_schedule::{MAX_NEW_ROWS, new_row, row_of_date, set_next_billing};
use crate::schedules::run_schedule::void;

/// Rows on those days, beside what is there. Returns the writes and the rows, in the order of the days.
pub async fn schedule_dates<'c>(
    context: &'c Context,
    stored: &Stored<Subscription>,
    wanted: &[(Date, Money)],
) -> Result<(Writes<'c>, Vec<ScheduleRow>)> {
    stored.refuse_if_over()?;
    stored.payment_terms()?;
    let now = context.now().await?;
    let there = context.schedule(stored.id).await?;
    let mut rows: Vec<ScheduleRow> = Vec::with_capacity(wanted.len());
    for (date, amount) in wanted {
        let others = there
            .iter()
            .map(|row| row.slot())
            .chain(rows.iter().map(ScheduleRow::slot));
        let last = others
            .filter(|slot| slot.date == *date)
            .map(|slot| slot.n)
            .max()
            .unwrap_or(0);
        // 0 is the place of what a billing date has by itself.
        let slot = Slot {
            date: *date,
            n: last.saturating_add(1),
        };
        rows.push(new_row(context, stored, (slot, None), *amount, now)?);
    }
    rows.sort_by_key(|row| (row.scheduled_for, row.n));
    let mut subscription = (**stored).clone();
    let open = there
        .iter()
        .filter(|row| row.status().is_open())
        .map(|row| row.scheduled_for)
        .chain(rows.iter().map(|row| row.scheduled_for));
    set_next_billing(&mut subscription, open)?;
    let mut writes = context.writes().await?;
    for row in &rows {
        writes.create(row, None)?;
    }
    writes.update(stored, &subscription, Some(EventType::SubscriptionUpdated))?;
    Ok((writes, rows))
}

/// Sets the amounts of billing dates, by their place from 0. A date without a row gets one. Returns the writes and the rows.
pub async fn schedule_orders<'c>(
    context: &'c Context,
    stored: &Stored<Subscription>,
    wanted: &[(u32, Money)],
) -> Result<(Writes<'c>, Vec<ScheduleRow>)> {
    stored.refuse_if_over()?;
    let now = context.now().await?;
    let there = context.schedule(stored.id).await?;
    let made = make_up_to(context, stored, &there, wanted, now)?;
    let mut plan = Plan {
        context,
        subscription: stored,
        now,
        there: &there,
        made,
        changed: Vec::new(),
    };
    let mut invalid = Invalid::default();
    for (index, (order, amount)) in wanted.iter().enumerate() {
        let pointer = format!("/{index}/order");
        match stored.billing_date(*order)? {
            None => {
                let detail = "is no billing date of this subscription: there are not so many";
                invalid.push(pointer, "out_of_range", detail);
            }
            Some(date) => {
                let place = (Slot { date, n: 0 }, Some(*order));
                plan.set(place, *amount)?;
            }
        }
    }
    invalid.into_result()?;
    let Plan { made, changed, .. } = plan;
    refuse_too_many(wanted, made.len().saturating_add(changed.len()))?;
    let mut writes = context.writes().await?;
    let mut rows = made.clone();
    for (before, after) in &changed {
        writes.update(before, after, None)?;
        rows.push(after.clone());
    }
    for row in &made {
        writes.create(row, None)?;
    }
    rows.retain(|row| wanted.iter().any(|(order, _)| row.order == Some(*order)));
    rows.sort_by_key(|row| row.order);
    let open = there
        .iter()
        .filter(|row| row.status().is_open())
        .map(|row| row.scheduled_for)
        .chain(made.iter().map(|row| row.scheduled_for));
    let mut subscription = (**stored).clone();
    set_next_billing(&mut subscription, open)?;
    writes.update(stored, &subscription, Some(EventType::SubscriptionUpdated))?;
    Ok((writes, rows))
}

/// A 400 where rows that are made and rows that are changed are more than one write takes.
fn refuse_too_many(wanted: &[(u32, Money)], rows: usize) -> Result<()> {
    if rows <= MAX_NEW_ROWS {
        return Ok(());
    }
    let last = (0_usize..).zip(wanted).max_by_key(|(_, (order, _))| *order);
    let last = last.map_or(0, |(index, _)| index);
    let detail = format!(
        "makes all payments up to it, {rows} with the others of this request: at most {MAX_NEW_ROWS} are made and changed at once"
    );
    Err(Error::invalid(format!("/{last}/order"), "too_many", detail))
}

/// The rows that billing dates have by themselves, up to the last one wanted.
fn make_up_to(
    context: &Context,
    subscription: &Subscription,
    there: &[Stored<ScheduleRow>],
    wanted: &[(u32, Money)],
    now: Timestamp,
) -> Result<Vec<ScheduleRow>> {
    let mut made = Vec::new();
    if subscription.payment_terms()?.policy == TierPolicy::Schedule {
        return Ok(made);
    }
    let newest = there.iter().filter_map(|row| row.order).max();
    let first = newest.map_or(0, |order| order.saturating_add(1));
    let last = wanted.iter().map(|(order, _)| *order).max().unwrap_or(0);
    for order in first..=last {
        if made.len() >= MAX_NEW_ROWS {
            let detail = format!("is more than {MAX_NEW_ROWS} billing dates ahead");
            return Err(Error::invalid("/0/order", "out_of_range", detail));
        }
        match row_of_date(context, subscription, order, now)? {
            Some(row) => made.push(row),
            None => break,
        }
    }
    Ok(made)
}

/// Rows by their place: those that are there, those that are made, those that are changed.
struct Plan<'a> {
    context: &'a Context,
    subscription: &'a Subscription,
    now: Timestamp,
    there: &'a [Stored<ScheduleRow>],
    made: Vec<ScheduleRow>,
    changed: Vec<(&'a Stored<ScheduleRow>, ScheduleRow)>,
}

impl Plan<'_> {
    fn set(&mut self, place: (Slot, Option<u32>), amount: Money) -> Result<()> {
        let slot = place.0;
        if let Some(row) = self.made.iter_mut().find(|row| row.slot() == slot) {
            row.amount = amount;
            return Ok(());
        }
        if let Some((_, row)) = self.changed.iter_mut().find(|(_, row)| row.slot() == slot) {
            row.amount = amount;
            return Ok(());
        }
        let Some(stored) = self.there.iter().find(|row| row.slot() == slot) else {
            let row = new_row(self.context, self.subscription, place, amount, self.now)?;
            self.made.push(row);
            return Ok(());
        };
        stored.refuse_unless_open("changed")?;
        if stored.invoice_id.is_some() {
            let detail = format!("schedule {} is owed already; update it instead", stored.id);
            return Err(Error::conflict("invalid_schedule_status", detail));
        }
        let mut row = (**stored).clone();
        if row.amount != amount {
            row.amount = amount;
            row.next_edition()?;
        }
        self.changed.push((stored, row));
        Ok(())
    }
}

/// Gives a row another amount or day. What its invoice asked for is void, and another one follows on that day. Returns the
/// writes and the row.
pub async fn change_row<'c>(
    context: &'c Context,
    subscription: &Stored<Subscription>,
    stored: &Stored<ScheduleRow>,
    (amount, date): (Money, Date),
) -> Result<(Writes<'c>, ScheduleRow)> {
    subscription.refuse_if_over()?;
    let terms = subscription.payment_terms()?;
    let now = context.now().await?;
    let mut row = (**stored).clone();
    let mut after = (**subscription).clone();
    let mut writes = context.writes().await?;
    let expired = row.expired_at.is_some();
    row.refuse_unless_open("changed")?;
    if (amount, date) != (row.amount, row.scheduled_for) {
        if let Some(id) = row.invoice_id
            && let Some(invoice) = context.find_now(id).await?
            && invoice.status != InvoiceStatus::Void
        {
            void(context, &mut writes, &invoice, now).await?;
        }
        row.next_edition()?;
    }
    row.change(subscription, terms, (amount, date), now)?;
    if expired && row.expired_at.is_none() {
        after.row_healed();
    }
    let rows = context.schedule(subscription.id).await?;
    let open = rows
        .iter()
        .filter(|other| other.id != row.id && other.status().is_open())
        .map(|other| other.scheduled_for)
        .chain([row.scheduled_for]);
    set_next_billing(&mut after, open)?;
    writes.update(stored, &row, None)?;
    writes.update(subscription, &after, Some(EventType::SubscriptionUpdated))?;
    Ok((writes, row))
}
