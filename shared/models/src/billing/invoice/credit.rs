//! Crediting an invoice: what of it is owed no longer, and where the money goes that had been paid for it.
//!
//! # Determinations
//! - An open invoice, or one that was given up, owes less first, and is paid as soon as nothing is left to pay. What is beyond
//!   that, and all that is credited of a paid one, goes back: to the card, to the customer's balance, or elsewhere. What the
//!   caller does not say goes to the balance.
//! - A line is credited up to its net amount: after its share of the discount, before the taxes that come on top. A line that
//!   gives something back is credited below zero: that takes it back.
//! - The tax of a note is the tax on all that has been credited, less what the notes before had of it (Lago). So the last one
//!   takes the remainder of the rounding, and the notes of an invoice have the tax of the invoice.
//! - An amount of the total takes the same proportion of what is left of every line and of every tax on top of them.
//! - Units of a line are worth their share of it; what was rounded off one comes with the next.

use std::cmp::Ordering;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Invoice, InvoiceStatus};
use crate::billing::totals::{Spread, nets};
use crate::billing::{
    CreditNoteLine, LineItem, TaxAmount, Taxable, exclusive_total, rates_of, taxes,
};
use crate::error::{Error, Invalid, Result};
use crate::money::Money;
use crate::time::Timestamp;

/// What credit notes have taken off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credited {
    /// In all.
    pub total: Money,
    /// While it was still owed: that much less is to be paid.
    pub before_payment: Money,
    /// By line, before tax that comes on top.
    pub lines: Vec<Money>,
    /// By rate of tax, in the invoice's order.
    pub taxes: Vec<Money>,
    /// Units by line, where units were credited.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quantities: Vec<Decimal>,
}

/// How much of a line is credited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// All that is left of it.
    Rest,
    /// Some of its units.
    Quantity(Decimal),
    /// Minor units of its net amount, with the line's sign.
    Amount(i64),
}

/// What of an invoice is credited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Crediting {
    /// Lines, by their place from 0.
    Lines(Vec<(usize, Part)>),
    /// Minor units of the total.
    Amount(i64),
}

/// Where the money goes that had been paid for what is credited, in minor units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GivenBack {
    /// Back the way it came; nothing where it is absent.
    pub refund: Option<i64>,
    /// To the customer's balance; what is left where it is absent.
    pub balance: Option<i64>,
    /// Settled elsewhere; nothing where it is absent.
    pub out_of_band: Option<i64>,
}

/// What was credited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credit {
    /// For what.
    pub lines: Vec<CreditNoteLine>,
    /// Each rate's tax.
    pub taxes: Vec<TaxAmount>,
    /// In all.
    pub total: Money,
    /// What of it was still owed.
    pub before_payment: Money,
    /// What of it goes back the way it came.
    pub refund: Money,
    /// What of it the customer's balance gets.
    pub balance: Money,
    /// What of it is settled elsewhere.
    pub out_of_band: Money,
}

impl Invoice {
    /// Takes something off it. Errors, and is unchanged, where it is neither owed nor paid, where a payment is being processed,
    /// where nothing is left, and where more is wanted than is left; the last names the fields of the request.
    pub fn credit(&mut self, what: &Crediting, back: GivenBack, now: Timestamp) -> Result<Credit> {
        if !self.status.is_payable() && self.status != InvoiceStatus::Paid {
            return Err(self.wrong_status("credited"));
        }
        self.refuse_while_processing()?;
        let left = Left::of(self)?;
        if left.total.minor() <= 0 {
            let detail = format!("nothing of invoice {} is left to be credited", self.id);
            return Err(Error::conflict("nothing_to_credit", detail));
        }
        let share = match what {
            Crediting::Lines(parts) => left.take_lines(parts)?,
            Crediting::Amount(minor) => left.take_amount(Money::new(*minor, self.currency))?,
        };
        let owed = if self.status.is_payable() {
            self.amount_remaining()?.minor().max(0)
        } else {
            0
        };
        let before = Money::new(share.total.minor().min(owed), self.currency);
        let (refund, balance, out_of_band) = back.split(share.total.minus(before)?)?;
        let credit = Credit {
            lines: share.note_lines(self),
            taxes: share.taxes.clone(),
            total: share.total,
            before_payment: before,
            refund,
            balance,
            out_of_band,
        };
        let credited = left.less(&share, before)?;
        self.credited = Some(credited);
        self.settle(now)?;
        if self.status == InvoiceStatus::Paid {
            self.refused = None;
        }
        Ok(credit)
    }
}

impl GivenBack {
    /// Refund, balance and elsewhere: together `after`, which had been paid.
    fn split(self, after: Money) -> Result<(Money, Money, Money)> {
        let money = |minor: Option<i64>| Money::new(minor.unwrap_or(0), after.currency());
        let (refund, out_of_band) = (money(self.refund), money(self.out_of_band));
        let beyond = |pointer: &'static str, left: Money| {
            let detail = format!(
                "must be at most {}: no more of what is credited had been paid",
                left.minor()
            );
            Error::invalid(pointer, "exceeds_paid", detail)
        };
        let left = after.minus(refund)?;
        if left.minor() < 0 {
            return Err(beyond("/refund_amount", after));
        }
        let rest = left.minus(out_of_band)?;
        if rest.minor() < 0 {
            return Err(beyond("/out_of_band_amount", left));
        }
        if self.balance.is_some_and(|balance| balance != rest.minor()) {
            let detail = format!(
                "must be {}: with refund_amount and out_of_band_amount it is what had been paid of what is credited",
                rest.minor()
            );
            return Err(Error::invalid("/credit_amount", "wrong_sum", detail));
        }
        Ok((refund, rest, out_of_band))
    }
}

/// What a note takes.
struct Share {
    lines: Vec<Money>,
    quantities: Vec<Option<Decimal>>,
    taxes: Vec<TaxAmount>,
    total: Money,
}

impl Share {
    fn note_lines(&self, invoice: &Invoice) -> Vec<CreditNoteLine> {
        let parts = self.lines.iter().zip(&self.quantities);
        let lines = invoice.lines.iter().zip(parts).enumerate();
        lines
            .filter(|(_, (_, (amount, _)))| !amount.is_zero())
            .map(|(line, (item, (amount, quantity)))| CreditNoteLine {
                line,
                description: item.description.clone(),
                quantity: *quantity,
                amount: *amount,
            })
            .collect()
    }
}

/// What can still be credited of an invoice.
struct Left<'a> {
    invoice: &'a Invoice,
    /// Each line less its share of the discount.
    nets: Vec<Money>,
    credited: Credited,
    total: Money,
}

impl<'a> Left<'a> {
    fn of(invoice: &'a Invoice) -> Result<Self> {
        let zero = Money::zero(invoice.currency);
        let mut credited = invoice.credited.clone().unwrap_or_else(|| Credited {
            total: zero,
            before_payment: zero,
            lines: vec![zero; invoice.lines.len()],
            taxes: vec![zero; invoice.taxes.len()],
            quantities: Vec::new(),
        });
        credited
            .quantities
            .resize(invoice.lines.len(), Decimal::ZERO);
        Ok(Self {
            invoice,
            nets: nets(&invoice.lines, invoice.discount_amount())?,
            total: invoice.total()?.minus(credited.total)?,
            credited,
        })
    }

    /// What is left of each line.
    fn lines(&self) -> Result<Vec<Money>> {
        self.nets
            .iter()
            .zip(&self.credited.lines)
            .map(|(net, credited)| net.minus(*credited))
            .collect()
    }

    /// Parts of lines, with the taxes that follow.
    fn take_lines(&self, parts: &[(usize, Part)]) -> Result<Share> {
        let zero = Money::zero(self.invoice.currency);
        let mut lines = vec![zero; self.nets.len()];
        let mut quantities = vec![None; self.nets.len()];
        let mut invalid = Invalid::default();
        for (index, (line, part)) in parts.iter().enumerate() {
            let slots = (lines.get_mut(*line), quantities.get_mut(*line));
            let (Some(amount), Some(quantity), Some(item)) = (slots.0, slots.1, self.line(*line)?)
            else {
                let pointer = format!("/lines/{index}/line_item_id");
                invalid.push(pointer, "not_found", "is no line of the invoice");
                continue;
            };
            if !amount.is_zero() {
                let pointer = format!("/lines/{index}/line_item_id");
                invalid.push(pointer, "duplicate", "must be named once");
                continue;
            }
            match item.take(*part)? {
                Ok((taken, units)) => (*amount, *quantity) = (taken, units),
                Err((field, code, detail)) => {
                    invalid.push(format!("/lines/{index}/{field}"), code, detail);
                }
            }
        }
        invalid.into_result()?;
        let taxes = self.taxes(&lines)?;
        let currency = self.invoice.currency;
        let total = lines
            .iter()
            .try_fold(exclusive_total(currency, &taxes)?, |sum, line| {
                sum.plus(*line)
            })?;
        let share = Share {
            lines,
            quantities,
            taxes,
            total,
        };
        self.check("/lines", total)?;
        Ok(share)
    }

    /// The same proportion of everything that is left.
    fn take_amount(&self, amount: Money) -> Result<Share> {
        self.check("/amount", amount)?;
        let mut spread = Spread::new(amount, self.total);
        let lines = self
            .lines()?
            .into_iter()
            .map(|left| spread.share(left))
            .collect::<Result<Vec<_>>>()?;
        let mut taxes = self.taxes(&lines)?;
        let before = self.invoice.taxes.iter().zip(&self.credited.taxes);
        for (tax, (whole, credited)) in taxes.iter_mut().zip(before) {
            if !tax.rate.inclusive {
                tax.amount = spread.share(whole.amount.minus(*credited)?)?;
            }
        }
        Ok(Share {
            quantities: vec![None; lines.len()],
            lines,
            taxes,
            total: amount,
        })
    }

    /// Errors unless a note can come to that.
    fn check(&self, pointer: &'static str, total: Money) -> Result<()> {
        if total.minor() <= 0 {
            let detail = format!(
                "comes to {}, and a credit note to more than 0",
                total.minor()
            );
            return Err(Error::invalid(pointer, "out_of_range", detail));
        }
        if total.minor() > self.total.minor() {
            let detail = format!(
                "comes to {}, and only {} of the invoice is left to be credited",
                total.minor(),
                self.total.minor()
            );
            return Err(Error::invalid(pointer, "exceeds_creditable", detail));
        }
        Ok(())
    }

    /// The taxes of a note that credits `lines`.
    fn taxes(&self, lines: &[Money]) -> Result<Vec<TaxAmount>> {
        let after = self
            .credited
            .lines
            .iter()
            .zip(lines)
            .map(|(before, now)| before.plus(*now))
            .collect::<Result<Vec<_>>>()?;
        let whole = after == self.nets;
        let (then, now) = (self.taxes_on(&self.credited.lines)?, self.taxes_on(&after)?);
        let direction = self.taxes_on(lines)?;
        let mut notes = Vec::with_capacity(now.len());
        for (index, tax) in now.into_iter().enumerate() {
            let of = |taxes: &[TaxAmount], part: fn(&TaxAmount) -> Money| {
                taxes.get(index).map(part).ok_or_else(out_of_step)
            };
            let credited = *self.credited.taxes.get(index).ok_or_else(out_of_step)?;
            let mut amount = tax.amount.minus(credited)?;
            // Where an amount was credited before, a tax may be a minor unit away from its lines: it waits for its lines, and
            // never goes back.
            let along = of(&direction, |tax| tax.base)?.minor();
            if !whole && amount.minor().signum() != along.signum() {
                amount = Money::zero(amount.currency());
            }
            notes.push(TaxAmount {
                base: tax.base.minus(of(&then, |tax| tax.base)?)?,
                amount,
                rate: tax.rate,
            });
        }
        Ok(notes)
    }

    /// The taxes on that much of each line, in the invoice's order.
    fn taxes_on(&self, lines: &[Money]) -> Result<Vec<TaxAmount>> {
        let items = self.invoice.lines.iter().zip(lines);
        let taxable: Vec<Taxable> = items
            .map(|(item, amount)| Taxable {
                amount: *amount,
                rates: rates_of(item, &self.invoice.rates),
            })
            .collect();
        taxes(self.invoice.currency, &taxable)
    }

    fn line(&self, index: usize) -> Result<Option<LineLeft<'a>>> {
        let (Some(item), Some(net), Some(credited), Some(units)) = (
            self.invoice.lines.get(index),
            self.nets.get(index),
            self.credited.lines.get(index),
            self.credited.quantities.get(index),
        ) else {
            return Ok(None);
        };
        Ok(Some(LineLeft {
            item,
            net: *net,
            left: net.minus(*credited)?,
            units: *units,
        }))
    }

    /// What was credited, with a note more.
    fn less(self, share: &Share, before_payment: Money) -> Result<Credited> {
        let mut credited = self.credited;
        credited.total = credited.total.plus(share.total)?;
        credited.before_payment = credited.before_payment.plus(before_payment)?;
        for (sum, line) in credited.lines.iter_mut().zip(&share.lines) {
            *sum = sum.plus(*line)?;
        }
        for (sum, tax) in credited.taxes.iter_mut().zip(&share.taxes) {
            *sum = sum.plus(tax.amount)?;
        }
        for (sum, units) in credited.quantities.iter_mut().zip(&share.quantities) {
            *sum += units.unwrap_or_default();
        }
        if credited.quantities.iter().all(Decimal::is_zero) {
            credited.quantities.clear();
        }
        Ok(credited)
    }
}

/// One line, and what is left of it.
struct LineLeft<'a> {
    item: &'a LineItem,
    net: Money,
    left: Money,
    /// Units that were credited before.
    units: Decimal,
}

/// The field of a part that is wrong, with code and detail.
type Wrong = (&'static str, &'static str, String);

impl LineLeft<'_> {
    /// The amount of a part, and its units where it is told by them.
    fn take(&self, part: Part) -> Result<Result<(Money, Option<Decimal>), Wrong>> {
        let (field, amount, units) = match part {
            // All of a line of which nothing was credited is all of its units.
            Part::Rest => {
                let untouched = self.left == self.net;
                let units = untouched.then_some(self.item.quantity);
                ("line_item_id", self.left, units)
            }
            Part::Amount(minor) => ("amount", Money::new(minor, self.net.currency()), None),
            Part::Quantity(quantity) => {
                let left = self.item.quantity - self.units;
                if quantity > left {
                    let detail = format!("must be at most {}", left.normalize());
                    return Ok(Err(("quantity", "exceeds_creditable", detail)));
                }
                ("quantity", self.worth(quantity)?, Some(quantity))
            }
        };
        let (taken, left) = (amount.minor(), self.left.minor());
        let fits = match left.cmp(&0) {
            Ordering::Greater => (1..=left).contains(&taken),
            Ordering::Less => (left..=-1).contains(&taken),
            Ordering::Equal => false,
        };
        if fits {
            return Ok(Ok((amount, units)));
        }
        let detail = match left.cmp(&0) {
            Ordering::Equal => "has nothing left to be credited".to_owned(),
            Ordering::Greater => format!("comes to {taken}, which must be from 1 to {left}"),
            Ordering::Less => format!("comes to {taken}, which must be from {left} to -1"),
        };
        Ok(Err((field, "exceeds_creditable", detail)))
    }

    /// What the next `quantity` units are worth.
    fn worth(&self, quantity: Decimal) -> Result<Money> {
        let whole = self.item.quantity;
        let upto = self.net.share(self.units + quantity, whole)?;
        upto.minus(self.net.share(self.units, whole)?)
    }
}

fn out_of_step() -> Error {
    Error::internal("an invoice whose credited taxes are not its taxes")
}

#[cfg(test)]
mod tests;
