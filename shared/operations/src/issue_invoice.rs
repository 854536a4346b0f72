//! The invoice of one period of one subscription: written once, however often it is asked for.

use models::billing::{Bill, Invoice, LineItem, NewInvoice, Subscription};
use models::event::EventType;
use models::ids::{self, Id};
use models::{Error, Result};
use store::Stored;

use crate::Context;

/// Neighbours that are looked at where another invoice drew the same id.
const MAX_TRIES: u32 = 64;

/// The invoice of `bill`: the one that is there, or a new one.
///
/// Its id is derived from subscription, reason and period, so a second run finds the first one's. Two reads at the most,
/// then a number (one write unit) and the invoice (one, and one for the customer's list).
pub(crate) async fn issue_invoice(
    context: &Context,
    subscription: &Subscription,
    bill: &Bill,
) -> Result<Stored<Invoice>> {
    let new = new_invoice(subscription, bill)?;
    let identity = new.identity();
    let mut id: Id<ids::Invoice> = Id::derived(bill.period.start, &identity)?;
    let mut number = None;
    for _ in 0..MAX_TRIES {
        match context.invoice(id).await? {
            Some(stored) if stored.identity() == identity => return Ok(stored),
            Some(_) => {
                id = id.successor()?;
                continue;
            }
            None => {}
        }
        let now = context.now().await?;
        let number = match &number {
            Some(number) => number,
            None => number.insert(context.next_invoice_number(now.date()?.year()).await?),
        };
        let invoice = Invoice::finalize(id, number.clone(), new.clone(), now)?;
        let nothing = invoice.amount_remaining()?.is_zero();
        let event = if nothing {
            EventType::InvoicePaid
        } else {
            EventType::InvoiceFinalized
        };
        let mut writes = context.writes().await?;
        let created = writes.create(&invoice, Some(event))?;
        if context.write(&writes).await? {
            return Ok(created);
        }
        // Somebody was faster: the next round reads what is there now.
    }
    Err(Error::Unavailable(
        "no free invoice id was found".to_owned(),
    ))
}

fn new_invoice(subscription: &Subscription, bill: &Bill) -> Result<NewInvoice> {
    let price = &subscription.price;
    let line = LineItem {
        description: format!(
            "{} ({} to {})",
            price.name,
            bill.period.start.date()?,
            bill.period.end.date()?
        ),
        quantity: subscription.quantity,
        unit_amount: price.amount,
        amount: price.of(subscription.quantity)?,
        period: bill.period,
    };
    Ok(NewInvoice {
        customer_id: subscription.customer_id,
        subscription_id: subscription.id,
        billing_reason: bill.reason,
        currency: price.amount.currency(),
        lines: vec![line],
        period: bill.period,
        collection_method: subscription.collection_method,
        days_until_due: subscription.days_until_due,
    })
}
