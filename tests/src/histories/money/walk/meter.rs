//! What usage costs: each use once, at the price that the subscription had for it at its time.

use std::collections::BTreeSet;

use models::Timestamp;
use models::billing::{
    CreditNote, CreditNoteReason, Invoice, InvoiceStatus, Subscription, SubscriptionStatus,
};

use super::METERED;

/// A moment, and its place among all that happened: what was reported before a change of the same second was used before it.
type Place = (Timestamp, usize);

/// A price from some moment on; `None` where nobody sold it.
struct Price {
    from: Place,
    /// Whether what is of that very second has it, whenever it was reported: so it is where a period ends.
    whole_second: bool,
    amount: Option<i64>,
}

#[derive(Default)]
pub(super) struct Meter {
    uses: Vec<(Place, i64)>,
    prices: Vec<Price>,
    happened: usize,
    last: Option<Subscription>,
    /// Since when a change waits for the end of a period.
    scheduled: Option<Timestamp>,
    /// Since when a change waits to be paid, or is being paid.
    waits: Option<Place>,
    /// Invoices of changes that waited.
    pub(super) waited: BTreeSet<u64>,
    /// Why nothing can be said of what usage costs in the end.
    pub(super) unsure: Option<&'static str>,
}

impl Meter {
    pub(super) fn used(&mut self, at: Timestamp, quantity: i64) {
        self.happened += 1;
        self.uses.push(((at, self.happened), quantity));
    }

    /// Looks at the subscription after something was done to it, by somebody or by itself.
    pub(super) fn look(&mut self, now: Timestamp, stored: &Subscription, by_itself: bool) {
        self.happened += 1;
        let here = (now, self.happened);
        let Some(last) = self.last.replace(stored.clone()) else {
            self.prices.push(Price {
                from: (Timestamp::from_seconds(0), 0),
                whole_second: true,
                amount: price(stored),
            });
            return;
        };
        let told = last.cancel_at_period_end && stored.ended_at == Some(last.period.end);
        let given_up = by_itself && !told;
        let never_began = last.status == SubscriptionStatus::Incomplete;
        if stored.status.is_over() && !last.status.is_over() && (given_up || never_began) {
            self.unsure = Some("it ended without a bill of what was used");
        }
        let update = stored.pending_update.as_ref();
        self.waited
            .extend(update.map(|one| one.invoice_id.number()));
        let waits = stored.pending_update.is_some() || stored.before_update.is_some();
        let scheduled = self.scheduled;
        let waiting = stored.scheduled.as_ref();
        self.scheduled = waiting.map(|_| scheduled.unwrap_or(now));
        let waited = self.waits;
        self.waits = waits.then(|| waited.unwrap_or(here));
        if waits || stored.status.is_over() || price(stored) == price(&last) {
            return;
        }
        let ended = last.period.end;
        let scheduled = scheduled.is_some_and(|since| since < ended);
        let at_period_end = if last.standing() == SubscriptionStatus::Trialing {
            last.paused.is_none()
        } else {
            scheduled && stored.scheduled.is_none()
        };
        let from = if at_period_end {
            (ended, self.happened)
        } else {
            waited.unwrap_or(here)
        };
        self.prices.push(Price {
            from,
            whole_second: at_period_end,
            amount: price(stored),
        });
    }

    fn price_at(&self, used: Place) -> i64 {
        let holds =
            |price: &&Price| price.from < used || (price.whole_second && price.from.0 <= used.0);
        let price = self
            .prices
            .iter()
            .filter(holds)
            .max_by_key(|price| price.from);
        price.and_then(|price| price.amount).unwrap_or(0)
    }

    /// What all that was used costs.
    pub(super) fn cost(&self) -> i64 {
        let uses = self.uses.iter();
        uses.map(|(place, quantity)| quantity * self.price_at(*place))
            .sum()
    }

    /// What was billed for it.
    pub(super) fn billed(&self, invoices: &[Invoice], notes: &[CreditNote]) -> i64 {
        let billed = invoices.iter();
        let billed = billed.filter(|invoice| !self.was_dropped(invoice, notes));
        let lines = billed.flat_map(|invoice| &invoice.lines);
        let usage = lines.filter(|line| line.metric_name.is_some());
        usage.map(|line| line.amount.minor()).sum()
    }

    /// Whether it is of a change that was dropped: what it billed is billed again, and what it gave back was taken back.
    pub(super) fn was_dropped(&self, invoice: &Invoice, notes: &[CreditNote]) -> bool {
        let mut of_it = notes.iter().filter(|note| note.invoice_id == invoice.id);
        let credited = of_it.any(|note| note.reason == Some(CreditNoteReason::OrderChange));
        let dropped = invoice.status == InvoiceStatus::Void || credited;
        dropped && self.waited.contains(&invoice.id.number())
    }
}

/// What a call costs; nothing in a trial.
fn price(subscription: &Subscription) -> Option<i64> {
    if subscription.standing() == SubscriptionStatus::Trialing {
        return None;
    }
    let as_it_was = subscription.before_update.as_deref();
    let items = &as_it_was.unwrap_or(subscription).items;
    let plan = items.first().unwrap().plan_id.to_string();
    METERED
        .iter()
        .find(|(id, _)| *id == plan)
        .map(|(_, amount)| *amount)
}
