//! A subscription ends: what it still owes is not charged by itself any more.

use models::Result;
use models::billing::Subscription;
use models::event::EventType;
use models::ids::{self, Id};
use store::Writes;

use crate::Context;

/// Adds to `writes` that the open invoices of a subscription that ends are collected no more by themselves, as in Stripe: they can
/// still be paid. `but` are left to the caller, who writes them, too.
///
/// Where it is paid by schedule nothing is charged by itself, so nothing is read. Those that it carries itself, which are its newest; an earlier one stops when its next attempt is due. One call of a read for
/// each, and an item for each that stops.
pub async fn stop_collection(
    context: &Context,
    writes: &mut Writes<'_>,
    ended: &Subscription,
    but: &[Id<ids::Invoice>],
) -> Result<()> {
    if ended.schedule.is_some() {
        return Ok(());
    }
    let carried = ended.carried_invoices().filter(|id| !but.contains(id));
    let carried: Vec<_> = carried.collect();
    if carried.is_empty() {
        return Ok(());
    }
    for stored in context.invoices_now(&carried).await? {
        let mut invoice = (*stored).clone();
        if invoice.stop_collection() {
            writes.update(&stored, &invoice, Some(EventType::InvoiceUpdated))?;
        }
    }
    Ok(())
}
