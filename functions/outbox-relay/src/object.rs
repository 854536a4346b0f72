//! What an event says of its object: the record as v3 prints it.

use models::{Error, Mode, Moment, Result, Timestamp, View};
use serde::Serialize;
use serde_json::Value;
use store::{Item, Record, read_image};
use views::rocketsavvy::{
    BillingSettings, Commission, Coupon, CreditNote, Customer, Delivery, Endpoint, Invoice, Member,
    Message, Payment, PaymentMethod, Plan, Refund, Schedule, Subscription, TaxRate, TestClock,
};

/// How the records of an entity type are shown.
type Show = fn(Item, Moment) -> Result<Value>;

/// The records that events tell of.
const SHOWN: &[(&str, Show)] = &[
    shown::<BillingSettings>(),
    shown::<Commission>(),
    shown::<Coupon>(),
    shown::<CreditNote>(),
    shown::<Customer>(),
    shown::<Endpoint>(),
    shown::<Invoice>(),
    shown::<Member>(),
    shown::<Message>(),
    shown::<Payment>(),
    shown::<PaymentMethod>(),
    shown::<Plan>(),
    shown::<Refund>(),
    shown::<Schedule>(),
    shown::<Subscription>(),
    shown::<TaxRate>(),
    shown::<TestClock>(),
    // Of a delivery an event tells less than its page does.
    (<models::webhooks::Delivery as Record>::TYPE, |item, at| {
        let told = Delivery::told(&read_image(item)?, at.mode);
        serde_json::to_value(told).map_err(Error::internal)
    }),
];

const fn shown<V>() -> (&'static str, Show)
where
    V: View + Serialize,
    V::Of: Record,
{
    (V::Of::TYPE, |item, at| {
        let view = V::of(&read_image(item)?, at.into())?;
        serde_json::to_value(view).map_err(Error::internal)
    })
}

/// The object in an item image, as v3 prints it at the moment `now`. Errors on a kind that has no events.
pub(crate) fn object_of(
    entity_type: &str,
    item: Item,
    mode: Mode,
    now: Timestamp,
) -> Result<Value> {
    let found = SHOWN.iter().find(|(shown, _)| *shown == entity_type);
    let (_, show) = found
        .ok_or_else(|| Error::internal(format_args!("events of {entity_type} have no view")))?;
    show(item, Moment::at(now, mode))
}
