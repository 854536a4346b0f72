//! Endpoints as v3 prints them.
//!
//! # Determinations
//! - What an endpoint's own headers say is a credential as often as not. Values of those whose names say so are printed as
//!   [`MASKED`], in answers and in events alike; a `PATCH` that sends it back keeps the value.
//! - `secret_expires_at` is the moment from which `secret` alone signs: the end of the longest overlap of a replaced secret.

use std::collections::BTreeMap;

use models::event::Stamp;
use models::webhooks::{self, DeliveryId, DisabledReason};
use models::{Metadata, Mode, Moment, Result, View};
use serde::Serialize;
use utoipa::ToSchema;

/// What stands for a value that is not shown.
pub const MASKED: &str = "********";
/// What is in the names of headers that carry credentials.
const CREDENTIALS: [&str; 8] = [
    "auth",
    "cookie",
    "credential",
    "key",
    "password",
    "secret",
    "signature",
    "token",
];

/// A webhook endpoint.
#[derive(Clone, Serialize, ToSchema)]
pub struct Endpoint {
    #[schema(example = "we_rs_123456")]
    id: String,
    #[schema(example = "https://your-app.com/webhooks/rocketsavvy")]
    url: String,
    #[schema(example = "Orders of the Berlin shop")]
    description: Option<String>,
    #[schema(example = json!(["subscription.created", "payment.succeeded"]))]
    events: Vec<String>,
    /// Shown in the answer that creates the endpoint or rotates its secret, and absent ever after: what was read can be sent
    /// back in a `PATCH`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "whsec_your_secret_key")]
    secret: Option<String>,
    /// Until when a replaced secret signs beside the present one; `null` where none does.
    #[schema(example = json!(null))]
    secret_expires_at: Option<String>,
    /// The headers that every message carries beside ours. The values of those whose names say that they are credentials
    /// are `********`.
    #[schema(value_type = BTreeMap<String, String>, example = json!({"X-Env": "production", "Authorization": "********"}))]
    headers: BTreeMap<String, String>,
    /// Messages in a minute, at most; `null` for no limit.
    #[schema(example = 600)]
    rate_limit: Option<u32>,
    /// Whether anything is sent.
    #[schema(example = true)]
    enabled: bool,
    /// `enabled` or `disabled`.
    #[schema(example = "enabled")]
    status: &'static str,
    /// Why nothing is sent: `manual` (somebody switched it off), `gone` (it answered 410) or `failing` (every attempt failed
    /// for five days); `null` while it is enabled.
    #[schema(example = json!(null))]
    disabled_reason: Option<&'static str>,
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
    /// The same with its secret: for the one answer that shows it.
    pub fn with_secret(endpoint: &webhooks::Endpoint, at: Moment) -> Result<Self> {
        Ok(Self {
            secret: Some(endpoint.secret.clone()),
            ..Self::of(endpoint, at)?
        })
    }
}

impl View for Endpoint {
    type Of = webhooks::Endpoint;
    type At = Moment;

    fn of(endpoint: &webhooks::Endpoint, Moment { mode, now }: Moment) -> Result<Self> {
        let filters = endpoint.events.iter();
        let status = if endpoint.enabled {
            "enabled"
        } else {
            "disabled"
        };
        Ok(Self {
            id: endpoint.id.to_string(),
            url: endpoint.url.clone(),
            description: endpoint.description.clone(),
            events: filters.map(|filter| filter.as_str().to_owned()).collect(),
            secret: None,
            secret_expires_at: endpoint.old_secrets_expire_at(now).map(|at| at.to_string()),
            headers: masked_headers(&endpoint.headers),
            rate_limit: endpoint.rate_limit,
            enabled: endpoint.enabled,
            status,
            disabled_reason: endpoint.disabled_reason.map(DisabledReason::as_str),
            metadata: endpoint.metadata.clone(),
            created: endpoint.created.to_string(),
            livemode: mode.is_live(),
        })
    }
}

impl models::ShownOnce for Endpoint {
    fn without_secret(&self) -> Self {
        Self {
            secret: None,
            ..self.clone()
        }
    }
}

/// Headers as they are shown.
pub(super) fn masked_headers(headers: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let shown = headers.iter().map(|(name, value)| {
        let folded = name.to_ascii_lowercase();
        let secret = CREDENTIALS.iter().any(|word| folded.contains(word));
        let value = if secret { MASKED } else { value.as_str() };
        (name.clone(), value.to_owned())
    });
    shown.collect()
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
    /// The delivery, which is there once its first attempt was made.
    #[schema(example = "del_rs_1234560000000000123456")]
    delivery_id: String,
    #[schema(example = true)]
    livemode: bool,
}

impl TestSent {
    /// The test event that an endpoint alone will receive.
    pub fn of(endpoint: &webhooks::Endpoint, stamp: &Stamp, mode: Mode) -> Self {
        let delivery = DeliveryId {
            event: stamp.id,
            endpoint: endpoint.id,
        };
        Self {
            event_id: stamp.id.to_string(),
            event_type: stamp.kind.as_str(),
            webhook_id: endpoint.id.to_string(),
            delivery_id: delivery.to_string(),
            livemode: mode.is_live(),
        }
    }
}

/// What an endpoint missed, on its way once more.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Recovery {
    #[schema(example = "we_rs_123456")]
    webhook_id: String,
    /// Events from then on are sent again, unless they were delivered.
    #[schema(example = "2025-06-27T08:00:00Z")]
    since: String,
    /// When it was asked for: later events are sent anyway.
    #[schema(example = "2025-06-27T10:30:00Z")]
    until: String,
    /// `running` or `finished`.
    #[schema(example = "running")]
    status: &'static str,
    /// Deliveries begun so far.
    #[schema(example = 0)]
    resent: u64,
    #[schema(example = true)]
    livemode: bool,
}

impl View for Recovery {
    type Of = webhooks::Recovery;
    type At = Mode;

    fn of(recovery: &webhooks::Recovery, mode: Mode) -> Result<Self> {
        let status = if recovery.running {
            "running"
        } else {
            "finished"
        };
        Ok(Self {
            webhook_id: recovery.webhook_id.to_string(),
            since: recovery.since.to_string(),
            until: recovery.until.to_string(),
            status,
            resent: recovery.resent,
            livemode: mode.is_live(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_masked_whatever_their_spelling() {
        let shown = |name: &str| {
            let headers = BTreeMap::from([(name.to_owned(), "value".to_owned())]);
            masked_headers(&headers).remove(name).unwrap()
        };
        for name in [
            "Authorization",
            "COOKIE",
            "X-Api-Key",
            "x-access-token",
            "X-Client-Secret",
            "password",
            "X-Auth",
            "x-hub-signature-256",
            "Credentials",
        ] {
            assert_eq!(shown(name), MASKED, "{name}");
        }
        for name in ["X-Env", "accept", "x-tenant"] {
            assert_eq!(shown(name), "value", "{name}");
        }
    }
}
