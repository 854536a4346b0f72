//! Changes of a running subscription, and what they cost or give back. The preview of a change is the change itself.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Item, MAX_ITEMS, Reading, Subscription, SubscriptionStatus};
use crate::billing::{Basis, Fraction, LineItem, ProrationUnit};
use crate::error::{Error, Result};
use crate::event::EventType;
use crate::time::{Period, Timestamp};

/// Lines that may wait for the next invoice; more are billed at once.
const MAX_PENDING: usize = 20;

/// What becomes of the part of a period that is left at a change.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProrationBehavior {
    /// It is credited and charged on the next invoice.
    #[default]
    CreateProrations,
    /// It is credited and charged on an invoice now.
    AlwaysInvoice,
    /// Nothing: the new price counts from the next period on.
    None,
}

impl ProrationBehavior {
    /// All behaviours in their wire spelling.
    pub const ALL: &'static [(&'static str, Self)] = &[
        ("always_invoice", Self::AlwaysInvoice),
        ("create_prorations", Self::CreateProrations),
        ("none", Self::None),
    ];
}

/// What becomes of the anchor at a change.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnchorChange {
    /// Periods begin when they did, unless their length changes.
    #[default]
    Unchanged,
    /// A new period begins with the change.
    Now,
}

impl AnchorChange {
    /// All of them in their wire spelling.
    pub const ALL: &'static [(&'static str, Self)] =
        &[("now", Self::Now), ("unchanged", Self::Unchanged)];
}

/// When a change takes place.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Effective {
    /// At once.
    #[default]
    Now,
    /// When the running period ends.
    PeriodEnd,
}

impl Effective {
    /// All of them in their wire spelling.
    pub const ALL: &'static [(&'static str, Self)] =
        &[("now", Self::Now), ("period_end", Self::PeriodEnd)];
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
    /// Changes what is subscribed to, at once. `readings` are those of [`Subscription::meters_closed_by`] it.
    ///
    /// During a trial and a pause nothing is charged yet, so nothing is prorated. A change of the period's length begins a
    /// new period, which is billed at once, as in Stripe.
    pub fn change(
        &mut self,
        change: Change,
        unit: ProrationUnit,
        readings: &[Reading],
        now: Timestamp,
    ) -> Result<()> {
        self.refuse_unchangeable()?;
        self.scheduled = None;
        let keeps_cycle = change.keeps_cycle(self)?;
        let items = change.items.unwrap_or_else(|| self.items.clone());
        check_items(&items)?;
        self.same_currency(&items)?;
        if matches!(
            self.status,
            SubscriptionStatus::Trialing | SubscriptionStatus::Paused
        ) {
            self.items = items;
            return Ok(());
        }
        if !self.period.contains(change.at) {
            let detail = format!(
                "must be in the running period, from {} to before {}",
                self.period.start, self.period.end
            );
            return Err(Error::invalid("/proration_date", "out_of_range", detail));
        }
        let restarts = change.anchor == AnchorChange::Now || !keeps_cycle;
        let left = Fraction::left(self.period, change.at, unit, &self.zone)?;
        let until = self.period.end;
        let gone = self.usage_lines(self.period_until(change.at), readings)?;
        self.pending_lines.extend(gone);
        if change.proration != ProrationBehavior::None {
            for item in self
                .items
                .iter()
                .filter(|item| restarts || !items.contains(item))
            {
                if let Some(line) = self.credit_line(item, left, change.at, until)? {
                    self.pending_lines.push(line);
                }
            }
        }
        let before = std::mem::replace(&mut self.items, items);
        if restarts {
            self.begin_period_at(change.at)?;
            self.charge_period()?;
        } else if change.proration != ProrationBehavior::None {
            for item in self.items.iter().filter(|item| !before.contains(item)) {
                if let Some(line) = self.rest_line(item, left, change.at, until)? {
                    self.pending_lines.push(line);
                }
            }
        }
        self.revision = self.revision.saturating_add(1);
        let at_once = restarts
            || change.proration == ProrationBehavior::AlwaysInvoice
            || self.pending_lines.len() > MAX_PENDING;
        if at_once && !self.pending_lines.is_empty() {
            self.owe(now, EventType::SubscriptionUpdated);
        }
        Ok(())
    }

    /// The metrics whose usage a change bills: all where a new period begins, else those that the new plans do not count.
    pub fn meters_closed_by(&self, change: &Change) -> Result<Vec<String>> {
        if matches!(
            self.status,
            SubscriptionStatus::Trialing | SubscriptionStatus::Paused
        ) {
            return Ok(Vec::new());
        }
        if change.anchor == AnchorChange::Now || !change.keeps_cycle(self)? {
            return Ok(self.metrics());
        }
        let items = change.items.as_deref().unwrap_or(&self.items);
        let kept = |metric: &str| {
            let mut meters = items.iter().flat_map(|item| &item.price.meters);
            meters.any(|meter| meter.metric_name == metric)
        };
        let mut metrics = self.metrics();
        metrics.retain(|metric| !kept(metric));
        Ok(metrics)
    }

    /// Changes what is subscribed to when the running period ends.
    pub fn schedule(&mut self, change: Change) -> Result<()> {
        self.refuse_unchangeable()?;
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

    /// Ends it now. `prorate` gives back the part of the period that is left; `readings` are those of all its meters.
    ///
    /// What is owed or given back then is billed at once. Errors where it has ended.
    pub fn cancel_now(
        &mut self,
        prorate: bool,
        unit: ProrationUnit,
        readings: &[Reading],
        now: Timestamp,
    ) -> Result<()> {
        self.refuse_if_over()?;
        if self.schedule.is_some() {
            // What its rows are owed for has not begun, or was paid for by them.
            self.end(now);
            return Ok(());
        }
        let charged = matches!(
            self.status,
            SubscriptionStatus::Active | SubscriptionStatus::PastDue | SubscriptionStatus::Unpaid
        );
        if charged {
            let usage = self.usage_lines(self.period_until(now), readings)?;
            self.pending_lines.extend(usage);
        }
        if charged && prorate && self.period.contains(now) {
            let left = Fraction::left(self.period, now, unit, &self.zone)?;
            for item in self.items.clone() {
                if let Some(line) = self.credit_line(&item, left, now, self.period.end)? {
                    self.pending_lines.push(line);
                }
            }
        }
        self.end(now);
        self.scheduled = None;
        self.revision = self.revision.saturating_add(1);
        if charged && !self.pending_lines.is_empty() {
            self.owe(now, EventType::SubscriptionCanceled);
        }
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

    /// What is given back of a plan for the rest of the period.
    fn credit_line(
        &self,
        item: &Item,
        left: Fraction,
        at: Timestamp,
        until: Timestamp,
    ) -> Result<Option<LineItem>> {
        let basis = Basis {
            charge: item.price.charge.clone(),
            fraction: Some(left),
            discounted: self.discounted,
            credit: true,
            events: 0,
        };
        let description = format!(
            "Unused time on {} after {}",
            item.price.name,
            self.zone.date(at)?
        );
        part_line(
            item,
            basis,
            description,
            Period {
                start: at,
                end: until,
            },
        )
    }

    /// What is charged for a plan for the rest of the period.
    fn rest_line(
        &self,
        item: &Item,
        left: Fraction,
        at: Timestamp,
        until: Timestamp,
    ) -> Result<Option<LineItem>> {
        let basis = Basis {
            charge: item.price.charge.clone(),
            fraction: Some(left),
            ..Basis::default()
        };
        let description = format!(
            "Remaining time on {} after {}",
            item.price.name,
            self.zone.date(at)?
        );
        part_line(
            item,
            basis,
            description,
            Period {
                start: at,
                end: until,
            },
        )
    }
}

/// A line for a part of a period; none for a plan that costs nothing in advance.
fn part_line(
    item: &Item,
    basis: Basis,
    description: String,
    period: Period,
) -> Result<Option<LineItem>> {
    if item.price.charge.is_free() {
        return Ok(None);
    }
    let quantity = Decimal::from(item.quantity);
    let line = LineItem::new(description, quantity, basis, item.price.currency)?;
    Ok(Some(item.mark(line, period)))
}
