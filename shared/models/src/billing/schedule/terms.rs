//! What a tier says of its payments, and what a subscription to it keeps of that.

use serde::{Deserialize, Serialize};

use super::Slot;
use crate::billing::{Plan, Price, Subscription};
use crate::choices;
use crate::error::{Error, Result};
use crate::money::Money;
use crate::time::{Date, Interval, Timestamp};

choices! {
    /// Who says how much is paid, as Reveknew spells it.
    #[derive(Default)]
    pub enum TierPolicy {
        /// The tier: every customer pays the same.
        #[default]
        Tier = "TIER",
        /// The subscription.
        Subscription = "SUBSCRIPTION",
        /// Each row of the schedule.
        Schedule = "SCHEDULE",
    }
}

choices! {
    /// How often is paid, as Reveknew spells it.
    pub enum BillingPeriod {
        /// A single time.
        Once = "ONCE",
        /// Every day.
        Daily = "DAILY",
        /// Every seven days.
        Weekly = "WEEKLY",
        /// Every calendar month.
        Monthly = "MONTHLY",
        /// Every three calendar months.
        Quarterly = "QUARTERLY",
        /// Every calendar year.
        Yearly = "YEARLY",
    }
}

impl BillingPeriod {
    /// The step of the price that pays so often. A single payment has none of its own: a plan must have one.
    pub const fn interval(self) -> Interval {
        match self {
            Self::Daily => Interval::Day,
            Self::Weekly => Interval::Week,
            Self::Monthly => Interval::Month,
            Self::Quarterly => Interval::Quarter,
            Self::Once | Self::Yearly => Interval::Year,
        }
    }

    /// How often a plan is paid; `None` for one whose period has no name here.
    pub const fn of(price: &Price, once: bool) -> Option<Self> {
        if once {
            return Some(Self::Once);
        }
        match (price.interval, price.interval_count) {
            (Interval::Day, 1) => Some(Self::Daily),
            (Interval::Week, 1) | (Interval::Day, 7) => Some(Self::Weekly),
            (Interval::Month, 1) => Some(Self::Monthly),
            (Interval::Month, 3) | (Interval::Quarter, 1) => Some(Self::Quarterly),
            (Interval::Month, 12) | (Interval::Quarter, 4) | (Interval::Year, 1) => {
                Some(Self::Yearly)
            }
            (
                Interval::Day
                | Interval::Week
                | Interval::Month
                | Interval::Quarter
                | Interval::Year,
                _,
            ) => None,
        }
    }
}

/// What makes a plan a tier.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TierTerms {
    /// Who says how much is paid.
    pub policy: TierPolicy,
    /// Whether it is paid a single time.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub once: bool,
    /// Payments in all; 0 for no end.
    #[serde(default)]
    pub deductions: u32,
    /// Days after a payment's day until it is too late.
    #[serde(default)]
    pub grace_days: u32,
    /// Days before a payment's day on which the customer is reminded.
    #[serde(default)]
    pub reminder_days: u32,
    /// In the business's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

impl Plan {
    /// What the plan says as a tier; the plainest terms for one that was not made as one.
    pub fn tier_terms(&self) -> TierTerms {
        self.tier.clone().unwrap_or_default()
    }

    /// How often it is paid as a tier; `None` for a plan that is none: metered, by tiers of quantity, or in other periods.
    pub fn billing_period(&self) -> Option<BillingPeriod> {
        let plain = self.price.meters.is_empty()
            && self.price.charge.tiers.is_empty()
            && self.price.charge.percentage.is_none();
        let once = self.tier.as_ref().is_some_and(|tier| tier.once);
        BillingPeriod::of(&self.price, once).filter(|_| plain)
    }
}

/// How a subscription is paid by schedule, from its tier when it was made, and how far that has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentTerms {
    /// Who says how much is paid.
    pub policy: TierPolicy,
    /// Whether it is paid a single time.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub once: bool,
    /// Payments in all; 0 for no end.
    #[serde(default)]
    pub deductions: u32,
    /// Days after a payment's day until it is too late.
    #[serde(default)]
    pub grace_days: u32,
    /// Days before a payment's day on which the customer is reminded.
    #[serde(default)]
    pub reminder_days: u32,
    /// What each billing date costs.
    pub amount: Money,
    /// Where the addresses of payment pages begin.
    pub pages: String,
    /// When money came in last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_billed: Option<Timestamp>,
    /// When the first open row is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_billing: Option<Timestamp>,
    /// Rows whose grace ended and that are not paid.
    #[serde(default)]
    pub overdue: u32,
    /// Since when its rows have to be brought to where it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stale_since: Option<Timestamp>,
}

impl PaymentTerms {
    /// The terms of a new subscription.
    pub fn new(tier: &TierTerms, amount: Money, pages: String) -> Self {
        Self {
            policy: tier.policy,
            once: tier.once,
            deductions: tier.deductions,
            grace_days: tier.grace_days,
            reminder_days: tier.reminder_days,
            amount,
            pages,
            last_billed: None,
            next_billing: None,
            overdue: 0,
            stale_since: None,
        }
    }

    /// Billing dates in all; `None` for no end.
    pub const fn most(&self) -> Option<u32> {
        match (self.once, self.deductions) {
            (true, _) => Some(1),
            (false, 0) => None,
            (false, number) => Some(number),
        }
    }
}

impl Subscription {
    /// The terms of a subscription that is paid by schedule. A 409 for any other.
    pub fn payment_terms(&self) -> Result<&PaymentTerms> {
        self.schedule.as_ref().ok_or_else(|| {
            let detail = format!("subscription {} is not paid by schedule", self.id);
            Error::conflict("not_scheduled", detail)
        })
    }

    /// The day of a billing date, counted from 0; `None` where there are not so many.
    pub fn billing_date(&self, order: u32) -> Result<Option<Date>> {
        let terms = self.payment_terms()?;
        if terms.most().is_some_and(|most| order >= most) {
            return Ok(None);
        }
        self.zone.date(self.period_start(order)?).map(Some)
    }

    /// The place and the amount of the row that a billing date, counted from 0, has by itself; `None` where it has none: the
    /// business makes them, there are not so many, or the subscription is over.
    pub fn row_of_date(&self, order: u32) -> Result<Option<(Slot, Money)>> {
        let terms = self.payment_terms()?;
        if terms.policy == TierPolicy::Schedule || self.status.is_over() {
            return Ok(None);
        }
        let date = self.billing_date(order)?;
        Ok(date.map(|date| (Slot { date, n: 0 }, terms.amount)))
    }

    /// The moment of a day that corresponds to the subscription's hour.
    pub fn hour_of(&self, date: Date) -> Result<Timestamp> {
        self.zone.at_time_of(date, self.anchor)
    }
}
