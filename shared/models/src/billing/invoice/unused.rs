//! What an invoice charged for time that is not used, as it is given back on a later invoice.
//!
//! Credit notes and these credits draw on the same lines: of none is given back more than it charged.

use super::credit::Left;
use super::{Invoice, InvoiceStatus};
use crate::billing::{AppliedRate, Fraction, rates_of};
use crate::error::Result;
use crate::money::Money;

/// A part of a line that is given back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unused {
    /// What the line charged: after its share of the discount, before the taxes that come on top.
    pub net: Money,
    /// What of that had not been credited before.
    pub left: Money,
    /// The taxes that it was charged with.
    pub rates: Vec<AppliedRate>,
    /// What is given back of it, above zero.
    pub amount: Money,
}

impl Invoice {
    /// Gives a part of a line back and keeps count of it. `None` where nothing is: of an invoice that is void, was given up or
    /// deleted nothing was charged, and a line may have been credited already.
    pub fn give_back_unused(&mut self, line: usize, part: Fraction) -> Result<Option<Unused>> {
        let charged = matches!(
            self.status,
            InvoiceStatus::Draft | InvoiceStatus::Open | InvoiceStatus::Paid
        );
        let Some(item) = self
            .lines
            .get(line)
            .filter(|_| charged && self.deleted.is_none())
        else {
            return Ok(None);
        };
        let rates = rates_of(item, &self.rates);
        let account = Left::of(self)?;
        let (Some(net), Some(left)) = (
            account.nets.get(line).copied(),
            account.lines()?.get(line).copied(),
        ) else {
            return Ok(None);
        };
        let wanted = part.of(net.decimal(), self.currency)?;
        let most = Money::new(wanted.minor().min(left.minor()), self.currency);
        let amount = self.less_refunds(&account, line, most)?;
        if amount.minor() <= 0 {
            return Ok(None);
        }
        let left = if amount == most { left } else { amount };
        self.credited = Some(account.less_unused(line, amount)?);
        Ok(Some(Unused {
            net,
            left,
            rates,
            amount,
        }))
    }

    /// Takes back what was given back of a line and did not come about: `amount`, below zero, as on the invoice that gave it
    /// back.
    pub fn take_back_unused(&mut self, line: usize, amount: Money) -> Result<()> {
        let credited = Left::of(self)?.less_unused(line, amount)?;
        let zero = |money: &Money| money.is_zero();
        let nothing = zero(&credited.total)
            && credited.unused.as_ref().is_none_or(zero)
            && credited.lines.iter().all(zero)
            && credited.taxes.iter().all(zero);
        self.credited = Some(credited).filter(|_| !nothing);
        Ok(())
    }

    /// As much of an amount as credit notes, and refunds without one, leave, with the taxes on top of it: they name no line, so they take
    /// from whichever comes first.
    fn less_refunds(&self, account: &Left<'_>, line: usize, amount: Money) -> Result<Money> {
        let refunded = self.refunded_without_note()?;
        let noted = self.credited.as_ref();
        let noted = noted.is_some_and(|credited| !credited.total.is_zero());
        if refunded.is_zero() && !noted {
            return Ok(amount);
        }
        let left = account.total.minus(refunded)?;
        let with_taxes = account.with_taxes(line, amount)?;
        if with_taxes.minor() <= left.minor() {
            return Ok(amount);
        }
        if left.minor() <= 0 {
            return Ok(Money::zero(self.currency));
        }
        // Taxes are rounded, so the share may be a little too much.
        let mut share = amount.share(left.decimal(), with_taxes.decimal())?;
        while share.minor() > 0 && account.with_taxes(line, share)?.minor() > left.minor() {
            share = Money::new(share.minor().saturating_sub(1), self.currency);
        }
        Ok(share)
    }

    /// Whether that line was charged so: a credit of it stands on this.
    pub fn charged(&self, line: usize, net: Money, rates: &[AppliedRate]) -> Result<bool> {
        let Some(item) = self.lines.get(line) else {
            return Ok(false);
        };
        let nets = Left::of(self)?.nets;
        Ok(nets.get(line) == Some(&net) && rates_of(item, &self.rates) == rates)
    }
}
