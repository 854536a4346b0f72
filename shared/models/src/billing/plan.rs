//! What can be subscribed to.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::billing::{Aggregation, Charge, TierTerms};
use crate::choices;
use crate::error::Result;
use crate::ids::{self, Slug};
use crate::metadata::Metadata;
use crate::money::{Currency, Money};
use crate::time::{Interval, Timestamp};

choices! {
    /// The `billing_cycle` of the v3 document.
    pub enum BillingCycle {
        /// Every day or number of days.
        Daily = "daily",
        /// Every month.
        Monthly = "monthly",
        /// Every three months.
        Quarterly = "quarterly",
        /// Monthly, for what the plan's meters counted.
        UsageBased = "usage_based",
        /// Every week or number of weeks.
        Weekly = "weekly",
        /// Every year.
        Yearly = "yearly",
    }
}

impl BillingCycle {
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

choices! {
    /// Whether the amounts of a price contain the tax.
    #[derive(Default)]
    pub enum TaxBehavior {
        /// Tax comes on top.
        Exclusive = "exclusive",
        /// Tax is contained.
        Inclusive = "inclusive",
        /// As the tax rate itself says.
        #[default]
        Unspecified = "unspecified",
    }
}

impl TaxBehavior {
    /// For what storage leaves out.
    pub fn is_unspecified(&self) -> bool {
        *self == Self::Unspecified
    }
}

/// A metered component of a price, billed for the period that ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meter {
    /// What is counted.
    pub metric_name: String,
    /// Its name on invoices; the metric's where it is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How reports become one quantity.
    pub aggregation: Aggregation,
    /// What the quantity costs.
    pub charge: Charge,
}

impl Meter {
    /// The name on an invoice.
    pub fn label(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.metric_name)
    }

    /// Whether usage costs the same with the other one.
    pub fn counts_as(&self, other: &Self) -> bool {
        self.metric_name == other.metric_name
            && self.aggregation == other.aggregation
            && self.charge == other.charge
    }
}

/// What one period costs. A subscription keeps the price it started with, so a plan's later change never reaches its past.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    /// The plan's name, as it stands on the invoice.
    pub name: String,
    /// The currency of all its amounts.
    pub currency: Currency,
    /// What is charged in advance, for the subscription's quantity.
    pub charge: Charge,
    /// The step of the calendar.
    pub interval: Interval,
    /// How many steps are one period.
    pub interval_count: u32,
    /// What is charged for usage, when the period has ended.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub meters: Vec<Meter>,
    /// Whether the amounts contain the tax.
    #[serde(default, skip_serializing_if = "TaxBehavior::is_unspecified")]
    pub tax_behavior: TaxBehavior,
}

impl Price {
    /// The exact amount of one period in advance, in minor units.
    pub fn exact(&self, quantity: u32) -> Result<Decimal> {
        self.charge.exact(Decimal::from(quantity), 1)
    }

    /// The amount of one period in advance.
    pub fn of(&self, quantity: u32) -> Result<Money> {
        Money::rounded(self.exact(quantity)?, self.currency)
    }

    /// Whether two prices step through the calendar alike.
    pub fn same_cycle(&self, other: &Self) -> bool {
        let months = |price: &Self| match price.interval {
            Interval::Day => (false, price.interval_count),
            Interval::Week => (false, price.interval_count.saturating_mul(7)),
            Interval::Month => (true, price.interval_count),
            Interval::Quarter => (true, price.interval_count.saturating_mul(3)),
            Interval::Year => (true, price.interval_count.saturating_mul(12)),
        };
        months(self) == months(other)
    }
}

/// Something that can be subscribed to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The name that its creator chose.
    pub id: Slug<ids::Plan>,
    /// The version of the price, from 1.
    pub version: u32,
    /// What it costs.
    pub price: Price,
    /// Days that a new subscription is free.
    pub trial_period_days: u32,
    /// What makes it a tier that is paid by schedule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<TierTerms>,
    /// The caller's.
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
    /// When it was created.
    pub created: Timestamp,
    /// When it was deleted: it takes no new subscriptions; those that run keep their price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deleted: Option<Timestamp>,
}

/// An earlier price of a plan: subscriptions that began with it still pay it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanVersion {
    /// The plan as it was.
    pub plan: Plan,
    /// When the next version took its place.
    pub replaced: Timestamp,
}

impl Plan {
    /// Gives the plan another price. Returns the version that it had until now, where the price is another one.
    pub fn reprice(&mut self, price: Price, now: Timestamp) -> Option<PlanVersion> {
        if self.price == price {
            return None;
        }
        let before = PlanVersion {
            plan: self.clone(),
            replaced: now,
        };
        self.price = price;
        self.version = self.version.saturating_add(1);
        Some(before)
    }
}
