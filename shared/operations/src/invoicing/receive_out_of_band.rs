//! Money for an invoice that was received elsewhere is booked.

use models::billing::Invoice;
use models::{Money, Result};
use store::{Stored, Writes};

use crate::Context;
use crate::invoicing::parties::Parties;
use crate::invoicing::pay_invoice::event_of;
use crate::subscriptions::invoice_change::InvoiceChange;

/// The writes that book it, and the invoice as it is then; all that remains where no amount is given. What is beyond what is
/// owed goes to the customer's balance. Errors where the invoice cannot be paid, and while a payment is under way.
pub async fn receive_out_of_band<'c>(
    context: &'c Context,
    stored: &Stored<Invoice>,
    amount: Option<Money>,
) -> Result<(Writes<'c>, Invoice)> {
    let mut invoice = (**stored).clone();
    let over = invoice.receive_out_of_band(amount, context.now().await?)?;
    let parties = Parties::read(context, invoice.customer_id).await?;
    let event = event_of(stored, &invoice);
    let change = InvoiceChange {
        before: stored,
        after: &invoice,
        events: event.as_slice(),
        parties: &parties,
        credit: parties.credit(&invoice).plus(over)?,
        follows: true,
    };
    Ok((change.writes(context).await?, invoice))
}
