//! What the outside hears of: the stamps that a write carries, and the catalogue of event types.

use serde::{Deserialize, Serialize};

use crate::ids::{Event, Id, Webhook};
use crate::time::Timestamp;

macro_rules! event_types {
    ($($(#[doc = $doc:literal])* $name:ident = $text:literal;)*) => {
        /// The type of an event. One business action is one event per object.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum EventType {
            $($(#[doc = $doc])* #[serde(rename = $text)] $name,)*
        }

        impl EventType {
            /// Every type, in alphabetical order of its name on the wire.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The name on the wire, e.g. `invoice.paid`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// What happened, in a sentence for the documents.
            pub fn description(self) -> &'static str {
                match self { $(Self::$name => concat!($($doc),*).trim_ascii(),)* }
            }
        }
    };
}

event_types! {
    /// What a business decided about its billing was changed.
    BillingSettingsUpdated = "billing_settings.updated";
    /// A partner earned something from a paid invoice.
    CommissionEarned = "commission.earned";
    /// What a partner had earned was taken back: the money was given back.
    CommissionReversed = "commission.reversed";
    /// A coupon was created.
    CouponCreated = "coupon.created";
    /// A coupon was deleted.
    CouponDeleted = "coupon.deleted";
    /// A coupon was changed.
    CouponUpdated = "coupon.updated";
    /// A credit note was issued.
    CreditNoteCreated = "credit_note.created";
    /// A customer was created.
    CustomerCreated = "customer.created";
    /// A customer was deleted.
    CustomerDeleted = "customer.deleted";
    /// A customer was changed.
    CustomerUpdated = "customer.updated";
    /// No attempt of a delivery succeeded, and none follows.
    DeliveryExhausted = "delivery.exhausted";
    /// Four attempts of a delivery failed; others follow.
    DeliveryFailing = "delivery.failing";
    /// A delivery that kept failing succeeded.
    DeliveryRecovered = "delivery.recovered";
    /// A webhook endpoint was disabled for what it answered.
    EndpointDisabled = "endpoint.disabled";
    /// An invoice was drafted.
    InvoiceCreated = "invoice.created";
    /// A draft was deleted.
    InvoiceDeleted = "invoice.deleted";
    /// An invoice was finalised: it is open and its number is fixed.
    InvoiceFinalized = "invoice.finalized";
    /// The due date of an invoice that is owed has passed.
    InvoiceOverdue = "invoice.overdue";
    /// Everything due on an invoice has been paid.
    InvoicePaid = "invoice.paid";
    /// An attempt to collect an invoice failed.
    InvoicePaymentFailed = "invoice.payment_failed";
    /// An invoice was given up.
    InvoiceUncollectible = "invoice.uncollectible";
    /// A draft was changed, or an invoice was paid or credited in part.
    InvoiceUpdated = "invoice.updated";
    /// An open invoice was voided.
    InvoiceVoided = "invoice.voided";
    /// A partner enrolled a member.
    MemberEnrolled = "member.enrolled";
    /// A member was changed.
    MemberUpdated = "member.updated";
    /// An order left the warehouse whole.
    OrderFulfilled = "order.fulfilled";
    /// A payment was refused.
    PaymentFailed = "payment.failed";
    /// A payment went through.
    PaymentSucceeded = "payment.succeeded";
    /// A payment method was attached to a customer.
    PaymentMethodAttached = "payment_method.attached";
    /// A payment method was detached.
    PaymentMethodDetached = "payment_method.detached";
    /// A plan was created.
    PlanCreated = "plan.created";
    /// A plan was deleted.
    PlanDeleted = "plan.deleted";
    /// A plan was changed.
    PlanUpdated = "plan.updated";
    /// Money could not be given back.
    RefundFailed = "refund.failed";
    /// Money was given back.
    RefundSucceeded = "refund.succeeded";
    /// A payment of a schedule was not made within its days of grace.
    ScheduleGraceExpired = "schedule.grace_expired";
    /// The reminder of a payment of a schedule was sent.
    ScheduleReminderSent = "schedule.reminder_sent";
    /// A subscription ended.
    SubscriptionCanceled = "subscription.canceled";
    /// A subscription was created.
    SubscriptionCreated = "subscription.created";
    /// A subscription's invoice could not be collected.
    SubscriptionPastDue = "subscription.past_due";
    /// A subscription, or its collection, was paused.
    SubscriptionPaused = "subscription.paused";
    /// A subscription, or its collection, goes on.
    SubscriptionResumed = "subscription.resumed";
    /// A trial ends in three days.
    SubscriptionTrialWillEnd = "subscription.trial_will_end";
    /// A subscription moved to its next period, or was changed.
    SubscriptionUpdated = "subscription.updated";
    /// A tax rate was created.
    TaxRateCreated = "tax_rate.created";
    /// A tax rate was changed.
    TaxRateUpdated = "tax_rate.updated";
    /// A test clock was told to advance.
    TestClockAdvancing = "test_clock.advancing";
    /// A test clock has arrived.
    TestClockReady = "test_clock.ready";
}

impl EventType {
    /// Whether it tells of the delivery of other events: it causes no such event itself, and is not sent to the endpoint that
    /// it tells of, or one failure would cause the next.
    pub const fn is_operational(self) -> bool {
        matches!(
            self,
            Self::DeliveryExhausted
                | Self::DeliveryFailing
                | Self::DeliveryRecovered
                | Self::EndpointDisabled
        )
    }
}

impl std::str::FromStr for EventType {
    type Err = UnknownEventType;

    fn from_str(text: &str) -> Result<Self, UnknownEventType> {
        Self::ALL
            .iter()
            .copied()
            .find(|kind| kind.as_str() == text)
            .ok_or(UnknownEventType)
    }
}

/// No event of that name exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no event of that type exists")]
pub struct UnknownEventType;

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor(pub String);

impl Actor {
    /// The product itself: scheduled billing and the like.
    pub fn system() -> Self {
        Self("system".to_owned())
    }

    /// Whether it was the product itself.
    pub fn is_system(&self) -> bool {
        *self == Self::system()
    }
}

/// An event as it travels inside the item whose change it tells of (attribute `ev`).
///
/// It carries no data: the stream shows the item before and after, and the relay makes the event's body from these.
/// The short names and the numbers keep items small: a kilobyte more of an item is another write unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// The event's id. The relay walks on to the next free integer where two events drew the same one.
    #[serde(with = "crate::ids::number")]
    pub id: Id<Event>,
    /// What happened.
    #[serde(rename = "t")]
    pub kind: EventType,
    /// The sequence number of the event among those of this object, from 1.
    #[serde(rename = "n")]
    pub sequence: u64,
    /// When, in the business's time.
    #[serde(rename = "at", with = "crate::time::unix_seconds")]
    pub at: Timestamp,
    /// Who did it; left out where the product did it itself.
    #[serde(
        rename = "by",
        default = "Actor::system",
        skip_serializing_if = "Actor::is_system"
    )]
    pub actor: Actor,
    /// The request that caused it; `None` for scheduled work.
    #[serde(rename = "rq", default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// The caller's idempotency key.
    #[serde(rename = "ik", default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
    /// A test event goes to this endpoint alone, with the data it was given.
    #[serde(rename = "to", default, skip_serializing_if = "Option::is_none")]
    pub only: Option<TestEvent>,
}

/// A test event that a caller sends to one of its endpoints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestEvent {
    /// The endpoint that alone receives it.
    pub endpoint: Id<Webhook>,
    /// The `data.object` as JSON text.
    pub object: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_reads_back() {
        for kind in EventType::ALL {
            assert_eq!(kind.as_str().parse::<EventType>().unwrap(), *kind);
            assert_eq!(
                serde_json::to_string(kind).unwrap(),
                format!("{:?}", kind.as_str())
            );
        }
    }
}
