//! `POST /v3/webhooks/{id}/rotate-secret`

use api::dialect::rocketsavvy::{Endpoint, Problems};
use api::input::{Fields, Input};
use api::{Cx, Json, Path, Problem, Reply, WebhooksWrite, secrets};
use futures::future::try_join;
use models::{Error, Id};
use utoipa::ToSchema;

use crate::settings::{self, good_secret};

/// How a secret is replaced.
#[derive(ToSchema)]
pub(crate) struct SecretRotation {
    /// The new secret, 16 to 256 visible ASCII characters; made for you where it is absent.
    #[schema(example = "whsec_your_next_secret_key")]
    secret: Option<String>,
    /// Hours for which the present secret signs beside the new one; 24 where it is absent. With 0 no earlier secret signs any
    /// more.
    #[schema(example = 24, minimum = 0, maximum = 168)]
    overlap_hours: Option<u32>,
}

impl Input for SecretRotation {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let secret = fields.text("secret", 1..=256).optional();
        Some(Self {
            secret: secret.and_then(|secret| good_secret(fields, secret)),
            overlap_hours: fields.count("overlap_hours", 0..=168).optional(),
        })
    }
}

/// Rotate the secret of a webhook endpoint
///
/// The answer shows the new secret, this once; a replay by its `Idempotency-Key` is without it. Until the overlap ends,
/// `webhook-signature` has a signature with each secret, so receivers can change theirs at any time between. At most ten
/// replaced secrets sign at once. 1 read and 1 write unit for each KiB begun.
#[utoipa::path(
    post,
    path = "/v3/webhooks/{id}/rotate-secret",
    tag = "webhooks",
    params(("id" = String, Path, description = "The endpoint.", example = "we_rs_123456")),
    request_body = SecretRotation,
    responses((status = 200, description = "The endpoint with its new secret.", body = Endpoint), Problems)
)]
pub(crate) async fn rotate_webhook_secret(
    cx: Cx<WebhooksWrite>,
    Path(id): Path<Id<models::ids::Webhook>>,
    Json(rotation): Json<SecretRotation>,
) -> Result<Reply, Problem> {
    let (stored, now) = try_join(cx.endpoint_now(id), cx.now()).await?;
    let stored = stored.ok_or_else(|| Error::not_found("webhook endpoint", id))?;
    let secret = match rotation.secret {
        Some(secret) => secret,
        None => secrets::webhook_secret(cx.ids())?,
    };
    let mut endpoint = (*stored).clone();
    let overlap = settings::overlap_seconds(rotation.overlap_hours);
    endpoint.rotate(secret, overlap, now);
    let mut writes = cx.writes().await?;
    writes.update(&stored, &endpoint, None)?;
    cx.changed_secret(&writes, &Endpoint::with_secret(&endpoint, now, cx.mode()))
        .await
}
