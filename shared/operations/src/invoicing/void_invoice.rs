//! Nothing is owed any longer: an invoice is voided, and the customer has back what the balance paid of it.

use models::billing::Invoice;
use models::event::EventType;
use models::{Result, Timestamp};
use store::{Stored, Writes};

use crate::Context;
use crate::invoicing::parties::{Parties, update_credit};
use crate::invoicing::undo_credits::undo_credits;
use crate::schedules::row_payment::sync_row;

/// Adds the voiding of an invoice to `writes`, and what goes back to the customer's balance. Errors where it cannot be voided.
///
/// Where the balance paid nothing, the customer is not read. The row of a schedule that it is for is owed no longer, and a
/// change of a subscription that waits for it is dropped. What its lines gave back of others is theirs again.
pub async fn void_invoice(
    context: &Context,
    writes: &mut Writes<'_>,
    stored: &Stored<Invoice>,
    at: Timestamp,
) -> Result<Invoice> {
    let mut invoice = (**stored).clone();
    let back = invoice.void(at)?;
    writes.update(stored, &invoice, Some(EventType::InvoiceVoided))?;
    if !back.is_zero() {
        let parties = Parties::read(context, invoice.customer_id).await?;
        let credit = parties.credit(&invoice).plus(back)?;
        update_credit(writes, &parties, credit)?;
    }
    sync_row(context, writes, stored.status, &invoice).await?;
    undo_credits(context, writes, &invoice, at).await?;
    Ok(invoice)
}
