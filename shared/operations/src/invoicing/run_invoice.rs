//! What an invoice does by itself when its moment has come.

use models::billing::{Invoice, InvoiceStatus};
use models::event::EventType;
use models::ids::{self, Id};
use models::{Result, Timestamp};
use store::Stored;

use crate::Context;
use crate::invoicing::collect_invoice::collect_invoice;
use crate::invoicing::finalize_invoice::finalize_invoice;
use crate::invoicing::parties::Parties;
use crate::invoicing::refund_note::set_rest_aside;
use crate::subscriptions::invoice_change::InvoiceChange;

/// What an invoice was waiting for has come: it becomes final, it is tried again, it is overdue, or a request died that was refunding
/// its payments. Doing it twice does it once.
pub async fn run_invoice(context: &Context, id: Id<ids::Invoice>, at: Timestamp) -> Result<()> {
    let Some(stored) = context.find_now(id).await? else {
        return Ok(());
    };
    if stored.refunding.is_some() {
        return set_rest_aside(context, id).await;
    }
    // A message that comes again before the attempt is due to be asked about: its first receiver died.
    let begun = stored.processing.is_some_and(|attempt| !attempt.manual);
    if !begun && stored.due().is_none_or(|due| due > at) {
        return Ok(());
    }
    if stored.status == InvoiceStatus::Draft {
        Box::pin(finalize_invoice(context, stored)).await?;
    } else if stored.is_overdue(at) {
        fall_due(context, &stored).await?;
    } else {
        Box::pin(collect_invoice(context, stored)).await?;
    }
    Ok(())
}

/// The due date has passed. Where somebody else changed the invoice meanwhile, it is still due.
async fn fall_due(context: &Context, stored: &Stored<Invoice>) -> Result<()> {
    let mut invoice = (**stored).clone();
    invoice.overdue = true;
    let parties = Parties::read(context, stored.customer_id).await?;
    let change = InvoiceChange {
        before: stored,
        after: &invoice,
        events: &[EventType::InvoiceOverdue],
        parties: &parties,
        credit: parties.credit(&invoice),
        follows: true,
    };
    context.write(&change.writes(context).await?).await?;
    Ok(())
}
