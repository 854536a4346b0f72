//! Deliveries as v3 prints them.
//!
//! # Determinations
//! - `request` shows the event as it is sent, with the headers that the endpoint has now, credentials masked. Neither the
//!   signature nor its timestamp is kept: every attempt has its own.
//! - `response` is what the last attempt was answered, redacted before it was kept.

use std::collections::BTreeMap;

use models::webhooks::{self, Attempt, EventRecord};
use models::{Error, Mode, Result, View};
use serde::Serialize;
use utoipa::ToSchema;

use super::Event;
use super::webhooks::masked_headers;

/// Most of a body that is shown, in bytes; of an answer no more is kept.
const MAX_BODY: usize = 4096;

/// One page of the deliveries to an endpoint, newest event first.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DeliveryPage {
    /// The deliveries.
    pub deliveries: Vec<Delivery>,
    /// Whether another page follows.
    #[schema(example = false)]
    pub has_more: bool,
    /// The `cursor` of the next page.
    #[schema(example = json!(null))]
    pub next_cursor: Option<String>,
}

/// One event on its way to one endpoint.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Delivery {
    #[schema(example = "del_rs_1234560000000000123456")]
    id: String,
    #[schema(example = "we_rs_123456")]
    webhook_id: String,
    #[schema(example = "evt_rs_123456")]
    event_id: String,
    #[schema(example = "payment.succeeded")]
    event_type: &'static str,
    /// `pending` (an attempt is to be made now or as soon as the rate limit lets it), `delivered`, `failed` (another attempt
    /// follows), `exhausted` (none follows) or `canceled` (the endpoint was disabled before).
    #[schema(example = "delivered")]
    #[schema(inline)]
    status: webhooks::DeliveryStatus,
    /// The status code of the last attempt; `null` where no answer came.
    #[schema(example = 200)]
    http_status: Option<u16>,
    /// Why no answer came.
    #[schema(example = json!(null))]
    error: Option<String>,
    /// Attempts made.
    #[schema(example = 1)]
    attempts: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2025-06-27T10:30:00Z")]
    delivered_at: Option<String>,
    /// Milliseconds of the last attempt.
    #[schema(example = 245)]
    response_time: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2025-06-27T11:00:00Z")]
    next_retry: Option<String>,
    /// What was sent; not in events.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    request: Option<DeliveryRequest>,
    /// What the last attempt was answered; `null` where it had no answer, and before the first one.
    response: Option<DeliveryResponse>,
    /// The newest ten attempts, in order. Not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    attempt_log: Option<Vec<DeliveryAttempt>>,
    #[schema(example = "2025-06-27T10:30:00Z")]
    created: String,
    #[schema(example = true)]
    livemode: bool,
}

/// What was sent.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DeliveryRequest {
    /// Where the last attempt went; before the first one, where it will go.
    #[schema(example = "https://your-app.com/webhooks/rocketsavvy")]
    url: String,
    /// Without the signature and its timestamp, which every attempt has anew. The values of custom headers whose names say
    /// that they are credentials are `********`.
    #[schema(value_type = BTreeMap<String, String>, example = json!({
        "content-type": "application/json", "user-agent": "Savvy-Webhooks/1.0", "webhook-id": "evt_rs_123456",
        "Authorization": "********",
    }))]
    headers: BTreeMap<String, String>,
    /// The event as it is sent, the first 4 KiB of it.
    #[schema(
        example = "{\"id\":\"evt_rs_123456\",\"type\":\"payment.succeeded\",\"created\":\"2025-06-27T10:30:00Z\"}"
    )]
    body: Option<String>,
    /// Whether the body goes on.
    #[schema(example = false)]
    truncated: bool,
}

/// What an endpoint answered. Cookies and card numbers, the secrets of the endpoint and the values of its headers are not
/// kept.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DeliveryResponse {
    #[schema(example = 200)]
    status: u16,
    /// `content-type`, `location`, `request-id`, `retry-after`, `server` and `x-request-id`, those that came.
    #[schema(value_type = BTreeMap<String, String>, example = json!({"content-type": "text/plain"}))]
    headers: BTreeMap<String, String>,
    /// The first 4 KiB.
    #[schema(example = "ok")]
    body: String,
    /// Whether the body went on.
    #[schema(example = false)]
    truncated: bool,
}

/// One attempt.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DeliveryAttempt {
    #[schema(example = "2025-06-27T10:30:00Z")]
    at: String,
    /// `null` where no answer came.
    #[schema(example = 200)]
    http_status: Option<u16>,
    /// Why no answer came.
    #[schema(example = json!(null))]
    error: Option<String>,
    /// Milliseconds.
    #[schema(example = 245)]
    response_time: u32,
    /// `scheduled`, or `manual` where somebody asked for it.
    #[schema(example = "scheduled")]
    trigger: &'static str,
}

impl Delivery {
    /// The delivery of `event` to `endpoint` as v3 prints it. `event` is `None` where it cannot be read yet.
    pub fn of(
        delivery: &webhooks::Delivery,
        endpoint: &webhooks::Endpoint,
        event: Option<&EventRecord>,
        mode: Mode,
    ) -> Result<Self> {
        let request = DeliveryRequest::of(delivery, endpoint, event, mode)?;
        Ok(Self {
            request: Some(request),
            ..Self::told(delivery, mode)
        })
    }

    /// The delivery as events tell of it: without what was sent, which is another event.
    pub fn told(delivery: &webhooks::Delivery, mode: Mode) -> Self {
        let last = delivery.attempts.last();
        Self {
            id: delivery.id.to_string(),
            webhook_id: delivery.id.endpoint.to_string(),
            event_id: delivery.id.event.to_string(),
            event_type: delivery.event_type.as_str(),
            status: delivery.status,
            http_status: last.and_then(|attempt| attempt.http_status),
            error: last.and_then(|attempt| attempt.error.clone()),
            attempts: delivery.attempt_count,
            delivered_at: delivery.delivered_at.map(|at| at.to_string()),
            response_time: last.map(|attempt| attempt.response_time_ms),
            next_retry: delivery.next_retry.map(|at| at.to_string()),
            request: None,
            response: last.and_then(DeliveryResponse::of),
            attempt_log: None,
            created: delivery.created.to_string(),
            livemode: mode.is_live(),
        }
    }

    /// The same with its attempts.
    #[must_use]
    pub fn with_attempts_of(self, delivery: &webhooks::Delivery) -> Self {
        let attempts = delivery.attempts.iter().map(DeliveryAttempt::of);
        Self {
            attempt_log: Some(attempts.collect()),
            ..self
        }
    }
}

impl DeliveryRequest {
    fn of(
        delivery: &webhooks::Delivery,
        endpoint: &webhooks::Endpoint,
        event: Option<&EventRecord>,
        mode: Mode,
    ) -> Result<Self> {
        let mut headers = masked_headers(&endpoint.headers);
        let ours = [
            ("content-type", "application/json".to_owned()),
            ("user-agent", webhooks::USER_AGENT.to_owned()),
            ("webhook-id", delivery.id.event.to_string()),
        ];
        headers.extend(ours.map(|(name, value)| (name.to_owned(), value)));
        let url = delivery.url.as_ref().unwrap_or(&endpoint.url);
        let mut body = event.map(|event| sent(event, mode)).transpose()?;
        let truncated = body.as_ref().is_some_and(|body| body.len() > MAX_BODY);
        if let Some(body) = &mut body {
            body.truncate(body.floor_char_boundary(MAX_BODY));
        }
        Ok(Self {
            url: url.clone(),
            headers,
            body,
            truncated,
        })
    }
}

/// The event as the sender writes it.
fn sent(event: &EventRecord, mode: Mode) -> Result<String> {
    serde_json::to_string(&Event::of(event, mode)?).map_err(Error::internal)
}

impl DeliveryResponse {
    fn of(attempt: &Attempt) -> Option<Self> {
        let answer = attempt.answer.clone().unwrap_or_default();
        attempt.http_status.map(|status| Self {
            status,
            headers: answer.headers,
            body: answer.body,
            truncated: answer.truncated,
        })
    }
}

impl DeliveryAttempt {
    fn of(attempt: &Attempt) -> Self {
        Self {
            at: attempt.at.to_string(),
            http_status: attempt.http_status,
            error: attempt.error.clone(),
            response_time: attempt.response_time_ms,
            trigger: if attempt.manual {
                "manual"
            } else {
                "scheduled"
            },
        }
    }
}
