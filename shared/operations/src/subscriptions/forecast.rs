//! The invoices that are to come, computed as they will be and not written.

use models::billing::{Invoice, NewInvoice, Outcome, Subscription, SubscriptionStatus};
use models::ids::Id;
use models::{Money, Result};

use crate::Context;
use crate::invoicing::parties::Parties;
use crate::usage::close_usage::{Purpose, read_meters};
use crate::usage::usage_history::Ending;

/// What a subscription will be billed.
#[derive(Debug)]
pub struct Forecast {
    /// At once, where something is owed.
    pub immediate: Option<Invoice>,
    /// At the end of the running period, with usage as it is by now.
    pub next: Option<Invoice>,
}

/// The next invoices of a subscription, and with what is owed at once before it, if anything. The customer's balance pays
/// them in that order. `billed` are the metrics whose usage is on what is owed or waits already.
pub async fn forecast(
    context: &Context,
    subscription: &Subscription,
    billed: &[String],
) -> Result<Forecast> {
    let parties = Parties::read(context, subscription.customer_id).await?;
    let zone = parties.zone()?;
    let now = context.now().await?;
    let mut credit: Option<Money> = None;
    let mut show = |new: Option<NewInvoice>, at| -> Result<Option<Invoice>> {
        let Some(mut new) = new else {
            return Ok(None);
        };
        parties.snapshot_on(&mut new);
        let mut invoice = Invoice::draft(Id::new(0)?, new, at)?;
        let held = credit.unwrap_or_else(|| parties.credit(&invoice));
        credit = Some(invoice.finalize(String::new(), held, &zone, at)?);
        Ok(Some(invoice))
    };
    let mut after = subscription.clone();
    let mut immediate = None;
    if let Some(bill) = subscription.owed()? {
        let new = subscription.invoice(&bill, &[])?;
        let paid = Outcome {
            invoice: None,
            paid: true,
            refused: false,
        };
        after.billed(&bill, paid, new.as_ref())?;
        immediate = show(new, now)?;
    }
    let runs = after.status != SubscriptionStatus::Paused || after.settles_at_period_end();
    let bill = if runs && !after.status.is_over() {
        after.upcoming()?
    } else {
        None
    };
    let next = match bill {
        Some(bill) => {
            let readings = match bill.closes {
                Some(period) => {
                    let mut metrics = after.metrics();
                    metrics.retain(|metric| !billed.contains(metric));
                    let part = (period, Ending::of(&bill));
                    read_meters(context, &after, &metrics, part, Purpose::Show).await?
                }
                None => Vec::new(),
            };
            let at = after.period.end;
            show(after.invoice(&bill, &readings)?, at)?
        }
        None => None,
    };
    Ok(Forecast { immediate, next })
}
