//! Reports of usage: each is one event of the log of its metric, and a report that comes twice is one event.

use std::collections::BTreeMap;
use std::future::Future;

use futures::future::{join_all, try_join4};
use models::billing::Subscription;
use models::ids::{self, Id};
use models::{Error, Invalid, OrNotFound, Result, Timestamp};

use crate::Context;
use crate::usage::append_usage::{Appending, RecordedUsage, ReportedUsage, open_log};
use crate::usage::usage_history::{AHEAD_SECONDS, Metric};
use crate::usage::usage_verdict::accepted;

/// How old a report may be: Stripe's 35 days.
const OLDEST_SECONDS: i64 = 35 * 86_400;
/// Logs that are read or written at the same time.
const AT_ONCE: usize = 16;

type Subscriptions = BTreeMap<u64, Subscription>;

/// Records reports, for any metrics of any subscriptions, and returns what became of each, in their order.
///
/// Everything is checked before anything is written: 404 or 409 for the first report whose subscription is unknown or has
/// ended, then 400 with every report whose time is out of range, then 400 with every report that its log refuses (see
/// [`append_usage`](crate::append_usage())). Then each log is written for itself. Who dies in between sends the same again:
/// what has a key counts once.
///
/// A consistent read for each subscription, a consistent query for each log, and a write unit for each log and kilobyte.
/// A report with a key reads the pages of the last 24 hours: in a log of up to four small ones that is the same query.
pub async fn record_usage(
    context: &Context,
    reports: &[ReportedUsage],
) -> Result<Vec<RecordedUsage>> {
    let logs = by_log(reports);
    let mut opening = Vec::new();
    for ((number, name), rows) in &logs {
        opening.push(open_log(context, Id::new(*number)?, name, rows));
    }
    let (now, settings, subscriptions, opened) = try_join4(
        context.now(),
        context.billing_settings(),
        subscriptions(context, reports),
        in_turns(opening),
    )
    .await?;
    check_subscriptions(reports, &subscriptions, now)?;
    check_times(reports, &subscriptions, now)?;

    let mut appending = Vec::new();
    for (((number, name), rows), log) in logs.into_iter().zip(opened) {
        let subscription = subscriptions.get(&number);
        let subscription = subscription.ok_or_else(|| Error::internal("it was there"))?;
        appending.push(Appending {
            context,
            metric: Metric::of(subscription, name),
            rows,
            late: settings.late_usage,
            now,
            log,
        });
    }
    let judged = in_turns(appending.iter_mut().map(Appending::judge).collect()).await?;
    let (verdicts, wrong): (Vec<_>, Vec<_>) = judged.into_iter().unzip();
    accepted((Vec::new(), wrong.into_iter().flatten().collect()))?;

    let mut writing = Vec::new();
    for (appending, verdicts) in appending.into_iter().zip(verdicts) {
        writing.push(appending.write(verdicts));
    }
    let mut recorded: Vec<_> = in_turns(writing).await?.into_iter().flatten().collect();
    recorded.sort_by_key(|(place, _)| *place);
    Ok(recorded.into_iter().map(|(_, recorded)| recorded).collect())
}

type Logs<'r> = BTreeMap<(u64, &'r str), Vec<(usize, &'r ReportedUsage)>>;

/// The reports of each log, with their places in the request.
fn by_log(reports: &[ReportedUsage]) -> Logs<'_> {
    let mut logs = Logs::new();
    for (place, row) in reports.iter().enumerate() {
        let log = (row.subscription_id.number(), row.metric_name.as_str());
        logs.entry(log).or_default().push((place, row));
    }
    logs
}

/// Does a few at a time, and all of them even where one fails: what can be written is.
async fn in_turns<T>(work: Vec<impl Future<Output = Result<T>>>) -> Result<Vec<T>> {
    let mut done = Vec::with_capacity(work.len());
    let mut work = work.into_iter();
    loop {
        let turn: Vec<_> = work.by_ref().take(AT_ONCE).collect();
        if turn.is_empty() {
            return done.into_iter().collect();
        }
        done.extend(join_all(turn).await);
    }
}

/// The subscriptions that the reports name, as they are at this moment.
async fn subscriptions(context: &Context, reports: &[ReportedUsage]) -> Result<Subscriptions> {
    let mut ids: Vec<Id<ids::Subscription>> = reports.iter().map(|r| r.subscription_id).collect();
    ids.sort();
    ids.dedup();
    let reading = ids.into_iter().map(|id| context.find_now(id));
    let found = in_turns(reading.collect()).await?;
    let found = found.into_iter().flatten();
    Ok(found
        .map(|stored| (stored.id.number(), stored.into_inner()))
        .collect())
}

fn check_subscriptions(
    reports: &[ReportedUsage],
    subscriptions: &Subscriptions,
    now: Timestamp,
) -> Result<()> {
    for row in reports {
        let id = row.subscription_id;
        let pointer = format!("{}/subscription_id", row.pointer);
        let subscription = subscriptions.get(&id.number()).or_no_such(id, pointer)?;
        refuse_ended(subscription)?;
        let ends = subscription.ends_at().filter(|end| *end <= now);
        if row.report.timestamp.is_none() && ends.is_some() {
            return Err(ended(subscription));
        }
    }
    Ok(())
}

/// A 409 where the subscription has ended: nothing will ever bill what is reported now.
pub fn refuse_ended(subscription: &Subscription) -> Result<()> {
    if subscription.status.is_over() {
        return Err(ended(subscription));
    }
    Ok(())
}

fn ended(subscription: &Subscription) -> Error {
    let detail = format!("subscription {} has ended", subscription.id);
    Error::conflict("subscription_ended", detail)
}

fn check_times(
    reports: &[ReportedUsage],
    subscriptions: &Subscriptions,
    now: Timestamp,
) -> Result<()> {
    let range = now.plus_seconds(-OLDEST_SECONDS)..=now.plus_seconds(AHEAD_SECONDS);
    let mut invalid = Invalid::default();
    for row in reports {
        let at = row.report.timestamp.unwrap_or(now);
        let Some(subscription) = subscriptions.get(&row.subscription_id.number()) else {
            continue;
        };
        let started = subscription.started.whole_second();
        let detail = if row.report.timestamp.is_some() && !range.contains(&at) {
            "must be at most 35 days ago and 5 minutes ahead".to_owned()
        } else if at < started {
            format!("must not be before {started}, when the subscription began")
        } else if let Some(end) = subscription.ends_at().filter(|end| at >= *end) {
            format!("must be before {end}, when the subscription ends")
        } else {
            continue;
        };
        invalid.push(format!("{}/timestamp", row.pointer), "out_of_range", detail);
    }
    invalid.into_result()
}
