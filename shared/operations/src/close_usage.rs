//! A period of a metric ends: from now on nothing counts in it, and its totals stand.

use models::billing::UsageTotals;
use models::{Error, Result};

use crate::Context;
use crate::usage_history::{History, MAX_TRIES, Metric, busy};

/// Closes the period of a metric and returns what was used in it. Closing it again returns the same, whatever was reported
/// since; a period before the one that was closed last is a 409.
///
/// It writes also where nothing was used: whoever reports the first usage at that very moment then meets it, and one of
/// the two is refused and sees the other. One consistent read and one write unit.
pub async fn close_usage(context: &Context, metric: Metric<'_>) -> Result<UsageTotals> {
    let now = context.now().await?;
    let Metric {
        period,
        aggregation,
        ..
    } = metric;
    for attempt in 0..MAX_TRIES {
        let mut log = History::open(context, metric.subscription_id, metric.name, 1).await?;
        if let Some(head) = log.head() {
            if let Some(totals) = head.closed(period.end) {
                return Ok(totals.clone());
            }
            if head.closed_until().is_some_and(|until| until > period.end) {
                let detail = format!("{} is closed beyond {}", metric.name, period.end);
                return Err(Error::conflict("period_closed", detail));
            }
        }
        let mut page = log.next_page(now);
        let totals = log.totals(&page, period, aggregation).await?;
        page.close(period, totals.clone());
        if log.write(&page).await? {
            return Ok(totals);
        }
        context.make_way(attempt).await;
    }
    Err(busy())
}
