//! What a customer's balance holds pays first, at each attempt to collect an invoice.

use models::Result;
use models::billing::{Invoice, InvoiceStatus};
use models::event::EventType;
use store::Stored;

use crate::Context;
use crate::invoicing::parties::Parties;
use crate::subscriptions::invoice_change::InvoiceChange;

/// Takes what the customer's balance holds for an open invoice. `None` where there is nothing to take; else whether it was taken:
/// where not, somebody else changed invoice or customer, and where it was, the invoice is another one by now. Read it again.
///
/// One transaction of invoice and customer, and of the subscription where that heals. It comes before the attempt is written
/// down, so whoever dies in between leaves an invoice of which less is owed, and which is due as it was.
pub async fn take_balance(
    context: &Context,
    stored: &Stored<Invoice>,
    parties: &Parties,
    follows: bool,
) -> Result<Option<bool>> {
    let mut invoice = (**stored).clone();
    let held = parties.credit(&invoice);
    let taken = invoice.take_balance(held, context.now().await?)?;
    if taken.is_zero() {
        return Ok(None);
    }
    let event = if invoice.status == InvoiceStatus::Paid {
        EventType::InvoicePaid
    } else {
        EventType::InvoiceUpdated
    };
    let change = InvoiceChange {
        before: stored,
        after: &invoice,
        events: &[event],
        parties,
        credit: held.minus(taken)?,
        follows,
    };
    context
        .write(&change.writes(context).await?)
        .await
        .map(Some)
}
