//! What a report of usage is: new, or one that was there before; and what is wrong with it.

use std::collections::{HashMap, HashSet};

use models::billing::{Aggregation, Fingerprint, LateUsage, UsageEvent, UsagePage, UsageReport};
use models::{FieldError, Invalid, Result};

use crate::usage::append_usage::Appending;

/// For how long a second report with the same key is the same report.
const KEY_SECONDS: i64 = 86_400;
/// A field, a code and a sentence: why a report is refused.
type Refusal = (&'static str, &'static str, &'static str);

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

impl Appending<'_> {
    /// Says of each report what it is. Reads the pages of the last 24 hours where one has a key.
    pub(crate) async fn judge(&mut self) -> Result<Judged> {
        let keys = self.rows.iter().filter_map(|(_, row)| row.report.key);
        let keys: HashSet<Fingerprint> = keys.collect();
        let since = self.now.plus_seconds(-KEY_SECONDS);
        if !keys.is_empty() {
            self.log.since(since).await?;
        }
        let events = self.log.pages().flat_map(|page| &page.events);
        let recent = events.filter(|event| event.created >= since);
        let known: HashMap<Fingerprint, &UsageEvent> = recent
            .filter_map(|event| Some((event.key.filter(|key| keys.contains(key))?, event)))
            .collect();
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
                let error = FieldError {
                    pointer: format!("{}/{field}", row.pointer),
                    code,
                    detail: detail.to_owned(),
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
    fn refusal(&self, page: &UsagePage, report: &UsageReport) -> Option<Refusal> {
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
}
