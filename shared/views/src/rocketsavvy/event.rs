//! Events as v3 prints them: in the log and in webhooks.

use models::event::EventType;
use models::webhooks::EventRecord;
use models::{Error, Mode, Result, View};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use utoipa::ToSchema;

/// Something that happened.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct Event {
    #[schema(example = "evt_rs_123456")]
    id: String,
    #[serde(rename = "type")]
    #[schema(value_type = String, example = "invoice.paid")]
    kind: EventType,
    #[schema(example = "2025-06-27T10:30:00Z")]
    created: String,
    #[schema(example = true)]
    livemode: bool,
    /// The sequence number of the event among those of this object, from 1.
    #[schema(example = 2)]
    sequence: u64,
    /// Its place in the feed, counted from 1 without gaps; only in lists with `order=asc`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 4711)]
    position: Option<u64>,
    #[schema(value_type = EventData)]
    data: Box<RawValue>,
    request: EventRequest,
}

/// What happened to.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventData {
    /// The object as it was then.
    #[schema(value_type = BTreeMap<String, Value>, example = json!({"id": "inv_rs_789012", "status": "paid"}))]
    object: Value,
    /// The fields that changed, with what they were before. Absent where the object is new, or was deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = BTreeMap<String, Value>, example = json!({"status": "open"}))]
    previous_attributes: Option<Value>,
}

/// What caused an event.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct EventRequest {
    /// The `Request-Id`; `null` for scheduled work.
    #[schema(example = "req_6f1c2a9b0d3e4f5a6b7c8d9e")]
    id: Option<String>,
    /// The caller's `Idempotency-Key`.
    #[schema(example = "order-4711")]
    idempotency_key: Option<String>,
}

impl Event {
    /// The same at its place in the feed.
    #[must_use]
    pub fn at_position(self, position: u64) -> Self {
        Self {
            position: Some(position),
            ..self
        }
    }

    /// The event as a bus hands it over, in the very bytes in which the log has it: a bus may write JSON in another order.
    pub fn from_bus(text: &RawValue) -> Result<Self> {
        let event: Self = serde_json::from_str(text.get()).map_err(Error::internal)?;
        let data: Value = serde_json::from_str(event.data.get()).map_err(Error::internal)?;
        let data = serde_json::value::to_raw_value(&EventData::in_order(data));
        Ok(Self {
            data: data.map_err(Error::internal)?,
            ..event
        })
    }

    /// What happened.
    pub const fn kind(&self) -> EventType {
        self.kind
    }
}

impl View for Event {
    type Of = EventRecord;
    type At = Mode;

    fn of(event: &EventRecord, mode: Mode) -> Result<Self> {
        Ok(Self {
            id: event.id.to_string(),
            kind: event.event_type,
            created: event.created.to_string(),
            livemode: mode.is_live(),
            sequence: event.sequence,
            position: None,
            data: RawValue::from_string(event.data.clone()).map_err(Error::internal)?,
            request: EventRequest {
                id: event.request.clone(),
                idempotency_key: event.idempotency_key.clone(),
            },
        })
    }
}

impl EventData {
    /// The data of an event whose members may be in any order.
    fn in_order(mut data: Value) -> Self {
        let mut take = |name: &str| data.as_object_mut().and_then(|data| data.remove(name));
        Self {
            object: take("object").unwrap_or_default(),
            previous_attributes: take("previous_attributes"),
        }
    }

    /// The same without what was before.
    #[must_use]
    pub fn without_previous(self) -> Self {
        Self {
            previous_attributes: None,
            ..self
        }
    }

    /// The data of an event that told of a change from `before` to `after`, both as v3 prints them.
    pub fn of_change(before: Option<&Value>, after: Value) -> Self {
        let previous_attributes = before.map(|before| {
            let was = before.as_object().into_iter().flatten();
            let changed = was.filter(|(name, value)| after.get(name.as_str()) != Some(*value));
            Value::Object(
                changed
                    .map(|(name, value)| (name.clone(), value.clone()))
                    .collect(),
            )
        });
        Self {
            object: after,
            previous_attributes,
        }
    }
}

/// The name of the schema that the object of such events has; `None` where callers alone say what it is.
pub fn object_schema(kind: EventType) -> Option<&'static str> {
    let (family, _) = kind.as_str().split_once('.')?;
    Some(match family {
        "billing_settings" => "BillingSettings",
        "commission" => "Commission",
        "coupon" => "Coupon",
        "credit_note" => "CreditNote",
        "customer" => "Customer",
        "delivery" => "Delivery",
        "endpoint" => "Endpoint",
        "invoice" => "Invoice",
        "member" => "Member",
        "payment" => "Payment",
        "payment_method" => "PaymentMethod",
        "plan" => "Plan",
        "refund" => "Refund",
        "schedule" => "Schedule",
        "subscription" => "Subscription",
        "tax_rate" => "TaxRate",
        "test_clock" => "TestClock",
        _ => return None,
    })
}

/// An example object for a test event, where the caller sends no data of its own.
pub fn example_of(kind: EventType) -> Value {
    let (family, _) = kind.as_str().split_once('.').unwrap_or((kind.as_str(), ""));
    serde_json::json!({ "id": format!("{family}_test"), "object": family, "test": true })
}
