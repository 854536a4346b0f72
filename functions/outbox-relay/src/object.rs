//! What an event says of its object: the record as v3 prints it.

use models::{Error, Mode, Result, Timestamp};
use serde::Serialize;
use serde_json::Value;
use store::Item;
use views::rocketsavvy;

/// The object in an item image, as v3 prints it at the moment `at`. Errors on a kind that has no events.
pub(crate) fn object_of(entity_type: &str, item: Item, mode: Mode, at: Timestamp) -> Result<Value> {
    fn read<T: serde::de::DeserializeOwned>(item: Item) -> Result<T> {
        store::read_image(item)
    }
    fn show(view: impl Serialize) -> Result<Value> {
        serde_json::to_value(view).map_err(Error::internal)
    }
    match entity_type {
        "cust" => show(rocketsavvy::Customer::of(&read(item)?, mode)),
        "pm" => show(rocketsavvy::PaymentMethod::of(&read(item)?, mode)),
        "pay" => show(rocketsavvy::Payment::of(&read(item)?, mode)),
        "refund" => show(rocketsavvy::Refund::of(&read(item)?, mode)),
        "plan" => show(rocketsavvy::Plan::of(&read(item)?, mode)?),
        "coupon" => show(rocketsavvy::Coupon::of(&read(item)?, at, mode)?),
        "txr" => show(rocketsavvy::TaxRate::of(&read(item)?, mode)?),
        "billing_settings" => show(rocketsavvy::BillingSettings::of(&read(item)?, mode)),
        "sub" => show(rocketsavvy::Subscription::of(&read(item)?, mode)?),
        "inv" => show(rocketsavvy::Invoice::of(&read(item)?, mode)?),
        "cn" => show(rocketsavvy::CreditNote::of(&read(item)?, mode)?),
        "del" => show(rocketsavvy::Delivery::told(&read(item)?, mode)),
        "sched" => show(rocketsavvy::Schedule::of(&read(item)?, mode)),
        "msg" => show(rocketsavvy::Message::of(&read(item)?, mode)),
        "member" => show(rocketsavvy::Member::of(&read(item)?, mode)),
        "com" => show(rocketsavvy::Commission::of(&read(item)?, at, mode)?),
        "we" => show(rocketsavvy::Endpoint::of(&read(item)?, at, mode)),
        "clock" => show(rocketsavvy::TestClock::of(&read(item)?)),
        other => Err(Error::internal(format_args!(
            "events of {other} have no view"
        ))),
    }
}
