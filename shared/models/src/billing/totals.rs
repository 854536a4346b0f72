//! The sums of an invoice: lines − discount = net; + taxes = total; each rate of tax rounded once.

use crate::billing::{
    AppliedRate, LineItem, TaxAmount, TaxBehavior, Taxable, Terms, exclusive_total, taxes,
};
use crate::error::Result;
use crate::money::{Currency, Money};

/// What an invoice comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Totals {
    /// The sum of the lines.
    pub subtotal: Money,
    /// The sum of the lines that a discount reaches.
    pub discountable: Money,
    /// What the discount takes off, not negative.
    pub discount: Money,
    /// What tax is on, line by line: the amount less its share of the discount, and its rates.
    pub taxable: Vec<Taxable>,
    /// Each rate's tax, contained or on top.
    pub taxes: Vec<TaxAmount>,
    /// What is owed in all; negative where more is given back than charged.
    pub total: Money,
}

impl Totals {
    /// Adds the lines up. `discount` is the coupon's terms, if one applies; `rates` are for lines without rates of their own.
    pub fn of(
        currency: Currency,
        lines: &[LineItem],
        discount: Option<Terms>,
        rates: &[AppliedRate],
    ) -> Result<Self> {
        let zero = Money::zero(currency);
        let subtotal = lines
            .iter()
            .try_fold(zero, |sum, line| sum.plus(line.amount))?;
        let discountable = discountable(currency, lines)?;
        let discount = discount.map_or(Ok(zero), |terms| terms.off(discountable))?;
        let nets = nets(lines, discount)?;
        let taxable: Vec<Taxable> = lines
            .iter()
            .zip(nets)
            .map(|(line, amount)| Taxable {
                amount,
                rates: rates_of(line, rates),
            })
            .collect();
        let taxes = taxes(currency, &taxable)?;
        let total = subtotal
            .minus(discount)?
            .plus(exclusive_total(currency, &taxes)?)?;
        Ok(Self {
            subtotal,
            discountable,
            discount,
            taxable,
            taxes,
            total,
        })
    }
}

/// The rates of a line. A price that says whether it contains the tax overrules the rate.
pub fn rates_of(line: &LineItem, rates: &[AppliedRate]) -> Vec<AppliedRate> {
    let rates = line.rates.as_deref().unwrap_or(rates);
    rates
        .iter()
        .map(|rate| AppliedRate {
            inclusive: match line.tax_behavior {
                TaxBehavior::Unspecified => rate.inclusive,
                TaxBehavior::Exclusive => false,
                TaxBehavior::Inclusive => true,
            },
            ..rate.clone()
        })
        .collect()
}

/// What a discount reaches.
fn discountable(currency: Currency, lines: &[LineItem]) -> Result<Money> {
    lines
        .iter()
        .filter(|line| line.is_discountable())
        .try_fold(Money::zero(currency), |sum, line| sum.plus(line.amount))
}

/// Each line less its share of the discount.
pub(super) fn nets(lines: &[LineItem], discount: Money) -> Result<Vec<Money>> {
    let mut spread = Spread::new(discount, discountable(discount.currency(), lines)?);
    let net = |line: &LineItem| {
        if line.is_discountable() {
            line.amount.minus(spread.share(line.amount)?)
        } else {
            Ok(line.amount)
        }
    };
    lines.iter().map(net).collect()
}

/// Takes the same proportion of each part of a whole, so that the shares add up to the last minor unit: to `amount`, once all
/// parts have had their turn. No share is larger than its part where `amount` is not larger than the whole.
pub(super) struct Spread {
    amount: Money,
    whole: Money,
    seen: Money,
    given: Money,
}

impl Spread {
    /// `amount` over the parts of `whole`.
    pub(super) const fn new(amount: Money, whole: Money) -> Self {
        let zero = Money::zero(amount.currency());
        Self {
            amount,
            whole,
            seen: zero,
            given: zero,
        }
    }

    /// What comes to the next part.
    pub(super) fn share(&mut self, part: Money) -> Result<Money> {
        if self.amount.is_zero() || self.whole.is_zero() {
            return Ok(Money::zero(self.amount.currency()));
        }
        self.seen = self.seen.plus(part)?;
        let upto = self
            .amount
            .share(self.seen.decimal(), self.whole.decimal())?;
        let share = upto.minus(self.given)?;
        self.given = upto;
        Ok(share)
    }
}
