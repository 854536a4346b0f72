//! What lines of an invoice gave back of earlier ones did not come about.

use std::collections::BTreeMap;

use futures::future::try_join_all;
use models::billing::{BillingReason, Invoice, LineItem, given_back};
use models::event::EventType;
use models::{Money, Result, Timestamp};
use store::Writes;

use crate::Context;

/// Adds to `writes` what lines of an invoice gave back and what did not come about: the invoices keep count of it no longer.
/// Lines that `wait` as before gave back earlier, and will. Returns which lines they were. One read and one item for each
/// invoice, which is most often one.
pub(crate) async fn give_lines_back(
    context: &Context,
    writes: &mut Writes<'_>,
    lines: &[LineItem],
    wait: &[LineItem],
) -> Result<Vec<(Invoice, Vec<usize>)>> {
    let mut credits: BTreeMap<_, BTreeMap<usize, Money>> = BTreeMap::new();
    for (invoice, line, amount) in given_back(lines) {
        let given = credits.entry(invoice).or_default().entry(line);
        let given = given.or_insert_with(|| Money::zero(amount.currency()));
        *given = given.plus(amount)?;
    }
    for (invoice, line, amount) in given_back(wait) {
        if let Some(given) = credits.get_mut(&invoice).and_then(|of| of.get_mut(&line)) {
            *given = given.minus(amount)?;
        }
    }
    let read = credits.keys().map(|id| context.find_now(*id));
    let mut given = Vec::new();
    for before in try_join_all(read).await?.into_iter().flatten() {
        let mut invoice = (*before).clone();
        let lines = credits.get(&before.id).into_iter().flatten();
        let lines = lines.filter(|(_, amount)| !amount.is_zero());
        let mut places = Vec::new();
        for (line, amount) in lines {
            invoice.take_back_unused(*line, *amount)?;
            places.push(*line);
        }
        if invoice != *before {
            writes.update(&before, &invoice, None)?;
        }
        given.push((invoice, places));
    }
    Ok(given)
}

/// Adds to `writes` what follows where nothing is owed of this invoice by the same write: a change that waits for it is dropped,
/// and what its lines gave back was not given back. Where the time that they were for goes on, they charge for it again.
pub(crate) async fn undo_credits(
    context: &Context,
    writes: &mut Writes<'_>,
    invoice: &Invoice,
    at: Timestamp,
) -> Result<()> {
    let updates = invoice.billing_reason == BillingReason::SubscriptionUpdate;
    let credits = given_back(&invoice.lines).next().is_some();
    let Some(id) = invoice.subscription_id.filter(|_| updates || credits) else {
        return Ok(());
    };
    let Some(stored) = context.find_now(id).await? else {
        return Ok(());
    };
    let mut subscription = (*stored).clone();
    if stored.awaits(invoice.id) {
        subscription.pending_update = None;
        give_lines_back(context, writes, &invoice.lines, &stored.pending_lines).await?;
        return writes.update(&stored, &subscription, Some(EventType::SubscriptionUpdated));
    }
    let given = give_lines_back(context, writes, &invoice.lines, &[]).await?;
    if stored.status.is_over() {
        return Ok(());
    }
    for (source, lines) in &given {
        for line in lines {
            subscription.charge_again(source, *line, at);
        }
    }
    if subscription != *stored {
        writes.update(&stored, &subscription, None)?;
    }
    Ok(())
}
