//! What was used: the totals of the period that runs, and the events of a log.

use std::collections::VecDeque;
use std::sync::Arc;

use models::billing::{Aggregation, Subscription, UsageEvent, UsagePage, UsageTotals};
use models::ids::{self, Id};
use models::page::{Page, PageRequest};
use models::{Error, Result};

use crate::Context;
use crate::usage::usage_history::{History, Metric};

/// Pages of a log that one query of a list reads.
const LISTED_PAGES: u32 = 2;

/// What a subscription used of one metric in the period that runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricUsage {
    /// Which.
    pub metric_name: String,
    /// How it is counted.
    pub aggregation: Aggregation,
    /// What was used, known for that aggregation.
    pub totals: UsageTotals,
}

/// What was used of a metric in its period so far. One consistent query for one page, however many events there are, unless
/// a correction made the largest or the latest unknown: then the pages of the period.
pub async fn usage_totals(context: &Context, metric: Metric<'_>) -> Result<UsageTotals> {
    let log = History::open(context, metric.subscription_id, metric.name, 1).await?;
    used(log, metric).await
}

/// What a subscription used of each metric in the period that runs, in order of their names, of at most `most` metrics. One
/// consistent query for one page for each metric, and one more.
pub async fn usage_by_metric(
    context: &Context,
    subscription: &Subscription,
    most: usize,
) -> Result<Vec<MetricUsage>> {
    let heads = context.usage_heads(subscription.id, most).await?;
    let mut used_by_metric = Vec::with_capacity(heads.len());
    for head in heads.into_iter().rev() {
        let metric_name = head.metric_name.clone();
        let metric = Metric::of(subscription, &metric_name);
        let log = History::from_head(context, subscription.id, &metric_name, head);
        let totals = used(log, metric).await?;
        used_by_metric.push(MetricUsage {
            aggregation: metric.aggregation,
            totals,
            metric_name,
        });
    }
    Ok(used_by_metric)
}

async fn used(mut log: History<'_>, metric: Metric<'_>) -> Result<UsageTotals> {
    let Some(head) = log.head().map(|head| UsagePage::clone(head)) else {
        return Ok(UsageTotals::default());
    };
    // Between the close of a period and the subscription's step to the next one, its totals are those that were closed.
    Ok(log.cut(&head, metric).await?.totals)
}

/// The events of a log, corrections included, the newest first. A page of the log may hold many, so the cursor names a page
/// and a place in it. One consistent query for two pages of the log, until there are enough.
pub async fn list_usage(
    context: &Context,
    subscription_id: Id<ids::Subscription>,
    metric_name: &str,
    request: &PageRequest,
) -> Result<Page<UsageEvent>> {
    let wanted = usize::try_from(request.limit).map_err(Error::internal)?;
    // The page that the cursor names is begun in its middle: after the event that it names.
    let (mut page, mut until) = if let Some(cursor) = &request.after {
        let (seq, index) = read_cursor(cursor)?;
        let page = context.usage_page(subscription_id, metric_name, seq);
        (page.await?, index)
    } else {
        let head = context.usage_pages(subscription_id, metric_name, 1).await?;
        let head = head.into_iter().next();
        (head.map(|head| Arc::new(head.into_inner())), usize::MAX)
    };
    let mut older = VecDeque::new();
    let mut found: Vec<(String, UsageEvent)> = Vec::new();
    while let Some(now) = page {
        let events = now.events.iter().enumerate().take(until).rev();
        found.extend(events.map(|(index, event)| (cursor(now.seq, index), event.clone())));
        until = usize::MAX;
        if found.len() > wanted {
            break;
        }
        if older.is_empty() {
            let pages =
                context.usage_pages_before(subscription_id, metric_name, now.seq, LISTED_PAGES);
            older.extend(pages.await?);
        }
        page = older.pop_front();
    }
    let more = found.len() > wanted;
    found.truncate(wanted);
    let next = found.last().filter(|_| more);
    Ok(Page {
        next: next.map(|(cursor, _)| cursor.clone()),
        items: found.into_iter().map(|(_, event)| event).collect(),
    })
}

/// The place of an event in its log, which never changes.
fn cursor(seq: u64, index: usize) -> String {
    format!("{seq}-{index}")
}

fn read_cursor(text: &str) -> Result<(u64, usize)> {
    let parts = text
        .split_once('-')
        .and_then(|(seq, index)| Some((seq.parse().ok()?, index.parse().ok()?)));
    parts.ok_or_else(|| {
        Error::invalid(
            "?cursor",
            "invalid_cursor",
            "is not a cursor of this list with these filters",
        )
    })
}
