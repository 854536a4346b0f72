//! Endpoints and deliveries as v3 prints them.

use models::event::Stamp;
use models::{Metadata, Mode, webhooks};
use serde::Serialize;
use utoipa::ToSchema;

use super::List;
use crate::cx::ShownOnce;

/// A webhook endpoint.
#[derive(Clone, Serialize, ToSchema)]
pub struct Endpoint {
    #[schema(example = "we_rs_123456")]
    id: String,
    #[schema(example = "https://your-app.com/webhooks/rocketsavvy")]
    url: String,
    #[schema(example = json!(["subscription.created", "payment.succeeded"]))]
    events: Vec<String>,
    /// Shown in the answer that creates the endpoint, and absent ever after: what was read can be sent back in a `PATCH`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "whsec_your_secret_key")]
    secret: Option<String>,
    /// Whether anything is sent.
    #[schema(example = true)]
    enabled: bool,
    /// `enabled` or `disabled`.
    #[schema(example = "enabled")]
    status: &'static str,
    #[schema(value_type = BTreeMap<String, String>, example = json!({"environment": "production"}))]
    metadata: Metadata,
    #[schema(example = "2025-06-27T10:30:00Z")]
    created: String,
    #[schema(example = true)]
    livemode: bool,
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Endpoint")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl Endpoint {
    /// The endpoint as v3 prints it, without its secret.
    pub fn of(endpoint: &webhooks::Endpoint, mode: Mode) -> Self {
        Self {
            id: endpoint.id.to_string(),
            url: endpoint.url.clone(),
            events: endpoint
                .events
                .iter()
                .map(|filter| filter.as_str().to_owned())
                .collect(),
            secret: None,
            enabled: endpoint.enabled,
            status: if endpoint.enabled {
                "enabled"
            } else {
                "disabled"
            },
            metadata: endpoint.metadata.clone(),
            created: endpoint.created.to_string(),
            livemode: mode.is_live(),
        }
    }

    /// The same with its secret: for the one answer that shows it.
    pub fn with_secret(endpoint: &webhooks::Endpoint, mode: Mode) -> Self {
        Self {
            secret: Some(endpoint.secret.clone()),
            ..Self::of(endpoint, mode)
        }
    }
}

impl ShownOnce for Endpoint {
    fn without_secret(&self) -> Self {
        Self {
            secret: None,
            ..self.clone()
        }
    }
}

/// One page of the deliveries to an endpoint, newest event first.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Deliveries {
    /// The deliveries.
    deliveries: Vec<Delivery>,
    /// Whether another page follows.
    #[schema(example = false)]
    has_more: bool,
    /// The `cursor` of the next page.
    #[schema(example = json!(null))]
    next_cursor: Option<String>,
}

impl From<List<Delivery>> for Deliveries {
    /// The document prints this list under a name of its own.
    fn from(list: List<Delivery>) -> Self {
        Self {
            deliveries: list.data,
            has_more: list.has_more,
            next_cursor: list.next_cursor,
        }
    }
}

/// A test event on its way.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TestSent {
    #[schema(example = "evt_rs_123456")]
    event_id: String,
    #[schema(example = "payment.succeeded")]
    event_type: &'static str,
    #[schema(example = "we_rs_123456")]
    webhook_id: String,
    #[schema(example = true)]
    livemode: bool,
}

impl TestSent {
    /// The test event that an endpoint alone will receive.
    pub fn of(endpoint: &webhooks::Endpoint, stamp: &Stamp, mode: Mode) -> Self {
        Self {
            event_id: stamp.id.to_string(),
            event_type: stamp.kind.as_str(),
            webhook_id: endpoint.id.to_string(),
            livemode: mode.is_live(),
        }
    }
}

/// One event on its way to one endpoint.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Delivery {
    #[schema(example = "del_rs_123456")]
    id: String,
    #[schema(example = "we_rs_123456")]
    webhook_id: String,
    #[schema(example = "evt_rs_123456")]
    event_id: String,
    #[schema(example = "payment.succeeded")]
    event_type: &'static str,
    /// `delivered`, `failed` (another attempt follows), `exhausted` or `canceled`.
    #[schema(example = "delivered")]
    status: &'static str,
    /// The status code of the last attempt; `null` where no answer came.
    #[schema(example = 200)]
    http_status: Option<u16>,
    /// Why no answer came.
    #[schema(example = "the connection timed out")]
    error: Option<String>,
    #[schema(example = 1)]
    attempts: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "2025-06-27T10:30:00Z")]
    delivered_at: Option<String>,
    /// Milliseconds of the last attempt.
    #[schema(example = 245)]
    response_time: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "2025-06-27T11:00:00Z")]
    next_retry: Option<String>,
    #[schema(example = "2025-06-27T10:30:00Z")]
    created: String,
    #[schema(example = true)]
    livemode: bool,
}

impl Delivery {
    /// The delivery as v3 prints it.
    pub fn of(delivery: &webhooks::Delivery, mode: Mode) -> Self {
        let last = delivery.attempts.last();
        Self {
            id: delivery.id.to_string(),
            webhook_id: delivery.id.endpoint.to_string(),
            event_id: delivery.id.event.to_string(),
            event_type: delivery.event_type.as_str(),
            status: delivery.status.as_str(),
            http_status: last.and_then(|attempt| attempt.http_status),
            error: last.and_then(|attempt| attempt.error.clone()),
            attempts: delivery.attempts.len(),
            delivered_at: delivery.delivered_at.map(|at| at.to_string()),
            response_time: last.map(|attempt| attempt.response_time_ms),
            next_retry: delivery.next_retry.map(|at| at.to_string()),
            created: delivery.created.to_string(),
            livemode: mode.is_live(),
        }
    }
}
