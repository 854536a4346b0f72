//! A draft becomes final: it gets its number, takes from the customer's balance, and is collected where the customer is charged.

use models::Result;
use models::billing::{Invoice, InvoiceStatus};
use models::ids::{self, Id};
use store::{Retry, Stored};

use crate::Context;
use crate::context::missing_record;
use crate::invoicing::collect_invoice::collect_invoice;
use crate::invoicing::final_invoice::{collects, events_of_finalization, finalize, is_untried};
use crate::invoicing::parties::Parties;
use crate::subscriptions::invoice_change::InvoiceChange;

/// Makes a draft final, with seller and customer as they are now. Errors unless it is a draft.
///
/// It is final before anything is charged, so that nobody changes or deletes what a card pays for; a process that dies in
/// between leaves it due. The caller's idempotency key begins with the first write.
pub async fn finalize_invoice(context: &Context, mut stored: Stored<Invoice>) -> Result<Invoice> {
    let now = context.now().await?;
    let mut number = None;
    let mut retry = Retry::of("the invoice");
    loop {
        let id = stored.id;
        stored.refuse_unless_draft("finalized")?;
        let parties = Parties::read(context, stored.customer_id).await?;
        let mut invoice = (*stored).clone();
        parties.snapshot_on_draft(&mut invoice);
        invoice.footer = parties.footer(invoice.footer.take());
        let credit = parties.credit(&invoice);
        let credit = finalize(context, &parties, &mut invoice, &mut number, credit).await?;
        let collected = invoice.status == InvoiceStatus::Open && charges(context, &invoice).await?;
        if collected {
            invoice.await_attempt(now);
        }
        let change = InvoiceChange {
            before: &stored,
            after: &invoice,
            events: &events_of_finalization(&invoice),
            parties: &parties,
            credit,
            follows: true,
        };
        let writes = change.writes(context).await?;
        if context.begin(&writes, &id.to_string()).await? {
            return if collected {
                Box::pin(collect_finalized(context, id)).await
            } else {
                Ok(invoice)
            };
        }
        retry.again().await?;
        stored = context
            .find_now(id)
            .await?
            .ok_or_else(|| missing_record(id))?;
    }
}

/// Makes the first attempt at an invoice that has just become final, unless it was made or there is none to make.
pub async fn collect_finalized(context: &Context, id: Id<ids::Invoice>) -> Result<Invoice> {
    let stored = context
        .find_now(id)
        .await?
        .ok_or_else(|| missing_record(id))?;
    let under_way = stored.processing.is_some();
    if under_way || is_untried(&stored) && charges(context, &stored).await? {
        Box::pin(collect_invoice(context, stored)).await
    } else {
        Ok(stored.into_inner())
    }
}

/// Whether an invoice that is owed is charged by itself: not that of a subscription of which nothing is collected any more.
async fn charges(context: &Context, invoice: &Invoice) -> Result<bool> {
    let subscription = match invoice.subscription_id {
        Some(id) => context.find_now(id).await?,
        None => None,
    };
    Ok(collects(invoice, subscription.as_deref()))
}
