//! A period of a metric ends: from now on nothing counts in it, and its totals stand.

use models::billing::{Reading, Subscription, UsageTotals};
use models::time::Period;
use models::{Error, Result};

use crate::Context;
use crate::usage_history::{History, MAX_TRIES, Metric, busy};
use crate::usage_totals::usage_totals;

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

/// The readings of all meters for a period, which takes no more usage from then on.
pub async fn read_meters(
    context: &Context,
    subscription: &Subscription,
    period: Period,
) -> Result<Vec<Reading>> {
    close_meters(context, subscription, &subscription.metrics(), period).await
}

/// The readings of some meters for a period, which takes no more usage of them from then on. As [`close_usage`], each.
pub async fn close_meters(
    context: &Context,
    subscription: &Subscription,
    metrics: &[String],
    period: Period,
) -> Result<Vec<Reading>> {
    let mut readings = Vec::with_capacity(metrics.len());
    for name in metrics {
        let metric = Metric {
            period,
            ..Metric::of(subscription, name)
        };
        let totals = close_usage(context, metric).await?;
        readings.push(reading(metric, &totals));
    }
    Ok(readings)
}

/// The readings of some meters for a period as they are by now. One read each.
pub async fn live_meters(
    context: &Context,
    subscription: &Subscription,
    metrics: &[String],
    period: Period,
) -> Result<Vec<Reading>> {
    let mut readings = Vec::with_capacity(metrics.len());
    for name in metrics {
        let metric = Metric {
            period,
            ..Metric::of(subscription, name)
        };
        let totals = usage_totals(context, metric).await?;
        readings.push(reading(metric, &totals));
    }
    Ok(readings)
}

fn reading(metric: Metric<'_>, totals: &UsageTotals) -> Reading {
    Reading {
        metric_name: metric.name.to_owned(),
        quantity: totals.quantity(metric.aggregation),
        events: totals.events(),
    }
}
