//! What becomes of a new subscription, and of a change, that takes place with its payment only.

use std::collections::BTreeMap;

use futures::future::try_join_all;
use models::billing::{
    Bill, BillingReason, Discount, Invoice, LineItem, NewInvoice, PaymentBehavior, Subscription,
    given_back,
};
use models::event::EventType;
use models::ids::{self, Id};
use models::{Error, Money, Result, Timestamp};
use store::{Retry, Stored, Writes};

use crate::Context;
use crate::invoicing::issue_credit_note::credit_rest;
use crate::invoicing::pay_invoice::first_payment;
use crate::invoicing::void_invoice::void_invoice;

/// What the credit note says of it.
const NOT_MADE: &str = "What this invoice was for did not come about: it was not paid in full.";

/// The invoice that was made at once was not paid: a new subscription never was, and a change never took place or waits.
/// `None` where somebody else moved the subscription meanwhile.
pub(crate) async fn unpaid(
    context: &Context,
    stored: &Stored<Subscription>,
    (bill, new): (&Bill, &NewInvoice),
    invoice: &Invoice,
) -> Result<Option<Subscription>> {
    let now = context.now().await?;
    let mut writes = context.writes().await?;
    // A payment that nobody knows the outcome of may still come.
    let waits = stored.payment_behavior == PaymentBehavior::PendingIfIncomplete
        || invoice.processing.is_some();
    let subscription = match stored.reverted() {
        None => Subscription {
            deleted: Some(now),
            ..(**stored).clone()
        },
        Some(_) if waits => stored.pending(bill, new, invoice.id, now)?,
        Some(before) => before,
    };
    let event = waits.then_some(EventType::SubscriptionUpdated);
    writes.update(stored, &subscription, event)?;
    if !waits {
        let wait = &subscription.pending_lines;
        give_lines_back(context, &mut writes, &new.lines, wait).await?;
        let kept = subscription
            .discount
            .as_ref()
            .filter(|_| subscription.deleted.is_none());
        if stored.discount.as_ref() != kept {
            give_coupon_back(context, &mut writes, stored.discount.as_ref()).await?;
        }
        forget_invoice(context, &mut writes, invoice).await?;
    }
    Ok(context.write(&writes).await?.then_some(subscription))
}

/// Adds to `writes` what lines of an invoice gave back and what did not come about: the invoices keep count of it no longer.
/// Lines that `wait` as before gave back earlier, and will. Returns which lines they were. One read and one item for each
/// invoice, which is most often one.
async fn give_lines_back(
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

/// Adds to `writes` that a coupon can be redeemed once more.
async fn give_coupon_back(
    context: &Context,
    writes: &mut Writes<'_>,
    discount: Option<&Discount>,
) -> Result<()> {
    let Some(discount) = discount else {
        return Ok(());
    };
    let coupon = context.find_now(&discount.coupon_id).await?;
    let Some(before) = coupon.filter(|coupon| coupon.deleted.is_none()) else {
        return Ok(());
    };
    let mut coupon = (*before).clone();
    coupon.give_back();
    writes.update(&before, &coupon, Some(EventType::CouponUpdated))
}

/// Adds to `writes` that the payment that was refused is of no invoice: there is none.
async fn forget_invoice(
    context: &Context,
    writes: &mut Writes<'_>,
    invoice: &Invoice,
) -> Result<()> {
    let Some(before) = first_payment(context, invoice).await? else {
        return Ok(());
    };
    let mut payment = (*before).clone();
    payment.invoice_id = None;
    writes.update(&before, &payment, None)
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

/// Adds to `writes` that nothing is owed of an invoice any more, which was for something that does not come about: it is voided, or
/// credited where a part of it was paid or credited before, which is the customer's again. `false` says that a payment is under
/// way, so that nothing was done; one that is paid, or void, stays so.
pub(crate) async fn undo_invoice(
    context: &Context,
    writes: &mut Writes<'_>,
    invoice: &Stored<Invoice>,
    at: Timestamp,
) -> Result<bool> {
    if invoice.can_be_voided() {
        void_invoice(context, writes, invoice, at).await?;
    } else if invoice.processing.is_some() {
        return Ok(false);
    } else if invoice.status.is_payable() {
        credit_rest(context, writes, invoice, NOT_MADE).await?;
        undo_credits(context, writes, invoice, at).await?;
    }
    Ok(true)
}

/// Adds to `writes` that the change is dropped that waits for its payment, and that nothing is owed for it, as [`undo_invoice`].
pub(crate) async fn drop_update(
    context: &Context,
    writes: &mut Writes<'_>,
    stored: &Stored<Subscription>,
    at: Timestamp,
) -> Result<bool> {
    let Some(update) = &stored.pending_update else {
        return Ok(true);
    };
    let invoice = context.find_now(update.invoice_id).await?;
    if let Some(invoice) = invoice.filter(|invoice| invoice.status.is_payable()) {
        return undo_invoice(context, writes, &invoice, at).await;
    }
    let mut subscription = (**stored).clone();
    subscription.pending_update = None;
    writes.update(stored, &subscription, Some(EventType::SubscriptionUpdated))?;
    Ok(true)
}

/// Drops the change that waits for its payment, if there is one. A 409 while a payment is under way.
pub async fn drop_pending_update(context: &Context, id: Id<ids::Subscription>) -> Result<()> {
    let mut retry = Retry::of("the invoice");
    loop {
        let stored = context.find_now(id).await?;
        let Some(stored) = stored.filter(|stored| stored.pending_update.is_some()) else {
            return Ok(());
        };
        let mut writes = context.writes().await?;
        if !drop_update(context, &mut writes, &stored, context.now().await?).await? {
            let detail = "a payment of the change that waits is under way";
            return Err(Error::conflict("payment_processing", detail));
        }
        if context.write(&writes).await? {
            return Ok(());
        }
        retry.again().await?;
    }
}
