//! A period of a metric ends: from now on nothing counts in it, and its totals stand.

use models::Result;
use models::billing::{Reading, Subscription, UsageTotals};
use models::time::Period;
use store::Retry;

use crate::Context;
use crate::usage::usage_history::{Ending, History, Metric};
use crate::usage::usage_totals::usage_totals;

/// Closes the period of a metric and returns what is to be billed of it. Closing it again for the same bill returns the same,
/// with what was used since where the period is longer by then.
///
/// It writes also where nothing was used: whoever reports the first usage at that very moment then meets it, and one of
/// the two is refused and sees the other. One consistent read and one write unit.
pub async fn close_usage(context: &Context, metric: Metric<'_>) -> Result<UsageTotals> {
    let now = context.now().await?;
    let mut retry = Retry::of("the metric's usage");
    loop {
        let mut log = History::open(context, metric.subscription_id, metric.name, 1).await?;
        let mut page = log.next_page(now);
        let cut = log.cut(&page, metric).await?;
        if cut.done {
            return Ok(cut.totals);
        }
        page.close(&cut, metric.closing)?;
        if log.write(&page).await? {
            return Ok(cut.totals);
        }
        retry.again().await?;
    }
}

/// Whether something is done, or only shown as it would be: then nothing is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// It is done.
    Make,
    /// It is shown.
    Show,
}

/// The readings of some meters for a period, which takes no more usage of them from then on where it is done. As
/// [`close_usage`], each; a read each where it is shown.
pub async fn read_meters(
    context: &Context,
    subscription: &Subscription,
    metrics: &[String],
    (period, ending): (Period, Ending),
    purpose: Purpose,
) -> Result<Vec<Reading>> {
    let read = metrics.iter().map(|name| async move {
        let metric = Metric {
            period,
            ending,
            ..Metric::of(subscription, name)
        };
        let totals = match purpose {
            Purpose::Make => close_usage(context, metric).await?,
            Purpose::Show => usage_totals(context, metric).await?,
        };
        Ok(reading(metric, &totals))
    });
    futures::future::try_join_all(read).await
}

fn reading(metric: Metric<'_>, totals: &UsageTotals) -> Reading {
    Reading {
        metric_name: metric.name.to_owned(),
        quantity: totals.quantity(metric.aggregation),
        events: totals.events(),
    }
}
