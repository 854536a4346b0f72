//! A subscription ends: what it still owes is not charged by itself any more.

use models::Result;
use models::billing::Subscription;
use models::event::EventType;
use models::ids::{self, Id};
use store::Writes;

use crate::Context;
use crate::context::missing_record;

/// Pages of earlier invoices that are looked through at the most: they and the rest of a write fit a transaction.
const MAX_PAGES: u32 = 6;

/// Adds to `writes` that the open invoices of a subscription that ends are collected no more by themselves, as in Stripe: they can
/// still be paid. `but` are left to the caller, who writes them, too.
///
/// Where it is paid by schedule nothing is charged by itself, so nothing is read. Else one call of a read for each of the newest
/// that it carries, and an item for each that stops. Only where the oldest of a page was still being collected there are earlier
/// ones to stop: another page is 2 calls and 11 reads. One that is beyond those pages stops when its next attempt is due.
pub async fn stop_collection(
    context: &Context,
    writes: &mut Writes<'_>,
    ended: &Subscription,
    but: &[Id<ids::Invoice>],
) -> Result<()> {
    if ended.schedule.is_some() {
        return Ok(());
    }
    let mut ids: Vec<_> = ended.carried_invoices().collect();
    let mut pages = (0..ended.invoice_pages).rev();
    for _ in 0..=MAX_PAGES {
        if !stop(context, writes, &ids, but).await? {
            return Ok(());
        }
        let Some(number) = pages.next() else {
            return Ok(());
        };
        let page = context.invoice_page(ended.id, number).await?;
        ids = page
            .ok_or_else(|| missing_record(ended.id))?
            .into_inner()
            .invoices;
    }
    Ok(())
}

/// Stops these but some. Returns whether the oldest of them was being collected.
async fn stop(
    context: &Context,
    writes: &mut Writes<'_>,
    ids: &[Id<ids::Invoice>],
    but: &[Id<ids::Invoice>],
) -> Result<bool> {
    let oldest = ids.iter().min().copied();
    let ids: Vec<_> = ids.iter().copied().filter(|id| !but.contains(id)).collect();
    let mut oldest_stops = oldest.is_some_and(|id| but.contains(&id));
    if ids.is_empty() {
        return Ok(oldest_stops);
    }
    for stored in context.invoices_now(&ids).await? {
        let mut invoice = (*stored).clone();
        if invoice.stop_collection() {
            oldest_stops |= oldest == Some(invoice.id);
            writes.update(&stored, &invoice, Some(EventType::InvoiceUpdated))?;
        }
    }
    Ok(oldest_stops)
}
