//! A change, a resumption or an end of a subscription, worked out with what was charged for its running period.

use futures::future::{try_join, try_join_all};
use models::billing::{Invoice, Proration, Resumption, Subscription};
use models::event::EventType;
use models::ids::{self, Id};
use models::{Result, Timestamp};
use store::{Stored, Writes};

use crate::Context;
use crate::subscriptions::next_invoice::name_next_invoice;
use crate::usage::close_usage::{Purpose, read_meters};
use crate::usage::usage_history::Ending;

/// When something is done to a subscription, and whose usage is billed with it.
#[derive(Debug, Clone)]
pub struct ChangeTime {
    /// When it is done.
    pub now: Timestamp,
    /// The metrics whose usage up to then is billed with it.
    pub metrics: Vec<String>,
    /// What ends then: a price, or the subscription.
    pub ending: Ending,
    /// Whether it is done, or only shown.
    pub purpose: Purpose,
}

/// A subscription as it is to be, and the invoices that keep count of what was given back of them.
#[derive(Debug)]
pub struct Prorated {
    /// As it is to be.
    pub subscription: Subscription,
    before: Vec<Stored<Invoice>>,
    after: Vec<Invoice>,
}

impl Prorated {
    /// The subscription ends: nothing of these invoices is collected any more by itself. Returns their ids.
    pub fn stop_collection(&mut self) -> Vec<Id<ids::Invoice>> {
        let stopped = self.after.iter_mut().map(|invoice| {
            invoice.stop_collection();
            invoice.id
        });
        stopped.collect()
    }

    /// Adds the invoices that change: they go with the subscription, in the same write. Nobody is told of the count that an
    /// invoice keeps of what was given back.
    pub fn put_invoices(&self, writes: &mut Writes<'_>) -> Result<()> {
        for (before, after) in self.before.iter().zip(&self.after) {
            let told = before.next_payment_attempt != after.next_payment_attempt;
            if **before != *after {
                let event = told.then_some(EventType::InvoiceUpdated);
                writes.update(before, after, event)?;
            }
        }
        Ok(())
    }
}

/// Works out what becomes of a subscription. Nothing is written but, where it is done, the ends of the meters; not even these
/// where `work` refuses.
///
/// A read for the settings and one for each invoice that charged for the running period, which is most often one, all at once;
/// then a read and a write for each metric.
pub async fn prorate(
    context: &Context,
    before: &Subscription,
    moment: &ChangeTime,
    work: impl Fn(&mut Subscription, &mut Proration<'_>) -> Result<()>,
) -> Result<Prorated> {
    let ids = before.charging_invoices().into_iter();
    let (settings, stored) = try_join(
        context.billing_settings(),
        try_join_all(ids.map(|id| context.find_now(id))),
    )
    .await?;
    let stored: Vec<Stored<Invoice>> = stored.into_iter().flatten().collect();
    let invoices = || -> Vec<Invoice> { stored.iter().map(|one| (**one).clone()).collect() };
    let worked_out = |readings: &[_]| {
        let mut subscription = before.clone();
        let mut invoices = invoices();
        let mut proration = Proration {
            now: moment.now,
            unit: settings.proration,
            readings,
            invoices: &mut invoices,
        };
        work(&mut subscription, &mut proration)?;
        Ok((subscription, invoices))
    };
    let (mut subscription, mut after) = worked_out(&[])?;
    if !moment.metrics.is_empty() {
        let part = (before.metered_until(moment.now), moment.ending);
        let readings = read_meters(context, before, &moment.metrics, part, moment.purpose).await?;
        (subscription, after) = worked_out(&readings)?;
    }
    if moment.purpose == Purpose::Make {
        name_next_invoice(context, &mut subscription).await?;
    }
    Ok(Prorated {
        subscription,
        before: stored,
        after,
    })
}

/// Ends a pause at `now`, as [`Subscription::resume`].
pub async fn resume(
    context: &Context,
    before: &Subscription,
    resumption: Resumption,
    now: Timestamp,
) -> Result<Prorated> {
    let moment = ChangeTime {
        now,
        metrics: before.meters_closed_by_resumption(resumption, now),
        ending: Ending::Price,
        purpose: Purpose::Make,
    };
    let work = |after: &mut Subscription, proration: &mut Proration<'_>| {
        after.resume(resumption, proration)
    };
    prorate(context, before, &moment, work).await
}

/// The invoices that this one gives parts of lines back of. A read each, at once.
pub async fn credited_invoices(context: &Context, invoice: &Invoice) -> Result<Vec<Invoice>> {
    let ids = invoice.credited_invoices().into_iter();
    let found = try_join_all(ids.map(|id| context.find_now(id))).await?;
    Ok(found
        .into_iter()
        .flatten()
        .map(Stored::into_inner)
        .collect())
}
