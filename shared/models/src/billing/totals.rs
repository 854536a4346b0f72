//! The sums of an invoice: lines − discount = net; + taxes = total; each rate of tax rounded once.

use rust_decimal::Decimal;

use crate::billing::{
    AppliedRate, LineItem, TaxAmount, TaxBehavior, Taxable, Terms, exclusive_total, taxes,
};
use crate::error::{Error, Result};
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
        let sum = |only_discountable: bool| {
            lines
                .iter()
                .filter(|line| !only_discountable || line.is_discountable())
                .try_fold(zero, |sum, line| sum.plus(line.amount))
        };
        let subtotal = sum(false)?;
        let discountable = sum(true)?;
        let discount = discount.map_or(Ok(zero), |terms| terms.off(discountable))?;
        let mut spread = Spread::new(discount, discountable);
        let taxable = lines
            .iter()
            .map(|line| {
                Ok(Taxable {
                    amount: line.amount.minus(spread.share(line)?)?,
                    rates: rates_of(line, rates),
                })
            })
            .collect::<Result<Vec<_>>>()?;
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

/// Spreads a discount over the lines that it reaches, so that the shares add up to it to the last minor unit.
struct Spread {
    discount: Money,
    of: Money,
    seen: Money,
    given: Money,
}

impl Spread {
    const fn new(discount: Money, of: Money) -> Self {
        let zero = Money::zero(discount.currency());
        Self {
            discount,
            of,
            seen: zero,
            given: zero,
        }
    }

    fn share(&mut self, line: &LineItem) -> Result<Money> {
        let currency = self.discount.currency();
        if !line.is_discountable() || self.discount.is_zero() || self.of.is_zero() {
            return Ok(Money::zero(currency));
        }
        self.seen = self.seen.plus(line.amount)?;
        let exact = Decimal::from(self.discount.minor())
            .checked_mul(Decimal::from(self.seen.minor()))
            .and_then(|product| product.checked_div(Decimal::from(self.of.minor())))
            .ok_or_else(|| Error::internal("amount out of range"))?;
        let upto = Money::rounded(exact, currency)?;
        let share = upto.minus(self.given)?;
        self.given = upto;
        Ok(share)
    }
}
