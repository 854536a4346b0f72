//! Changes of a running subscription, and what they cost or give back. The preview of a change is the change itself.

use serde::{Deserialize, Serialize};

use super::{Item, MAX_ITEMS, Proration, Subscription, SubscriptionStatus};
use crate::billing::{Meter, PricingModel};
use crate::choices;
use crate::error::{Error, Result};
use crate::event::EventType;
use crate::time::Timestamp;

/// Lines that may wait for the next invoice.
const MAX_PENDING: usize = 100;

choices! {
    /// What becomes of the part of a period that is left at a change.
    #[derive(Default)]
    pub enum ProrationBehavior {
        /// It is credited and charged on an invoice now.
        AlwaysInvoice = "always_invoice",
        /// It is credited and charged on the next invoice.
        #[default]
        CreateProrations = "create_prorations",
        /// Nothing: the new price counts from the next period on.
        None = "none",
    }
}

choices! {
    /// What becomes of the anchor at a change.
    #[derive(Default)]
    pub enum AnchorChange {
        /// A new period begins with the change.
        Now = "now",
        /// Periods begin when they did, unless their length changes.
        #[default]
        Unchanged = "unchanged",
    }
}

choices! {
    /// When a change takes place.
    #[derive(Default)]
    pub enum Effective {
        /// At once.
        #[default]
        Now = "now",
        /// When the running period ends.
        PeriodEnd = "period_end",
    }
}

/// A change of what is subscribed to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The plans from then on, all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<Vec<Item>>,
    /// What becomes of the part of the period that is left.
    pub proration: ProrationBehavior,
    /// What becomes of the anchor.
    pub anchor: AnchorChange,
    /// The moment that parts are computed for.
    pub at: Timestamp,
}

impl Change {
    /// Whether periods go on as they are.
    pub(super) fn keeps_cycle(&self, subscription: &Subscription) -> Result<bool> {
        let Some(item) = self.items.as_ref().and_then(|items| items.first()) else {
            return Ok(true);
        };
        Ok(item.price.same_cycle(&subscription.main()?.price))
    }
}

/// Errors where plans cannot be in one subscription: they name the plan by its place.
pub fn check_items(items: &[Item]) -> Result<()> {
    let Some(first) = items.first() else {
        return Err(Error::invalid(
            "/items",
            "required",
            "must name at least one plan",
        ));
    };
    if items.len() > MAX_ITEMS {
        let detail = format!("must be at most {MAX_ITEMS}");
        return Err(Error::invalid("/items", "too_many", detail));
    }
    let mut metrics = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let refuse = |code, detail: &str| {
            Err(Error::invalid(
                format!("/items/{index}/plan_id"),
                code,
                detail,
            ))
        };
        if item.price.currency != first.price.currency {
            return refuse(
                "currency_mismatch",
                "is in another currency than the first plan",
            );
        }
        if !item.price.same_cycle(&first.price) {
            return refuse(
                "interval_mismatch",
                "has another interval than the first plan",
            );
        }
        let earlier = items.iter().take(index);
        if earlier.clone().any(|other| other.plan_id == item.plan_id) {
            return refuse("duplicate_plan", "is there twice; use its quantity");
        }
        for meter in &item.price.meters {
            if metrics.contains(&&meter.metric_name) {
                return refuse(
                    "duplicate_metric",
                    "counts a metric that another plan counts",
                );
            }
            metrics.push(&meter.metric_name);
        }
    }
    Ok(())
}

impl Subscription {
    /// Changes what is subscribed to, at once. The readings are those of [`Subscription::meters_closed_by`] it.
    ///
    /// During a trial, and in a pause after the period has ended, nothing is charged yet, so nothing is prorated. A change of the
    /// period's length begins a new period, which is billed at once, as in Stripe.
    pub fn change(&mut self, change: Change, proration: &mut Proration<'_>) -> Result<()> {
        self.refuse_unchangeable()?;
        let restarts = change.anchor == AnchorChange::Now || !change.keeps_cycle(self)?;
        let (at, behavior) = (change.at, change.proration);
        let items = change.items.unwrap_or_else(|| self.items.clone());
        check_items(&items)?;
        self.same_currency(&items)?;
        self.change_scheduled(&items)?;
        if self.is_metered() {
            let used = self.metered_until(proration.now);
            let usage = self.usage_lines(used, proration.readings)?;
            self.pending_lines.extend(usage);
        }
        if !self.is_charged(proration.now) {
            return self.change_uncharged(items);
        }
        if restarts && self.paused.is_some() {
            return Err(self.wrong_status("given a new period before it is resumed"));
        }
        self.check_moment(at)?;
        let before = self.items.clone();
        for (item, successor) in replaced(&before, &items) {
            match behavior {
                ProrationBehavior::None => self.hand_over(item, successor),
                ProrationBehavior::CreateProrations | ProrationBehavior::AlwaysInvoice => {
                    self.give_back(item, at, proration)?;
                }
            }
        }
        if restarts && behavior != ProrationBehavior::None {
            for item in before.iter().filter(|item| items.contains(item)) {
                self.give_back(item, at, proration)?;
            }
        }
        self.items = items;
        if restarts {
            self.begin_period_at(at)?;
            self.charge_period()?;
        } else if behavior != ProrationBehavior::None {
            self.prorated_until = Some(at);
            for item in self.items.clone() {
                if !before.contains(&item) {
                    self.charge_rest(&item, at, proration.unit)?;
                }
            }
        }
        if restarts || behavior == ProrationBehavior::AlwaysInvoice {
            self.bill_at_once(proration.now, EventType::SubscriptionUpdated);
            return Ok(());
        }
        self.revision = self.revision.saturating_add(1);
        self.refuse_too_many_lines()
    }

    /// Nothing was charged for what it has: other plans take its place. What waits for the start is worked out again.
    fn change_uncharged(&mut self, items: Vec<Item>) -> Result<()> {
        self.items = items;
        // What was counted up to now was closed under this revision, once.
        self.revision = self.revision.saturating_add(1);
        let waits_for_start = self.status == SubscriptionStatus::Paused && self.paused.is_none();
        if waits_for_start && !self.pending_lines.is_empty() {
            self.pending_lines = self.stub_lines()?;
        }
        Ok(())
    }

    /// What waits is billed at once, where anything does.
    pub(super) fn bill_at_once(&mut self, now: Timestamp, tells: EventType) {
        self.revision = self.revision.saturating_add(1);
        if !self.pending_lines.is_empty() {
            self.owe(now, tells);
        }
    }

    /// A change is worked out for a moment of the running period, and not for one before the last change.
    fn check_moment(&self, at: Timestamp) -> Result<()> {
        let out_of_range = |detail| Err(Error::invalid("/proration_date", "out_of_range", detail));
        if !self.period.contains(at) {
            return out_of_range(format!(
                "must be in the running period, from {} to before {}",
                self.period.start, self.period.end
            ));
        }
        match self.prorated_until {
            Some(until) if at < until => out_of_range(format!(
                "must not be before {until}, when the last change was"
            )),
            Some(_) | None => Ok(()),
        }
    }

    fn refuse_too_many_lines(&self) -> Result<()> {
        if self.pending_lines.len() <= MAX_PENDING {
            return Ok(());
        }
        let detail = format!(
            "{MAX_PENDING} lines of subscription {} wait for its next invoice already; change it with proration_behavior \
             always_invoice",
            self.id
        );
        Err(Error::conflict("too_many_pending_lines", detail))
    }

    /// A change that waits for the end of the period goes on waiting where only quantities change, and has them, too. A 409
    /// where the plans change: what is to become of it only the caller knows.
    fn change_scheduled(&mut self, items: &[Item]) -> Result<()> {
        let Some(mut planned) = self
            .scheduled
            .as_ref()
            .and_then(|change| change.items.clone())
        else {
            return Ok(());
        };
        let same_plans = items.len() == self.items.len()
            && self
                .items
                .iter()
                .zip(items)
                .all(|(old, new)| old.plan_id == new.plan_id && old.version == new.version);
        if !same_plans {
            return Err(self.already_scheduled("drop that with scheduled_change null first"));
        }
        let successors: Vec<_> = replaced_by_plan(&self.items, &planned)
            .into_iter()
            .zip(items)
            .filter(|((old, _), new)| old.quantity != new.quantity)
            .map(|((_, place), new)| (place, new.quantity))
            .collect();
        for (place, quantity) in successors {
            let Some(item) = place.and_then(|place| planned.get_mut(place)) else {
                continue;
            };
            if item.price.charge.model == PricingModel::Flat && quantity > 1 {
                let detail = format!("{} has no quantity", item.plan_id);
                return Err(self.already_scheduled(&detail));
            }
            item.quantity = quantity;
        }
        if let Some(scheduled) = &mut self.scheduled {
            scheduled.items = Some(planned);
        }
        Ok(())
    }

    fn already_scheduled(&self, why: &str) -> Error {
        let detail = format!(
            "a change of subscription {} waits for the end of its period: {why}",
            self.id
        );
        Error::conflict("change_already_scheduled", detail)
    }

    /// The metrics whose counting ends with a change: all where a new period begins, else those that the new plans do not count,
    /// or not at that price. And those that only the new plans count: what was used of them before is nobody's.
    pub fn meters_closed_by(&self, change: &Change) -> Result<Vec<String>> {
        if !self.is_metered() {
            return Ok(Vec::new());
        }
        let items = change.items.as_deref().unwrap_or(&self.items);
        let counted = self.metrics();
        let begun = items.iter().flat_map(|item| &item.price.meters);
        let begun = begun
            .map(|meter| meter.metric_name.clone())
            .filter(|name| !counted.contains(name));
        let mut begun: Vec<String> = begun.collect();
        begun.sort_unstable();
        begun.dedup();
        if change.anchor == AnchorChange::Now || !change.keeps_cycle(self)? {
            return Ok(counted.into_iter().chain(begun).collect());
        }
        let kept = |meter: &Meter| {
            let mut meters = items.iter().flat_map(|item| &item.price.meters);
            meters.any(|other| other.counts_as(meter))
        };
        Ok(self
            .meters()
            .filter(|(_, meter)| !kept(meter))
            .map(|(_, meter)| meter.metric_name.clone())
            .chain(begun)
            .collect())
    }

    /// Changes what is subscribed to when the running period ends; in a pause after that, when it is resumed.
    pub fn schedule(&mut self, change: Change, now: Timestamp) -> Result<()> {
        self.refuse_unchangeable()?;
        if let Some(pause) = &mut self.paused {
            pause.settled |= now >= self.period.end;
        }
        if let Some(items) = &change.items {
            check_items(items)?;
            self.same_currency(items)?;
        }
        self.scheduled = Some(change);
        Ok(())
    }

    fn refuse_unchangeable(&self) -> Result<()> {
        self.refuse_if_over()?;
        self.refuse_if_scheduled("changed")?;
        self.refuse_while_pending()?;
        if self.status == SubscriptionStatus::Incomplete || self.bill_now.is_some() {
            return Err(self.wrong_status("changed before its invoice is paid"));
        }
        Ok(())
    }

    fn same_currency(&self, items: &[Item]) -> Result<()> {
        let currency = self.currency()?;
        if items.iter().any(|item| item.price.currency != currency) {
            let detail = format!("is not in {currency}, the currency of the subscription");
            return Err(Error::invalid("/plan_id", "currency_mismatch", detail));
        }
        Ok(())
    }

    /// Ends it now. `prorate` gives back what was charged for the part of the period that is left; the readings are those of all
    /// its meters.
    ///
    /// What is owed or given back then is billed at once. Errors where it has ended.
    pub fn cancel_now(&mut self, prorate: bool, proration: &mut Proration<'_>) -> Result<()> {
        self.refuse_if_over()?;
        let now = proration.now;
        if self.schedule.is_some() {
            // What its rows are owed for has not begun, or was paid for by them.
            self.end(now);
            return Ok(());
        }
        let metered = self.is_metered();
        if metered {
            let usage = self.usage_lines(self.metered_until(now), proration.readings)?;
            self.pending_lines.extend(usage);
        } else {
            self.pending_lines.clear();
        }
        if prorate && self.is_charged(now) && self.period.contains(now) {
            for item in self.items.clone() {
                self.give_back(&item, now, proration)?;
            }
        }
        self.end(now);
        self.scheduled = None;
        self.bill_at_once(now, EventType::SubscriptionCanceled);
        Ok(())
    }

    /// Puts the running period of all plans on the pending lines.
    pub(super) fn charge_period(&mut self) -> Result<()> {
        for item in self.items.iter().filter(|item| item.is_charged()) {
            let line = self.item_line(item, self.period, None)?;
            self.pending_lines.push(line);
        }
        Ok(())
    }
}

/// Each plan that changes or goes, and what takes its place: the same plan at another price or quantity, or the next of the new
/// ones.
fn replaced<'i>(before: &'i [Item], after: &'i [Item]) -> Vec<(&'i Item, Option<&'i Item>)> {
    let successors = replaced_by_plan(before, after).into_iter();
    successors
        .map(|(item, place)| (item, place.and_then(|place| after.get(place))))
        .filter(|(item, _)| !after.contains(item))
        .collect()
}

/// The place among the new plans of what each of the old ones becomes.
fn replaced_by_plan<'i>(before: &'i [Item], after: &[Item]) -> Vec<(&'i Item, Option<usize>)> {
    let of_plan =
        |items: &[Item], item: &Item| items.iter().position(|other| other.plan_id == item.plan_id);
    let mut new: Vec<usize> = (0..after.len())
        .filter(|place| {
            after
                .get(*place)
                .is_some_and(|item| of_plan(before, item).is_none())
        })
        .rev()
        .collect();
    before
        .iter()
        .map(|item| (item, of_plan(after, item).or_else(|| new.pop())))
        .collect()
}
