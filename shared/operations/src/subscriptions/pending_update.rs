//! What becomes of a new subscription, and of a change, that takes place with its payment only.

use models::billing::{Bill, Discount, Invoice, NewInvoice, PaymentBehavior, Subscription};
use models::event::EventType;
use models::ids::{self, Id};
use models::{Error, Result, Timestamp};
use store::{Retry, Stored, Writes};

use crate::Context;
use crate::invoicing::pay_invoice::first_payment;
use crate::invoicing::undo_credits::give_lines_back;
use crate::invoicing::undo_invoice::undo_invoice;

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

/// Adds to `writes` that a coupon can be redeemed once more.
pub async fn give_coupon_back(
    context: &Context,
    writes: &mut Writes<'_>,
    discount: Option<&Discount>,
) -> Result<()> {
    let Some(discount) = discount else {
        return Ok(());
    };
    let Some(before) = context.find_now(&discount.coupon_id).await? else {
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
