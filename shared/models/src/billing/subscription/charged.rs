//! What was charged for the running period, and how parts of it are given back.
//!
//! # Determinations
//! - A credit is a part of a line that was billed: of its net amount, with the taxes it had, and never more than is left of it.
//!   What the subscription costs by now says nothing of what was paid.
//! - A line that still waits for its invoice is not credited but shortened: nobody was charged for it.
//! - A plan that takes the place of another one without a charge of its own has what was charged for that one.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Bill, Item, MAX_ITEMS, Outcome, Reading, Subscription};
use crate::billing::{
    Basis, BilledLine, Charge, Fraction, Invoice, LineItem, NewInvoice, ProrationUnit, TaxBehavior,
};
use crate::error::{Error, Result};
use crate::ids::{self, Id, Slug};
use crate::time::{Period, Timestamp};

/// A line that charges a plan until the end of the running period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChargedLine {
    /// The plan that it is for by now.
    pub plan_id: Slug<ids::Plan>,
    /// The plan that it was charged for, where that is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charged_as: Option<ChargedAs>,
    /// From when on it charges, where that is not the period's start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// Until when, where that is not the period's end: a new period has begun meanwhile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// The invoice that it is on; none while it waits for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice_id: Option<Id<ids::Invoice>>,
    /// Its place on that, from 0.
    #[serde(default, skip_serializing_if = "is_first")]
    pub line: usize,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over a reference"
)]
const fn is_first(line: &usize) -> bool {
    *line == 0
}

/// The plan that a line was charged for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChargedAs {
    /// Which.
    pub plan_id: Slug<ids::Plan>,
    /// What invoices call it.
    pub name: String,
}

impl ChargedLine {
    /// The plan that the line names.
    fn named(&self) -> &Slug<ids::Plan> {
        self.charged_as
            .as_ref()
            .map_or(&self.plan_id, |plan| &plan.plan_id)
    }
}

/// What a change or an end of a subscription is worked out with.
#[derive(Debug)]
pub struct Proration<'a> {
    /// The moment at which it is made.
    pub now: Timestamp,
    /// By the second or by the day.
    pub unit: ProrationUnit,
    /// What the meters counted that are billed with it.
    pub readings: &'a [Reading],
    /// The invoices that charged for the running period, see [`Subscription::charging_invoices`]. They keep count of what is
    /// given back of them, so those that changed are to be written with the subscription.
    pub invoices: &'a mut [Invoice],
}

impl Subscription {
    /// The invoices of whose lines a part may be given back: at most one a plan.
    pub fn charging_invoices(&self) -> Vec<Id<ids::Invoice>> {
        let mut ids: Vec<_> = self
            .charged
            .iter()
            .filter_map(|line| line.invoice_id)
            .collect();
        ids.sort();
        ids.dedup();
        ids
    }

    /// The interval that a whole charge for the running period is for: longer than the period where that is the time before a
    /// chosen anchor.
    pub(super) fn whole_interval(&self) -> Result<Period> {
        if self.period.end > self.anchor {
            return Ok(self.period);
        }
        let price = &self.main()?.price;
        Ok(Period {
            start: price
                .interval
                .before(self.period.end, price.interval_count, &self.zone)?,
            end: self.period.end,
        })
    }

    /// Gives back what was charged for a plan from `at` on.
    pub(super) fn give_back(
        &mut self,
        item: &Item,
        at: Timestamp,
        proration: &mut Proration<'_>,
    ) -> Result<()> {
        let (charged, kept) = std::mem::take(&mut self.charged)
            .into_iter()
            .partition(|line| line.plan_id == item.plan_id);
        self.charged = kept;
        for line in charged {
            match line.invoice_id {
                None => self.shorten(&line, at, proration.unit)?,
                Some(id) => {
                    let credit = self.credit_of(&line, id, (item, at), proration)?;
                    self.pending_lines.extend(credit);
                }
            }
        }
        Ok(())
    }

    /// Ends a line at `at` that waits for its invoice; it goes where nothing is left of it.
    fn shorten(&mut self, charged: &ChargedLine, at: Timestamp, unit: ProrationUnit) -> Result<()> {
        let from = charged.from.unwrap_or(self.period.start);
        let end = self.period.end;
        let waits = |line: &LineItem| {
            line.plan_id.as_ref() == Some(charged.named())
                && line.is_advance()
                && line.period == Some(Period { start: from, end })
        };
        let Some(place) = self.pending_lines.iter().position(waits) else {
            return Ok(());
        };
        let line = self.pending_lines.remove(place);
        let used = Period {
            start: from,
            end: at.max(from),
        };
        let part = Fraction::of_period(used, self.whole_interval()?, unit, &self.zone)?;
        if part.part > 0 {
            let basis = Basis {
                fraction: Some(part),
                ..line.basis
            };
            let currency = line.amount.currency();
            let amounts = LineItem::new(line.description, line.quantity, basis, currency)?;
            let line = LineItem {
                description: amounts.description,
                amount: amounts.amount,
                basis: amounts.basis,
                period: Some(used),
                quantity: amounts.quantity,
                plan_id: line.plan_id,
                metric_name: line.metric_name,
                tax_behavior: line.tax_behavior,
                rates: line.rates,
            };
            self.pending_lines.insert(place, line);
        }
        Ok(())
    }

    /// The credit of a line from `at` on; none where nothing of it is left.
    fn credit_of(
        &self,
        charged: &ChargedLine,
        invoice_id: Id<ids::Invoice>,
        (item, at): (&Item, Timestamp),
        proration: &mut Proration<'_>,
    ) -> Result<Option<LineItem>> {
        let end = charged.until.unwrap_or(self.period.end);
        if at >= end {
            return Ok(None);
        }
        let whole = Period {
            start: charged.from.unwrap_or(self.period.start),
            end,
        };
        let rest = Period { start: at, end };
        let part = Fraction::of_period(rest, whole, proration.unit, &self.zone)?;
        let invoices = &mut proration.invoices;
        let Some(invoice) = invoices.iter_mut().find(|one| one.id == invoice_id) else {
            return Ok(None);
        };
        let quantity = match invoice.lines.get(charged.line) {
            Some(line) if line.is_advance() && line.plan_id.as_ref() == Some(charged.named()) => {
                line.quantity
            }
            Some(_) | None => return Ok(None),
        };
        let Some(unused) = invoice.give_back_unused(charged.line, part)? else {
            return Ok(None);
        };
        let basis = Basis {
            charge: Charge::flat(unused.net.decimal()),
            fraction: Some(part),
            credit: true,
            billed: Some(BilledLine {
                invoice_id,
                line: charged.line,
                left: unused.left,
            }),
            ..Basis::default()
        };
        let name = charged.charged_as.as_ref().map(|plan| &plan.name);
        let name = name.unwrap_or(&item.price.name);
        let description = format!("Unused time on {name} after {}", self.zone.date(at)?);
        let line = LineItem::new(description, quantity, basis, unused.net.currency())?;
        if line.amount.minor() != unused.amount.minor().saturating_neg() {
            return Err(Error::internal("a credit that is not what was given back"));
        }
        Ok(Some(LineItem {
            plan_id: Some(charged.named().clone()),
            period: Some(rest),
            // The rates say themselves whether the amount contains them.
            tax_behavior: TaxBehavior::Unspecified,
            rates: Some(unused.rates),
            ..line
        }))
    }

    /// Charges a plan from `at` to the end of the period, on the next invoice.
    pub(super) fn charge_rest(
        &mut self,
        item: &Item,
        at: Timestamp,
        unit: ProrationUnit,
    ) -> Result<()> {
        if item.price.charge.is_free() {
            return Ok(());
        }
        let rest = Period {
            start: at,
            end: self.period.end,
        };
        let part = Fraction::of_period(rest, self.whole_interval()?, unit, &self.zone)?;
        let basis = Basis {
            charge: item.price.charge.clone(),
            fraction: Some(part),
            ..Basis::default()
        };
        let date = self.zone.date(at)?;
        let description = format!("Remaining time on {} after {date}", item.price.name);
        let quantity = Decimal::from(item.quantity);
        let line = LineItem::new(description, quantity, basis, item.price.currency)?;
        self.pending_lines.push(item.mark(line, rest));
        self.charged.push(ChargedLine {
            plan_id: item.plan_id.clone(),
            charged_as: None,
            from: (at > self.period.start).then_some(at),
            until: None,
            invoice_id: None,
            line: 0,
        });
        Ok(())
    }

    /// A line was given back, and the invoice that did that is void: it charges again until its end, for the plan that took the
    /// place of its own.
    pub fn charge_again(&mut self, invoice: &Invoice, line: usize, now: Timestamp) {
        let Some(item) = invoice.lines.get(line) else {
            return;
        };
        let period = item.period.unwrap_or(invoice.period);
        let mut known = self.charged.iter();
        let known = known.any(|one| one.invoice_id == Some(invoice.id) && one.line == line);
        let (Some(plan_id), false) = (&item.plan_id, known || period.end <= now) else {
            return;
        };
        let same = self.items.iter().find(|one| one.plan_id == *plan_id);
        let Some(target) = same.or_else(|| self.items.first()) else {
            return;
        };
        let other = ChargedAs {
            plan_id: plan_id.clone(),
            name: plan_id.to_string(),
        };
        self.charged.push(ChargedLine {
            plan_id: target.plan_id.clone(),
            charged_as: Some(other).filter(|_| target.plan_id != *plan_id),
            from: Some(period.start).filter(|start| *start != self.period.start),
            until: Some(period.end).filter(|end| *end != self.period.end),
            invoice_id: Some(invoice.id),
            line,
        });
        // Of more invoices than it can have plans, the oldest charges for good: no write has room for all of them.
        let charging = self.charging_invoices();
        if let Some(oldest) = charging.first().filter(|_| charging.len() > MAX_ITEMS) {
            let oldest = Some(*oldest);
            self.charged.retain(|one| one.invoice_id != oldest);
        }
    }

    /// Another plan takes the place of one, without a charge of its own; nothing is kept of one whose place stays empty.
    pub(super) fn hand_over(&mut self, from: &Item, to: Option<&Item>) {
        let Some(to) = to else {
            self.charged.retain(|line| line.plan_id != from.plan_id);
            return;
        };
        for line in &mut self.charged {
            if line.plan_id == from.plan_id {
                let own = ChargedAs {
                    plan_id: from.plan_id.clone(),
                    name: from.price.name.clone(),
                };
                let origin = line.charged_as.take().unwrap_or(own);
                line.charged_as = Some(origin).filter(|plan| plan.plan_id != to.plan_id);
                line.plan_id = to.plan_id.clone();
            }
        }
    }

    /// Keeps which lines of a new invoice charge for the running period.
    pub(super) fn keep_charged(&mut self, bill: &Bill, outcome: Outcome, new: Option<&NewInvoice>) {
        if bill.moves_to.is_some() {
            self.charged.clear();
        }
        let waiting = std::mem::take(&mut self.charged);
        let (mut waiting, kept): (Vec<_>, Vec<_>) = waiting
            .into_iter()
            .partition(|line| line.invoice_id.is_none());
        self.charged = kept;
        let (Some(new), Some(id)) = (new, outcome.invoice) else {
            return;
        };
        for (place, line) in new.lines.iter().enumerate() {
            let period = line.period.unwrap_or(new.period);
            let running = period.end == self.period.end && period.start >= self.period.start;
            let Some(plan_id) = line
                .plan_id
                .as_ref()
                .filter(|_| running && line.is_advance())
            else {
                continue;
            };
            let from = Some(period.start).filter(|start| *start > self.period.start);
            let known = waiting
                .iter()
                .position(|charged| charged.named() == plan_id && charged.from == from)
                .map(|place| waiting.swap_remove(place));
            let had = self.items.iter().any(|item| item.plan_id == *plan_id);
            let charged = known.or_else(|| {
                had.then(|| ChargedLine {
                    plan_id: plan_id.clone(),
                    charged_as: None,
                    from,
                    until: None,
                    invoice_id: None,
                    line: 0,
                })
            });
            self.charged.extend(charged.map(|charged| ChargedLine {
                invoice_id: Some(id),
                line: place,
                ..charged
            }));
        }
    }
}
