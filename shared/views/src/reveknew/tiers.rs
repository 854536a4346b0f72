//! Tiers as Reveknew prints them.

use models::billing::Plan;
use models::{Error, Result, View};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::amount;

/// A tier.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Tier {
    #[schema(example = "plan_123456")]
    id: String,
    #[schema(example = "Special Packages")]
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "Enjoy new additional services")]
    description: Option<String>,
    /// Major units of the business's currency.
    #[schema(value_type = f64, example = 35)]
    amount: Box<RawValue>,
    /// `ONCE`, `DAILY`, `WEEKLY`, `MONTHLY`, `QUARTERLY` or `YEARLY`.
    #[schema(example = "ONCE")]
    #[schema(inline)]
    billing_period: models::billing::BillingPeriod,
    /// Payments in all; 0 for no end.
    #[schema(example = 0)]
    deductions: u32,
    /// Days after a payment's day until it is too late.
    #[schema(example = 0)]
    grace_days: u32,
    /// `TIER`, `SUBSCRIPTION` or `SCHEDULE`.
    #[schema(example = "TIER")]
    #[schema(inline)]
    policy: models::billing::TierPolicy,
    /// Days before a payment's day on which the customer is reminded.
    #[schema(example = 2)]
    reminder_days: u32,
}

impl View for Tier {
    type Of = Plan;
    type At = ();

    fn of(plan: &Plan, _at: ()) -> Result<Self> {
        let period = plan
            .billing_period()
            .ok_or_else(|| Error::not_found("tier", &plan.id))?;
        let terms = plan.tier_terms();
        Ok(Self {
            id: plan.id.to_string(),
            name: plan.price.name.clone(),
            description: terms.description,
            amount: amount(plan.price.of(1)?)?,
            billing_period: period,
            deductions: terms.deductions,
            grace_days: terms.grace_days,
            policy: terms.policy,
            reminder_days: terms.reminder_days,
        })
    }
}
