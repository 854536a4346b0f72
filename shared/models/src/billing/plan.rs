//! What can be subscribed to.

use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::ids::{self, Slug};
use crate::metadata::Metadata;
use crate::money::Money;
use crate::time::{Interval, Timestamp};

/// How an amount follows from the quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PricingModel {
    /// The same amount every period.
    Flat,
    /// The amount for each unit of the subscription's quantity.
    PerUnit,
}

impl PricingModel {
    /// All models in their wire spelling.
    pub const ALL: &'static [(&'static str, Self)] =
        &[("flat", Self::Flat), ("per_unit", Self::PerUnit)];
}

/// The `billing_cycle` of the v3 document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BillingCycle {
    /// Every day or number of days.
    Daily,
    /// Every week or number of weeks.
    Weekly,
    /// Every month.
    Monthly,
    /// Every three months.
    Quarterly,
    /// Every year.
    Yearly,
    /// Monthly, for what the plan's meters counted.
    UsageBased,
}

impl BillingCycle {
    /// All cycles in their wire spelling.
    pub const ALL: &'static [(&'static str, Self)] = &[
        ("daily", Self::Daily),
        ("monthly", Self::Monthly),
        ("quarterly", Self::Quarterly),
        ("usage_based", Self::UsageBased),
        ("weekly", Self::Weekly),
        ("yearly", Self::Yearly),
    ];

    /// The cycle of a price. Three months are a quarter and twelve a year, however they are written.
    pub const fn of(interval: Interval, count: u32) -> Option<Self> {
        match (interval, count) {
            (Interval::Day, _) => Some(Self::Daily),
            (Interval::Week, _) => Some(Self::Weekly),
            (Interval::Month, 1) => Some(Self::Monthly),
            (Interval::Quarter, 1) | (Interval::Month, 3) => Some(Self::Quarterly),
            (Interval::Year, 1) | (Interval::Quarter, 4) | (Interval::Month, 12) => {
                Some(Self::Yearly)
            }
            (Interval::Month | Interval::Quarter | Interval::Year, _) => None,
        }
    }
}

/// What one period costs. A subscription keeps the price it started with, so a plan's later change never reaches its past.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    /// The plan's name, as it stands on the invoice.
    pub name: String,
    /// A period, or a unit in a period.
    pub amount: Money,
    /// The step of the calendar.
    pub interval: Interval,
    /// How many steps are one period.
    pub interval_count: u32,
    /// How the quantity counts.
    pub pricing_model: PricingModel,
}

impl Price {
    /// The amount of one period.
    pub fn of(&self, quantity: u32) -> Result<Money> {
        match self.pricing_model {
            PricingModel::Flat => Ok(self.amount),
            PricingModel::PerUnit => self.amount.times(quantity),
        }
    }

    /// The start of period `steps` (0 is the first) of an agreement that is anchored at `anchor`.
    pub fn period_start(&self, anchor: Timestamp, steps: u32) -> Result<Timestamp> {
        self.interval.after(anchor, self.interval_count, steps)
    }
}

/// Something that can be subscribed to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The name that its creator chose.
    pub id: Slug<ids::Plan>,
    /// What it costs.
    pub price: Price,
    /// Days that a new subscription is free.
    pub trial_period_days: u32,
    /// The caller's.
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
    /// When it was created.
    pub created: Timestamp,
    /// When it was deleted: it takes no new subscriptions; those that run keep their price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deleted: Option<Timestamp>,
}
