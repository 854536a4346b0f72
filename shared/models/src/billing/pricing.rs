//! How an amount follows from a quantity: the six pricing models, in exact decimals until the one rounding of a line.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::choices;
use crate::error::{Error, Result};

choices! {
    /// How an amount follows from the quantity.
    #[derive(Default)]
    pub enum PricingModel {
        /// The same amount every period.
        #[default]
        Flat = "flat",
        /// Each unit at the price of the tier it falls into.
        Graduated = "graduated",
        /// The amount for each package that was begun.
        Package = "package",
        /// The amount for each unit.
        PerUnit = "per_unit",
        /// A percentage of the quantity, which counts minor units, and the amount for each event.
        Percentage = "percentage",
        /// All units at the price of the tier that the whole quantity falls into.
        Volume = "volume",
    }
}

impl PricingModel {
    /// Whether the price is in tiers.
    pub const fn is_tiered(self) -> bool {
        matches!(self, Self::Graduated | Self::Volume)
    }

    /// The formula of a line, as `explain` prints it.
    pub const fn formula(self) -> &'static str {
        match self {
            Self::Flat => "amount",
            Self::PerUnit => "amount × quantity",
            Self::Graduated => {
                "Σ over tiers (units of quantity in the tier × unit_amount + flat_amount)"
            }
            Self::Volume => {
                "quantity × unit_amount of its tier + its flat_amount, or 0 where quantity is 0"
            }
            Self::Package => "ceil(quantity ÷ package_size) × amount",
            Self::Percentage => {
                "quantity × percentage ÷ 100 + events × amount, or 0 where quantity is 0"
            }
        }
    }
}

/// One step of a tiered price. Amounts are minor units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tier {
    /// The last unit that belongs to it; `None` is without end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub up_to: Option<u64>,
    /// For each unit.
    pub unit_amount: Decimal,
    /// Once, where at least one unit falls into the tier.
    #[serde(default, skip_serializing_if = "Decimal::is_zero")]
    pub flat_amount: Decimal,
}

/// The price of one component. Amounts are minor units; a fraction of one is fine, for usage often costs less than a cent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charge {
    /// How the quantity counts.
    pub model: PricingModel,
    /// Of a period, a unit, a package or an event, as the model has it.
    #[serde(default, skip_serializing_if = "Decimal::is_zero")]
    pub amount: Decimal,
    /// The tiers of a tiered model, in rising order, the last one without end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tiers: Vec<Tier>,
    /// Units in a package.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package_size: Option<u64>,
    /// Percent of the quantity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percentage: Option<Decimal>,
    /// Units of each period that cost nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub included_units: Option<Decimal>,
}

/// One step of a derivation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What is multiplied.
    pub quantity: Decimal,
    /// By what, in minor units (or percent).
    pub unit_amount: Decimal,
    /// What is added once, in minor units.
    pub flat_amount: Decimal,
    /// What comes out, in exact minor units.
    pub amount: Decimal,
}

impl Charge {
    /// The same amount every period.
    pub fn flat(amount: Decimal) -> Self {
        Self {
            amount,
            ..Self::default()
        }
    }

    /// The exact amount of `quantity` units in `events` reports, in minor units.
    pub fn exact(&self, quantity: Decimal, events: u64) -> Result<Decimal> {
        self.steps(quantity, events)?
            .iter()
            .try_fold(Decimal::ZERO, |sum, step| sum.checked_add(step.amount))
            .ok_or_else(out_of_range)
    }

    /// The steps that lead to the exact amount. No step where nothing is charged.
    pub fn steps(&self, quantity: Decimal, events: u64) -> Result<Vec<Step>> {
        if self.model == PricingModel::Flat {
            return Ok(vec![step(Decimal::ONE, self.amount, Decimal::ZERO)?]);
        }
        let free = self.included_units.unwrap_or_default();
        let units = (quantity - free).max(Decimal::ZERO);
        if units.is_zero() {
            return Ok(Vec::new());
        }
        match self.model {
            PricingModel::Flat | PricingModel::PerUnit => {
                Ok(vec![step(units, self.amount, Decimal::ZERO)?])
            }
            PricingModel::Package => {
                let size = Decimal::from(self.package_size.unwrap_or(1).max(1));
                let packages = units.checked_div(size).ok_or_else(out_of_range)?.ceil();
                Ok(vec![step(packages, self.amount, Decimal::ZERO)?])
            }
            PricingModel::Percentage => self.percentage_steps(units, events),
            PricingModel::Volume => self.volume_steps(units),
            PricingModel::Graduated => self.graduated_steps(units),
        }
    }

    fn percentage_steps(&self, units: Decimal, events: u64) -> Result<Vec<Step>> {
        let percent = self.percentage.unwrap_or_default();
        let amount = units
            .checked_mul(percent)
            .and_then(|product| product.checked_div(Decimal::ONE_HUNDRED))
            .ok_or_else(out_of_range)?;
        let mut steps = vec![Step {
            quantity: units,
            unit_amount: percent,
            flat_amount: Decimal::ZERO,
            amount,
        }];
        if !self.amount.is_zero() {
            steps.push(step(Decimal::from(events), self.amount, Decimal::ZERO)?);
        }
        Ok(steps)
    }

    fn volume_steps(&self, units: Decimal) -> Result<Vec<Step>> {
        let tier = self
            .tiers
            .iter()
            .find(|tier| tier.up_to.is_none_or(|end| units <= Decimal::from(end)))
            .ok_or_else(|| Error::internal("a tiered price without a last tier"))?;
        Ok(vec![step(units, tier.unit_amount, tier.flat_amount)?])
    }

    fn graduated_steps(&self, units: Decimal) -> Result<Vec<Step>> {
        let mut steps = Vec::new();
        let mut from = Decimal::ZERO;
        for tier in &self.tiers {
            let end = tier
                .up_to
                .map_or(units, |end| Decimal::from(end).min(units));
            if end <= from {
                break;
            }
            steps.push(step(end - from, tier.unit_amount, tier.flat_amount)?);
            from = end;
        }
        Ok(steps)
    }

    /// How the amount follows from `quantity` and `events`, and the names of the fields above.
    pub fn formula(&self) -> String {
        let formula = self.model.formula();
        if self.included_units.is_some() {
            formula.replace("quantity", "max(quantity − included_units, 0)")
        } else {
            formula.to_owned()
        }
    }

    /// The amount of one unit, where one number says it.
    pub fn unit_amount(&self) -> Option<Decimal> {
        match self.model {
            PricingModel::Flat | PricingModel::PerUnit | PricingModel::Package => Some(self.amount),
            PricingModel::Graduated | PricingModel::Volume | PricingModel::Percentage => None,
        }
    }

    /// Whether nothing can ever come of it.
    pub fn is_free(&self) -> bool {
        self.amount.is_zero() && self.tiers.is_empty() && self.percentage.is_none()
    }
}

fn step(quantity: Decimal, unit_amount: Decimal, flat_amount: Decimal) -> Result<Step> {
    let amount = quantity
        .checked_mul(unit_amount)
        .and_then(|product| product.checked_add(flat_amount))
        .ok_or_else(out_of_range)?;
    Ok(Step {
        quantity,
        unit_amount,
        flat_amount,
        amount,
    })
}

fn out_of_range() -> Error {
    Error::internal("amount out of range")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dec(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn tiers() -> Vec<Tier> {
        let tier = |up_to, unit: &str, flat: &str| Tier {
            up_to,
            unit_amount: dec(unit),
            flat_amount: dec(flat),
        };
        vec![
            tier(Some(100), "50", "0"),
            tier(Some(1000), "40", "1000"),
            tier(None, "0.25", "0"),
        ]
    }

    fn charge(model: PricingModel) -> Charge {
        Charge {
            model,
            amount: dec("500"),
            tiers: tiers(),
            package_size: Some(100),
            percentage: Some(dec("2.9")),
            included_units: None,
        }
    }

    #[test]
    fn each_model_counts_in_its_way() {
        let cases = [
            (PricingModel::Flat, "1001", "500"),
            (PricingModel::PerUnit, "3", "1500"),
            (PricingModel::PerUnit, "1.5", "750"),
            // 100 × 50, 900 × 40 + 1000, 1 × 0.25
            (PricingModel::Graduated, "1001", "42000.25"),
            (PricingModel::Graduated, "100", "5000"),
            (PricingModel::Graduated, "100.5", "6020.0"),
            (PricingModel::Graduated, "0", "0"),
            (PricingModel::Volume, "100", "5000"),
            (PricingModel::Volume, "101", "5040"),
            (PricingModel::Volume, "1001", "250.25"),
            // The vector: 1001 paid units in packages of 100 at 5.00 are 11 packages.
            (PricingModel::Package, "1001", "5500"),
            (PricingModel::Package, "1000", "5000"),
            // 2.9 % of 100.00, and 5.00 for each of two events.
            (PricingModel::Percentage, "10000", "1290.0"),
        ];
        for (model, quantity, want) in cases {
            let got = charge(model).exact(dec(quantity), 2).unwrap();
            assert_eq!(got, dec(want), "{model:?} {quantity}");
        }
    }

    #[test]
    fn included_units_cost_nothing() {
        let mut charge = charge(PricingModel::PerUnit);
        assert_eq!(charge.formula(), "amount × quantity");
        charge.included_units = Some(dec("10"));
        let formula = "amount × max(quantity − included_units, 0)";
        assert_eq!(charge.formula(), formula);
        assert_eq!(charge.exact(dec("10"), 1).unwrap(), Decimal::ZERO);
        assert_eq!(charge.exact(dec("12"), 1).unwrap(), dec("1000"));
    }

    #[test]
    fn what_leaves_the_range_is_an_error() {
        let charge = Charge {
            model: PricingModel::PerUnit,
            amount: Decimal::MAX,
            ..Charge::default()
        };
        assert!(charge.exact(dec("2"), 1).is_err());
    }
}
