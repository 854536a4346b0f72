//! Reports for one metric are added to its log: those that are new as events, all together in one write.

use std::collections::{HashMap, HashSet};

use models::billing::{
    Aggregation, Fingerprint, LateUsage, UsageEvent, UsagePage, UsageReceipt, UsageReport,
};
use models::ids::{self, Id};
use models::{Error, FieldError, Invalid, Result, Timestamp};

use crate::Context;
use crate::usage_history::{History, MAX_TRIES, Metric, busy};

/// For how long a second report with the same key is the same report.
const KEY_SECONDS: i64 = 86_400;
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

/// What a report is, before anything is written.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// A new event.
    New,
    /// This event of the log.
    Known(UsageEvent),
    /// What the report at this place before it is.
    Again(usize),
}

/// The verdict on each report, and what is wrong with which.
pub(crate) type Judged = (Vec<Verdict>, Vec<(usize, FieldError)>);

/// The verdicts, where nothing is wrong. Errors are in the order of the reports.
pub(crate) fn accepted((verdicts, mut wrong): Judged) -> Result<Vec<Verdict>> {
    wrong.sort_by_key(|(place, _)| *place);
    let fields = wrong.into_iter().map(|(_, field)| field).collect();
    Invalid { fields }.into_result()?;
    Ok(verdicts)
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
    /// Says of each report what it is. Reads the pages of the last 24 hours where one has a key.
    pub(crate) async fn judge(&mut self) -> Result<Judged> {
        let since = self.now.plus_seconds(-KEY_SECONDS);
        let keys: HashSet<Fingerprint> = self
            .rows
            .iter()
            .filter_map(|(_, row)| row.report.key)
            .collect();
        let mut known = HashMap::new();
        if !keys.is_empty() {
            self.log.since(since).await?;
            let events = self.log.pages().flat_map(|page| &page.events);
            let recent = events.filter(|event| event.created >= since);
            for event in recent {
                if let Some(key) = event.key.filter(|key| keys.contains(key)) {
                    known.insert(key, event);
                }
            }
        }
        let page = self.log.next_page(self.now);
        let mut first = HashMap::new();
        let (mut verdicts, mut wrong) = (Vec::new(), Vec::new());
        for (index, (place, row)) in self.rows.iter().enumerate() {
            let verdict = self.verdict(index, &known, &mut first);
            let refused = match &verdict {
                Some(Verdict::New) => self.refusal(&page, &row.report),
                Some(Verdict::Known(_) | Verdict::Again(_)) => None,
                None => Some((
                    "idempotency_key",
                    "idempotency_key_reused",
                    "was used for another report of this metric in the last 24 hours",
                )),
            };
            if let Some((field, code, detail)) = refused {
                let pointer = format!("{}/{field}", row.pointer);
                let detail = detail.to_owned();
                let error = FieldError {
                    pointer,
                    code,
                    detail,
                };
                wrong.push((*place, error));
            }
            verdicts.push(verdict.unwrap_or(Verdict::New));
        }
        Ok((verdicts, wrong))
    }

    /// What the report at `index` is; `None` where its key is that of another report.
    fn verdict(
        &self,
        index: usize,
        known: &HashMap<Fingerprint, &UsageEvent>,
        first: &mut HashMap<Fingerprint, usize>,
    ) -> Option<Verdict> {
        let (_, row) = self.rows.get(index)?;
        let Some(key) = row.report.key else {
            return Some(Verdict::New);
        };
        if let Some(event) = known.get(&key) {
            let same = row.report.is_that_of(event);
            return same.then(|| Verdict::Known((*event).clone()));
        }
        let earlier = *first.entry(key).or_insert(index);
        if earlier == index {
            return Some(Verdict::New);
        }
        let (_, before) = self.rows.get(earlier)?;
        let same = row.report.repeats(&before.report, self.now);
        same.then_some(Verdict::Again(earlier))
    }

    /// Why a new report is refused.
    fn refusal(
        &self,
        page: &UsagePage,
        report: &UsageReport,
    ) -> Option<(&'static str, &'static str, &'static str)> {
        let at = report.timestamp.unwrap_or(self.now);
        if self.late == LateUsage::Reject && page.place(self.metric.period, at).late {
            return Some(("timestamp", "period_closed", "is in a period that is over"));
        }
        if self.metric.aggregation == Aggregation::Unique && report.unique_value.is_none() {
            let detail = "is required: this metric counts different values";
            return Some(("unique_value", "required", detail));
        }
        None
    }

    /// Writes what is new and returns what became of each report, with its place in the request.
    pub(crate) async fn write(
        mut self,
        mut verdicts: Vec<Verdict>,
    ) -> Result<Vec<(usize, RecordedUsage)>> {
        for attempt in 0..MAX_TRIES {
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
                self.log.write(&mut page).await?
            };
            if written {
                return self.outcomes(verdicts, page.events.split_off(before));
            }
            self.context.make_way(attempt).await;
            let (id, name) = (self.metric.subscription_id, self.metric.name);
            self.log = open_log(self.context, id, name, &self.rows).await?;
            verdicts = accepted(self.judge().await?)?;
        }
        Err(busy())
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
