//! Reveknew enterprise v1: records in camel case, money as numbers in major units.

mod customers;
mod subscriptions;
mod tiers;

pub use customers::Customer;
pub use subscriptions::{
    CustomerSubscription, CustomerSubscriptions, PlannedPayment, Receipt, Schedule, Subscription,
};
pub use tiers::Tier;

use models::{Money, Result};
use serde_json::value::RawValue;

/// An amount as a JSON number in major units, with no more digits than it needs.
fn amount(money: Money) -> Result<Box<RawValue>> {
    crate::rocketsavvy::number(money.major())
}
