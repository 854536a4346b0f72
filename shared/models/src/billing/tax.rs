//! Tax: rates, and what they come to on an invoice.
//!
//! # Determinations
//! - Tax is computed on the sum of the lines that a rate is on and rounded once a rate, half away from zero (Lago). A rate on
//!   68.33 + 68.33 + 57.50 + 85.00 at 20 % is 55.83, not the 55.84 of four rounded lines.
//! - All rates of a line are computed on the same base, which is its amount without the inclusive ones. There is no tax on
//!   tax.
//! - A rate that some lines contain and others have on top is two taxes of one invoice.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::ids::{self, Id};
use crate::metadata::Metadata;
use crate::money::{Currency, Money};
use crate::time::Timestamp;

/// A tax. Its percentage, and whether prices include it, are for good: a rate that changes is another rate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaxRate {
    /// Its id.
    pub id: Id<ids::TaxRate>,
    /// What invoices call it, e.g. `VAT`.
    pub display_name: String,
    /// Percent of the net amount, 0 to 100.
    pub percentage: Decimal,
    /// Whether the prices it is on include it.
    pub inclusive: bool,
    /// ISO 3166-1 alpha-2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// Whose tax it is within the country, in the caller's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jurisdiction: Option<String>,
    /// For the caller's eyes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether it can be put on anything new. What has it keeps it.
    pub active: bool,
    /// The caller's.
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
    /// When it was created.
    pub created: Timestamp,
}

/// A rate as it was when something was billed with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppliedRate {
    /// The rate.
    pub id: Id<ids::TaxRate>,
    /// What the invoice calls it.
    pub name: String,
    /// Percent of the net amount.
    pub percentage: Decimal,
    /// Whether the amounts it is on include it.
    pub inclusive: bool,
}

impl From<&TaxRate> for AppliedRate {
    fn from(rate: &TaxRate) -> Self {
        Self {
            id: rate.id,
            name: rate.display_name.clone(),
            percentage: rate.percentage,
            inclusive: rate.inclusive,
        }
    }
}

/// What one rate comes to on one invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaxAmount {
    /// The rate.
    pub rate: AppliedRate,
    /// What it was computed on, without any tax; rounded to a minor unit.
    pub base: Money,
    /// The tax.
    pub amount: Money,
}

/// Something that tax is due on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taxable {
    /// What it costs less discounts, with its inclusive taxes. Below zero for what is given back.
    pub amount: Money,
    /// Its rates, each once.
    pub rates: Vec<AppliedRate>,
}

/// The same before anything is rounded, for whoever wants to check it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExactTax {
    /// The rate.
    pub rate: AppliedRate,
    /// The parts of what it is on, with their inclusive taxes, in minor units, by what each is divided by to be net:
    /// `100 + Σ inclusive percentages`.
    pub parts: Vec<(Decimal, Decimal)>,
    /// What it is computed on, without any tax, in exact minor units.
    pub base: Decimal,
    /// The tax in exact minor units.
    pub amount: Decimal,
}

/// What a rate is on: the sums of the lines that have the same divisor, `100 + Σ inclusive percentages`. A sum is divided
/// once, not line by line, so what should be exact is.
struct Base<'a> {
    rate: &'a AppliedRate,
    sums: Vec<(Decimal, Decimal)>,
}

/// The taxes on `lines`, one a rate (two where some lines contain it and others do not), in the order in which the rates first
/// appear. A rate of 0 % is among them.
///
/// Errors where a line is in another currency than `currency`, or an amount leaves the range.
pub fn taxes(currency: Currency, lines: &[Taxable]) -> Result<Vec<TaxAmount>> {
    exact_taxes(currency, lines)?
        .into_iter()
        .map(|tax| {
            Ok(TaxAmount {
                base: Money::rounded(tax.base, currency)?,
                amount: Money::rounded(tax.amount, currency)?,
                rate: tax.rate,
            })
        })
        .collect()
}

/// As [`taxes`], before they are rounded to minor units.
pub fn exact_taxes(currency: Currency, lines: &[Taxable]) -> Result<Vec<ExactTax>> {
    let mut bases: Vec<Base<'_>> = Vec::new();
    for line in lines {
        if line.amount.currency() != currency {
            return Err(Error::internal(format_args!(
                "{} with {currency}",
                line.amount
            )));
        }
        let divisor = line
            .rates
            .iter()
            .filter(|rate| rate.inclusive)
            .try_fold(Decimal::ONE_HUNDRED, |sum, rate| {
                sum.checked_add(rate.percentage)
            })
            .ok_or_else(out_of_range)?;
        for rate in &line.rates {
            add(&mut bases, rate, divisor, line.amount)?;
        }
    }
    bases
        .into_iter()
        .map(|base| {
            Ok(ExactTax {
                base: base.of(Decimal::ONE_HUNDRED)?,
                amount: base.of(base.rate.percentage)?,
                rate: base.rate.clone(),
                parts: base.sums,
            })
        })
        .collect()
}

fn add<'a>(
    bases: &mut Vec<Base<'a>>,
    rate: &'a AppliedRate,
    divisor: Decimal,
    amount: Money,
) -> Result<()> {
    // Two prices of one invoice may have the same rate, and only one of them contain it.
    let same = |base: &Base<'_>| base.rate.id == rate.id && base.rate.inclusive == rate.inclusive;
    if !bases.iter().any(same) {
        bases.push(Base {
            rate,
            sums: Vec::new(),
        });
    }
    let sums = bases
        .iter_mut()
        .find(|base| same(base))
        .map(|base| &mut base.sums)
        .ok_or_else(|| Error::internal("a rate that was just added is not there"))?;
    match sums.iter_mut().find(|(known, _)| *known == divisor) {
        Some((_, sum)) => {
            *sum = sum.checked_add(amount.decimal()).ok_or_else(out_of_range)?;
        }
        None => sums.push((divisor, amount.decimal())),
    }
    Ok(())
}

impl Base<'_> {
    /// `percent` of the net amounts. A third and a sixth of a cent are half a cent, which 28 digits of each only come close to,
    /// so ten digits after the point are what counts as exact.
    fn of(&self, percent: Decimal) -> Result<Decimal> {
        let mut exact = Decimal::ZERO;
        for (divisor, sum) in &self.sums {
            exact = sum
                .checked_mul(percent)
                .and_then(|product| product.checked_div(*divisor))
                .and_then(|part| exact.checked_add(part))
                .ok_or_else(out_of_range)?;
        }
        Ok(exact.round_dp(10))
    }
}

/// All taxes together.
pub fn tax_total(currency: Currency, taxes: &[TaxAmount]) -> Result<Money> {
    taxes
        .iter()
        .try_fold(Money::zero(currency), |sum, tax| sum.plus(tax.amount))
}

/// The taxes that come on top of the amounts: what a total has more than the sum of its lines.
pub fn exclusive_total(currency: Currency, taxes: &[TaxAmount]) -> Result<Money> {
    taxes
        .iter()
        .filter(|tax| !tax.rate.inclusive)
        .try_fold(Money::zero(currency), |sum, tax| sum.plus(tax.amount))
}

fn out_of_range() -> Error {
    Error::internal("amount out of range")
}

#[cfg(test)]
mod tests;
