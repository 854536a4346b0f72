//! A line of an invoice: what for, how much, and how the amount follows.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::billing::{AppliedRate, Charge, Fraction, Step, TaxBehavior};
use crate::error::Result;
use crate::ids::{self, Id, Slug};
use crate::money::{Currency, Money};
use crate::time::Period;

/// How the amount of a line follows from its quantity.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Basis {
    /// The price.
    pub charge: Charge,
    /// Reports of usage, where the price counts them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub events: u64,
    /// The part of the period that it is for; all of it where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fraction: Option<Fraction>,
    /// Whether the amount is given back rather than owed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub credit: bool,
    /// The line that a part is given back of; then the price is the net amount of that line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billed: Option<BilledLine>,
}

/// A line of an earlier invoice that a part is given back of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BilledLine {
    /// The invoice.
    pub invoice_id: Id<ids::Invoice>,
    /// The place of the line on it, from 0.
    pub line: usize,
    /// What had not been credited of its net amount until then: no more is given back.
    pub left: Money,
}

/// One line of an invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineItem {
    /// What for.
    pub description: String,
    /// How many.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub quantity: Decimal,
    /// All of them, before discounts and before taxes that come on top.
    pub amount: Money,
    /// How the amount follows.
    pub basis: Basis,
    /// For which period, where it is not the invoice's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
    /// Of which plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan_id: Option<Slug<ids::Plan>>,
    /// For which metric.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metric_name: Option<String>,
    /// Whether the amount contains the tax.
    #[serde(default, skip_serializing_if = "TaxBehavior::is_unspecified")]
    pub tax_behavior: TaxBehavior,
    /// Its tax rates, where they are not the invoice's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rates: Option<Vec<AppliedRate>>,
}

/// How an amount was derived, for whoever wants to check it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Derivation {
    /// In words and signs.
    pub formula: String,
    /// The price's own steps.
    pub steps: Vec<Step>,
    /// What the price gives for the whole period, in exact minor units.
    pub price: Decimal,
    /// After fractions and signs, in exact minor units.
    pub exact: Decimal,
    /// Rounded once, half away from zero.
    pub amount: Money,
}

impl LineItem {
    /// A line whose amount follows from its basis.
    pub fn new(
        description: String,
        quantity: Decimal,
        basis: Basis,
        currency: Currency,
    ) -> Result<Self> {
        let mut line = Self {
            description,
            quantity,
            amount: Money::zero(currency),
            basis,
            period: None,
            plan_id: None,
            metric_name: None,
            tax_behavior: TaxBehavior::Unspecified,
            rates: None,
        };
        line.amount = line.derive(currency)?.amount;
        Ok(line)
    }

    /// Whether it is for a part of a period.
    pub const fn is_proration(&self) -> bool {
        self.basis.fraction.is_some()
    }

    /// Whether it charges a plan for time, in advance: neither usage nor a credit.
    pub const fn is_advance(&self) -> bool {
        self.plan_id.is_some() && self.metric_name.is_none() && !self.basis.credit
    }

    /// Whether a discount of the invoice reaches it. A credit was discounted when it was charged, and what is given back by
    /// hand is given back whole, as in Stripe.
    pub const fn is_discountable(&self) -> bool {
        !self.basis.credit && self.amount.minor() >= 0
    }

    /// One unit in minor units, where one number says it.
    pub fn unit_amount(&self) -> Option<Decimal> {
        self.basis.charge.unit_amount()
    }

    /// Works the amount out again from its inputs.
    pub fn derive(&self, currency: Currency) -> Result<Derivation> {
        let basis = &self.basis;
        let steps = basis.charge.steps(self.quantity, basis.events)?;
        let price = basis.charge.exact(self.quantity, basis.events)?;
        let mut formula = basis.charge.formula();
        let mut exact = price;
        if let Some(fraction) = basis.fraction {
            exact = fraction.exact(exact)?;
            formula = format!("({formula}) × {} ÷ {}", fraction.part, fraction.whole);
        }
        if let Some(billed) = basis.billed {
            exact = exact.min(billed.left.decimal());
            formula = format!("min({formula}, {})", billed.left.minor());
        }
        if basis.credit {
            exact = -exact;
            formula = format!("−({formula})");
        }
        Ok(Derivation {
            formula,
            steps,
            price,
            exact,
            amount: Money::rounded(exact, currency)?,
        })
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over a reference"
)]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

const fn one() -> Decimal {
    Decimal::ONE
}

fn is_one(number: &Decimal) -> bool {
    *number == Decimal::ONE
}
