//! Corrections of recorded usage: another quantity, or none. What was recorded stays in the log.

use models::billing::{
    Correction, CorrectionTerms, LateUsage, UsageEvent, UsageReceipt, UsageStanding,
};
use models::ids::{self, Id};
use models::{OrNotFound, Result};
use store::Retry;

use crate::Context;
use crate::usage::usage_history::{History, Metric};

/// Corrects an event of a metric's log and returns how it stands then. What stands so already is not written again.
///
/// Errors: 404 where the log has no such event; 409 where the event is a correction itself, where one that was deprecated
/// is amended, and where its period is closed and `late`, or the aggregation, does not let the difference count in the
/// period that runs. One consistent read for each time that the number of pages halves, one for each page between that
/// holds corrections, and one write unit; `max`, `latest` and `unique` read the pages of the period again.
pub async fn correct_usage(
    context: &Context,
    metric: Metric<'_>,
    id: Id<ids::Usage>,
    correction: Correction,
    late: LateUsage,
) -> Result<UsageStanding> {
    let terms = CorrectionTerms {
        period: metric.period,
        aggregation: metric.aggregation,
        late,
    };
    let at = context.now().await?;
    let mut retry = Retry::of("the metric's usage");
    loop {
        let mut log = History::open(context, metric.subscription_id, metric.name, 1).await?;
        let mut standing = standing(&log, id).await?.or_not_found(id)?;
        let mut page = log.next_page(at);
        let id = context.mint().await?;
        let receipt = UsageReceipt { id, at };
        if !page.correct(terms, &mut standing, correction, receipt)? {
            return Ok(standing);
        }
        log.complete(&mut page, metric.aggregation).await?;
        if log.write(&page).await? {
            return Ok(standing);
        }
        retry.again().await?;
    }
}

/// How an event of the log stands; `None` where there is no such event.
async fn standing(log: &History<'_>, id: Id<ids::Usage>) -> Result<Option<UsageStanding>> {
    let Some((seq, event)) = find(log, id).await? else {
        return Ok(None);
    };
    let newest = newest_correction(log, id, seq).await?;
    Ok(Some(UsageStanding::of(event, newest.as_ref())))
}

/// The event and the number of its page. Ids rise along the log, so half of the pages that are left drop out with each read.
async fn find(log: &History<'_>, id: Id<ids::Usage>) -> Result<Option<(u64, UsageEvent)>> {
    let Some(head) = log.head() else {
        return Ok(None);
    };
    let (mut first, mut last) = (1, head.seq);
    while first < last {
        let middle = first.midpoint(last);
        if log.page(middle).await?.last_id >= Some(id) {
            last = middle;
        } else {
            first = middle.saturating_add(1);
        }
    }
    let page = log.page(first).await?;
    Ok(page.event(id).map(|event| (first, event.clone())))
}

/// The newest correction of an event of page `seq`. A page with corrections names the one before it that has some.
async fn newest_correction(
    log: &History<'_>,
    id: Id<ids::Usage>,
    seq: u64,
) -> Result<Option<UsageEvent>> {
    let mut next = log.head().map(|head| head.seq);
    while let Some(number) = next.filter(|number| *number >= seq) {
        let page = log.page(number).await?;
        let found = page
            .events
            .iter()
            .rfind(|event| event.kind.corrects() == Some(id));
        if found.is_some() {
            return Ok(found.cloned());
        }
        next = page.corrections_before;
    }
    Ok(None)
}
