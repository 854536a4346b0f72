//! The newest pages of a log of usage, as far back as somebody needs them.

use std::sync::Arc;

use models::billing::{
    Aggregation, Bill, Closing, Cut, Scope, Subscription, Survey, UsagePage, last_use_after,
    used_ahead,
};
use models::ids::{self, Id};
use models::time::Period;
use models::{Error, Result, Timestamp};
use store::Stored;

use crate::Context;
use crate::context::missing_record;

/// How far the caller's clock may be ahead of ours: Stripe's 5 minutes.
pub(crate) const AHEAD_SECONDS: i64 = 300;
/// How far our own clocks may be apart.
const CLOCKS_SECONDS: i64 = 60;
/// Pages of the first query that looks further back; each one after it asks for twice as many.
const FIRST_PAGES: u32 = 8;
/// Pages of one query at the most.
const MAX_PAGES: u32 = 256;

/// What ends with the part of a log that is closed: it says where usage counts that was reported ahead of its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The period: it was put into the next one when it came.
    Period,
    /// A price, within the period: it counts in what follows.
    Price,
    /// The subscription: nothing follows, so it counts in that part.
    Subscription,
}

impl Ending {
    /// What ends with the period that a bill closes.
    pub const fn of(bill: &Bill) -> Self {
        if bill.ends {
            Self::Subscription
        } else {
            Self::Period
        }
    }
}

/// A metric of a subscription: where its log is, and how it is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric<'m> {
    /// Who uses.
    pub subscription_id: Id<ids::Subscription>,
    /// What, by its name.
    pub name: &'m str,
    /// How the quantities of a period become one.
    pub aggregation: Aggregation,
    /// The period that runs, or the one that is to be closed.
    pub period: Period,
    /// What ends with that.
    pub ending: Ending,
    /// The bill that it is closed for.
    pub closing: Closing,
}

impl<'m> Metric<'m> {
    /// A metric of a subscription in the period that runs.
    pub fn of(subscription: &Subscription, name: &'m str) -> Self {
        Self {
            subscription_id: subscription.id,
            name,
            aggregation: subscription.aggregation(name),
            period: subscription.period,
            ending: Ending::Period,
            closing: subscription.closing(),
        }
    }
}

/// How far back the pages are needed.
#[derive(Debug, Clone, Copy)]
enum Reach {
    /// To the last one that received nothing since then.
    Received(Timestamp),
    /// To the last one that knows nothing of that period, and received nothing that was ahead of its time then.
    Period(Period),
}

/// The time that a page must have received something after that is to know what was used after `at`.
const fn received_ahead(at: Timestamp) -> Timestamp {
    at.plus_seconds(-(AHEAD_SECONDS + CLOCKS_SECONDS))
}

impl Reach {
    fn needs(self, page: &UsagePage) -> bool {
        match self {
            Self::Received(since) => page.last_received >= since,
            Self::Period(period) => {
                page.reaches(period) || page.last_received >= received_ahead(period.start)
            }
        }
    }
}

/// A log from its newest page backwards.
#[derive(Debug)]
pub(crate) struct History<'c> {
    context: &'c Context,
    subscription_id: Id<ids::Subscription>,
    metric_name: &'c str,
    head: Option<Stored<UsagePage>>,
    /// The pages before it, the newest first.
    older: Vec<Arc<UsagePage>>,
}

impl<'c> History<'c> {
    /// The newest `most` pages of a log. One consistent query.
    pub(crate) async fn open(
        context: &'c Context,
        subscription_id: Id<ids::Subscription>,
        metric_name: &'c str,
        most: u32,
    ) -> Result<Self> {
        let pages = context.usage_pages(subscription_id, metric_name, most);
        let mut pages = pages.await?.into_iter();
        Ok(Self {
            context,
            subscription_id,
            metric_name,
            head: pages.next(),
            older: pages.map(|page| Arc::new(page.into_inner())).collect(),
        })
    }

    /// A log whose newest page was read already.
    pub(crate) fn from_head(
        context: &'c Context,
        subscription_id: Id<ids::Subscription>,
        metric_name: &'c str,
        head: Stored<UsagePage>,
    ) -> Self {
        Self {
            context,
            subscription_id,
            metric_name,
            head: Some(head),
            older: Vec::new(),
        }
    }

    /// The newest page; `None` where nothing was ever used.
    pub(crate) fn head(&self) -> Option<&Stored<UsagePage>> {
        self.head.as_ref()
    }

    /// The pages that were read, the newest first.
    pub(crate) fn pages(&self) -> impl Iterator<Item = &UsagePage> {
        let head = self.head.iter().map(|head| &**head);
        head.chain(self.older.iter().map(|page| &**page))
    }

    /// The page that takes what comes next, as it was before.
    pub(crate) fn next_page(&self, now: Timestamp) -> UsagePage {
        self.head().map_or_else(
            || UsagePage::first(self.subscription_id, self.metric_name.to_owned(), now),
            |head| head.unsealed(),
        )
    }

    /// Reads on until every page is there that received something since then.
    pub(crate) async fn since(&mut self, since: Timestamp) -> Result<()> {
        self.reach(Reach::Received(since)).await
    }

    async fn reach(&mut self, reach: Reach) -> Result<()> {
        let mut most = FIRST_PAGES;
        while let Some(oldest) = self.pages().last()
            && oldest.seq > 1
            && reach.needs(oldest)
        {
            let before = oldest.seq;
            let older = self.context.usage_pages_before(
                self.subscription_id,
                self.metric_name,
                before,
                most,
            );
            let mut older = older.await?;
            if older.is_empty() {
                return Err(self.gone(before.saturating_sub(1)));
            }
            self.older.append(&mut older);
            most = most.saturating_mul(2).min(MAX_PAGES);
        }
        Ok(())
    }

    /// What is to be billed of a metric, known for its aggregation: where the totals do not tell, its events are read again.
    pub(crate) async fn cut(&mut self, page: &UsagePage, metric: Metric<'_>) -> Result<Cut> {
        let mut cut = page.cut(metric.period, metric.closing)?;
        // What was used in the second in which it was closed, for a bill that was not made, is of that bill, too.
        if cut.done && metric.ending == Ending::Price && page.is_open_from(cut.part.end) {
            let end = cut.part.end.plus_seconds(1);
            let whole = Period {
                end,
                ..metric.period
            };
            cut = page.cut(whole, metric.closing)?;
        }
        // The end of a subscription takes in also what a bill left to what follows and was not made.
        let takes_all = metric.ending == Ending::Subscription;
        if takes_all || (!cut.done && metric.ending == Ending::Price) {
            self.since(received_ahead(cut.part.end)).await?;
            cut = self.cut_within(page, metric, cut)?;
        }
        if !cut.totals.is_known(metric.aggregation) {
            let scope = Scope {
                part: cut.part,
                closed_until: page.closed_until(),
                punctual: true,
            };
            self.survey(page, scope).await?.complete(&mut cut.totals);
        }
        Ok(cut)
    }

    /// As [`UsagePage::cut`], with what was reported ahead of its time where it belongs.
    fn cut_within(&self, page: &UsagePage, metric: Metric<'_>, mut cut: Cut) -> Result<Cut> {
        let pages = || std::iter::once(page).chain(self.before(page));
        if metric.ending == Ending::Price {
            cut.leave(used_ahead(cut.part, page.closed_until(), pages())?)?;
            return Ok(cut);
        }
        let Some(last) = last_use_after(cut.part.end, pages()) else {
            return Ok(cut);
        };
        let whole = Period {
            end: last.plus_seconds(1),
            ..metric.period
        };
        page.cut(whole, metric.closing)
    }

    /// The pages before that one.
    fn before(&self, page: &UsagePage) -> impl Iterator<Item = &UsagePage> {
        let seq = page.seq;
        self.pages().filter(move |older| older.seq < seq)
    }

    /// Completes the totals of `page`, the page that takes what comes next, for that aggregation.
    pub(crate) async fn complete(
        &mut self,
        page: &mut UsagePage,
        aggregation: Aggregation,
    ) -> Result<()> {
        for start in page.unknown(aggregation) {
            // Periods are named by their start, a whole second.
            let end = start.plus_seconds(1);
            let scope = Scope {
                part: Period { start, end },
                closed_until: page.closed_until(),
                punctual: false,
            };
            let survey = self.survey(page, scope).await?;
            page.settle(start, survey);
        }
        Ok(())
    }

    /// Reads the events of a part: those in `page`, and in the pages before it.
    async fn survey(&mut self, page: &UsagePage, scope: Scope) -> Result<Survey> {
        self.reach(Reach::Period(scope.part)).await?;
        let pages = std::iter::once(page).chain(self.before(page));
        Ok(Survey::of(scope, pages))
    }

    /// Writes the page that took what came. `false` where somebody else was faster: read the log again.
    pub(crate) async fn write(&self, page: &UsagePage) -> Result<bool> {
        let mut writes = self.context.writes().await?;
        match self.head() {
            Some(head) if head.seq == page.seq => writes.update(head, page, None)?,
            Some(_) | None => {
                writes.create(page, None)?;
            }
        }
        self.context.write(&writes).await
    }

    /// The page of that number.
    pub(crate) async fn page(&self, seq: u64) -> Result<Arc<UsagePage>> {
        if let Some(head) = self.head().filter(|head| head.seq == seq) {
            return Ok(Arc::new(UsagePage::clone(head)));
        }
        let page = self
            .context
            .usage_page(self.subscription_id, self.metric_name, seq);
        page.await?.ok_or_else(|| self.gone(seq))
    }

    fn gone(&self, seq: u64) -> Error {
        let (metric, id) = (self.metric_name, self.subscription_id);
        missing_record(format_args!("page {seq} of {metric} of {id}"))
    }
}
