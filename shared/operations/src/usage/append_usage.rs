//! Reports for one metric are added to its log: those that are new as events, all together in one write.

use models::billing::{LateUsage, UsageEvent, UsageReceipt, UsageReport};
use models::ids::{self, Id};
use models::{Error, Result, Timestamp};
use store::Retry;

use crate::Context;
use crate::usage::usage_history::{History, Metric};
use crate::usage::usage_verdict::{Verdict, accepted};

/// Pages of the first query where earlier keys are looked for: four small ones cost what one costs.
const KEYED_PAGES: u32 = 4;

/// One report of a request.
#[derive(Debug, Clone)]
pub struct ReportedUsage {
    /// Who used.
    pub subscription_id: Id<ids::Subscription>,
    /// What.
    pub metric_name: String,
    /// How much and when.
    pub report: UsageReport,
    /// JSON pointer of the object that it was read from, `""` or `/events/3`: errors name its fields.
    pub pointer: String,
}

/// What became of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedUsage {
    /// The event that it is.
    pub event: UsageEvent,
    /// Whether it was there already, by an earlier report with the same key.
    pub duplicate: bool,
}

/// Adds reports for one metric to its log and returns what became of each, in their order.
///
/// Errors: 400 where a report has the key of another one, lacks the `unique_value` that the aggregation counts, or is late
/// and `late` refuses that; then nothing is written.
pub async fn append_usage(
    context: &Context,
    metric: Metric<'_>,
    reports: &[ReportedUsage],
    late: LateUsage,
) -> Result<Vec<RecordedUsage>> {
    let rows: Vec<(usize, &ReportedUsage)> = reports.iter().enumerate().collect();
    let log = open_log(context, metric.subscription_id, metric.name, &rows).await?;
    let now = context.now().await?;
    let mut appending = Appending {
        context,
        metric,
        rows,
        late,
        now,
        log,
    };
    let verdicts = accepted(appending.judge().await?)?;
    let recorded = appending.write(verdicts).await?;
    Ok(recorded.into_iter().map(|(_, recorded)| recorded).collect())
}

/// The newest pages of the log that these reports are for.
pub(crate) async fn open_log<'c>(
    context: &'c Context,
    subscription_id: Id<ids::Subscription>,
    metric_name: &'c str,
    rows: &[(usize, &ReportedUsage)],
) -> Result<History<'c>> {
    let keyed = rows.iter().any(|(_, row)| row.report.key.is_some());
    let most = if keyed { KEYED_PAGES } else { 1 };
    History::open(context, subscription_id, metric_name, most).await
}

/// Reports on their way into one log.
#[derive(Debug)]
pub(crate) struct Appending<'c> {
    pub(crate) context: &'c Context,
    pub(crate) metric: Metric<'c>,
    /// The reports, with their places in the request.
    pub(crate) rows: Vec<(usize, &'c ReportedUsage)>,
    pub(crate) late: LateUsage,
    pub(crate) now: Timestamp,
    pub(crate) log: History<'c>,
}

impl Appending<'_> {
    /// Writes what is new and returns what became of each report, with its place in the request.
    pub(crate) async fn write(
        mut self,
        mut verdicts: Vec<Verdict>,
    ) -> Result<Vec<(usize, RecordedUsage)>> {
        let mut retry = Retry::of("the metric's usage");
        loop {
            let mut page = self.log.next_page(self.now);
            let before = page.events.len();
            for ((_, row), verdict) in self.rows.iter().zip(&verdicts) {
                if let Verdict::New = verdict {
                    let (id, at) = (self.context.mint().await?, self.now);
                    page.record(self.metric.period, &row.report, UsageReceipt { id, at })?;
                }
            }
            let written = if page.events.len() == before {
                true
            } else {
                let aggregation = self.metric.aggregation;
                self.log.complete(&mut page, aggregation).await?;
                self.log.write(&page).await?
            };
            if written {
                return self.outcomes(verdicts, page.events.split_off(before));
            }
            retry.again().await?;
            let (id, name) = (self.metric.subscription_id, self.metric.name);
            self.log = open_log(self.context, id, name, &self.rows).await?;
            verdicts = accepted(self.judge().await?)?;
        }
    }

    /// What became of each report, where `new` are the events that were written.
    fn outcomes(
        &self,
        verdicts: Vec<Verdict>,
        new: Vec<UsageEvent>,
    ) -> Result<Vec<(usize, RecordedUsage)>> {
        let mut new = new.into_iter();
        let mut outcomes: Vec<(usize, RecordedUsage)> = Vec::with_capacity(verdicts.len());
        for ((place, _), verdict) in self.rows.iter().zip(verdicts) {
            let duplicate = !matches!(verdict, Verdict::New);
            let event = match verdict {
                Verdict::New => new.next(),
                Verdict::Known(event) => Some(event),
                Verdict::Again(index) => outcomes.get(index).map(|(_, r)| r.event.clone()),
            };
            let event = event.ok_or_else(|| Error::internal("a report without its event"))?;
            outcomes.push((*place, RecordedUsage { event, duplicate }));
        }
        Ok(outcomes)
    }
}
