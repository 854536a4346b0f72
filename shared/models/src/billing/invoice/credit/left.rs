//! What can still be credited of an invoice, and what a note takes of that.

use std::cmp::Ordering;

use rust_decimal::Decimal;

use super::{Credited, Part};
use crate::billing::totals::{Spread, nets};
use crate::billing::{
    CreditNoteLine, Invoice, LineItem, TaxAmount, Taxable, exclusive_total, rates_of, taxes,
};
use crate::error::{Error, Invalid, Result};
use crate::money::Money;

/// What a note takes.
pub(super) struct Share {
    lines: Vec<Money>,
    quantities: Vec<Option<Decimal>>,
    /// Each rate's tax.
    pub(super) taxes: Vec<TaxAmount>,
    /// In all.
    pub(super) total: Money,
}

impl Share {
    /// What the note says of each line.
    pub(super) fn note_lines(&self, invoice: &Invoice) -> Vec<CreditNoteLine> {
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
pub(in crate::billing::invoice) struct Left<'a> {
    invoice: &'a Invoice,
    /// Each line less its share of the discount.
    pub(in crate::billing::invoice) nets: Vec<Money>,
    credited: Credited,
    /// In all.
    pub(in crate::billing::invoice) total: Money,
}

impl<'a> Left<'a> {
    /// What is left of `invoice`.
    pub(in crate::billing::invoice) fn of(invoice: &'a Invoice) -> Result<Self> {
        let zero = Money::zero(invoice.currency);
        let mut credited = invoice.credited.clone().unwrap_or_else(|| Credited {
            total: zero,
            before_payment: zero,
            lines: vec![zero; invoice.lines.len()],
            taxes: vec![zero; invoice.taxes.len()],
            quantities: Vec::new(),
            refunds: None,
            unused: None,
        });
        credited
            .quantities
            .resize(invoice.lines.len(), Decimal::ZERO);
        Ok(Self {
            invoice,
            nets: nets(&invoice.lines, invoice.discount_amount())?,
            total: invoice
                .total()?
                .minus(credited.total)?
                .minus(credited.unused.unwrap_or(zero))?,
            credited,
        })
    }

    /// What is left of each line.
    pub(in crate::billing::invoice) fn lines(&self) -> Result<Vec<Money>> {
        self.nets
            .iter()
            .zip(&self.credited.lines)
            .map(|(net, credited)| net.minus(*credited))
            .collect()
    }

    /// Parts of lines, with the taxes that follow.
    pub(super) fn take_lines(&self, parts: &[(usize, Part)]) -> Result<Share> {
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
        let share = self.share(lines, quantities)?;
        self.check("/lines", share.total)?;
        Ok(share)
    }

    /// The same proportion of everything that is left.
    pub(super) fn take_amount(&self, amount: Money) -> Result<Share> {
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
    pub(super) fn less(
        self,
        share: &Share,
        before_payment: Money,
        refund: Money,
    ) -> Result<Credited> {
        let zero = Money::zero(self.invoice.currency);
        let mut credited = self.with(share)?;
        credited.total = credited.total.plus(share.total)?;
        credited.before_payment = credited.before_payment.plus(before_payment)?;
        let refunds = credited.refunds.unwrap_or(zero).plus(refund)?;
        credited.refunds = Some(refunds).filter(|refunds| !refunds.is_zero());
        Ok(credited)
    }

    /// What was credited, with an amount of a line more that a later invoice gives back.
    pub(in crate::billing::invoice) fn less_unused(
        self,
        line: usize,
        amount: Money,
    ) -> Result<Credited> {
        let zero = Money::zero(self.invoice.currency);
        let share = self.share_of_line(line, amount)?;
        let mut credited = self.with(&share)?;
        credited.unused = Some(credited.unused.unwrap_or(zero).plus(share.total)?);
        Ok(credited)
    }

    /// A part of a line with the taxes that come on top of it.
    pub(in crate::billing::invoice) fn with_taxes(
        &self,
        line: usize,
        amount: Money,
    ) -> Result<Money> {
        let share = self.share_of_line(line, amount)?;
        // Who gives it back works its taxes out anew, without what notes before it rounded.
        let anew = exclusive_total(self.invoice.currency, &self.taxes_on(&share.lines)?)?;
        let anew = amount.plus(anew)?;
        Ok(Money::new(
            share.total.minor().max(anew.minor()),
            self.invoice.currency,
        ))
    }

    fn share_of_line(&self, line: usize, amount: Money) -> Result<Share> {
        let zero = Money::zero(self.invoice.currency);
        let place = |(index, _): (usize, &Money)| if index == line { amount } else { zero };
        let lines: Vec<Money> = self.nets.iter().enumerate().map(place).collect();
        self.share(lines, vec![None; self.nets.len()])
    }

    /// The lines and the taxes that were credited, with those of `share`.
    fn with(self, share: &Share) -> Result<Credited> {
        let mut credited = self.credited;
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

    /// Amounts of lines with the taxes on them.
    fn share(&self, lines: Vec<Money>, quantities: Vec<Option<Decimal>>) -> Result<Share> {
        let taxes = self.taxes(&lines)?;
        let currency = self.invoice.currency;
        let total = lines
            .iter()
            .try_fold(exclusive_total(currency, &taxes)?, |sum, line| {
                sum.plus(*line)
            })?;
        Ok(Share {
            lines,
            quantities,
            taxes,
            total,
        })
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
