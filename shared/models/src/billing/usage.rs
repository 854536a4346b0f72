//! What a subscription used: for each metric a log of pages, of which the newest carries the totals.
//!
//! # Determinations
//! - A log only grows. An event is never changed: an amendment or a deprecation is an event of its own that names it.
//! - A page is written again until it is *sealed* (full); from then on it never changes, and the next event begins the next
//!   page. Whether a page is sealed is a property of the page, never of what is to be added: everybody who adds to a log
//!   therefore writes the same item at the same time, and all but one of them are refused and try again.
//! - Every page carries the totals of the periods that are open, up to and including itself, so the newest page answers
//!   what was used, however many events there are. A period is named by its start; it is open until it is closed.
//! - An event that belongs to a period that is over or closed is *late*. It counts in the period that runs.
//! - What is reported ahead of its time (a caller's clock may be) counts at its time: a part that ends before that leaves it to
//!   the part that follows, and only the end of a subscription takes it in.
//! - Closing is for one bill, and keeps its totals until the next close: who closes again for that bill gets them, with what
//!   came since where more is to be closed. So a bill whose maker died loses nothing, and no bill has what another one had.
//! - Ids rise along the log. They are unique within it, which is all that a request ever names together with an id.

mod correction;
mod event;
mod page;
mod stored;
mod survey;
mod totals;

pub use correction::{Correction, CorrectionTerms, UsageStanding};
pub use event::{Fingerprint, UsageEvent, UsageKind, UsageReport};
pub use page::{Closing, Cut, Placement, UsagePage, UsageReceipt};
pub use survey::{Scope, Survey, last_use_after, used_ahead};
pub use totals::UsageTotals;

use crate::billing::Subscription;
use crate::choices;

choices! {
    /// How the quantities of a period become one.
    #[derive(Default)]
    pub enum Aggregation {
        /// How many events there were, whatever their quantities.
        Count = "count",
        /// The quantity with the latest timestamp; of two at the same second the one that was received later.
        Latest = "latest",
        /// The largest quantity.
        Max = "max",
        /// All quantities added up.
        #[default]
        Sum = "sum",
        /// How many different values of `unique_value` there were.
        Unique = "unique",
    }
}

impl Aggregation {
    /// Whether what a correction changes can be added to another period: a difference of sums can, another largest value
    /// cannot.
    pub const fn carries_over(self) -> bool {
        match self {
            Self::Sum | Self::Count => true,
            Self::Max | Self::Latest | Self::Unique => false,
        }
    }
}

impl Subscription {
    /// How reports of a metric become one quantity: as the plan's meter says. What no meter counts is added up, so that it
    /// is there where a later plan counts it.
    pub fn aggregation(&self, metric: &str) -> Aggregation {
        self.meters()
            .find(|(_, meter)| meter.metric_name == metric)
            .map_or(Aggregation::Sum, |(_, meter)| meter.aggregation)
    }
}
