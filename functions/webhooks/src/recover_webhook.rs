//! `POST /v3/webhooks/{id}/recover`

use api::dialect::rocketsavvy::{Problems, Recovery};
use api::input::{Fields, Input};
use api::{Cx, Json, Path, Problem, Reply, WebhooksWrite};
use futures::future::try_join3;
use models::{Error, Id, Result, Timestamp, webhooks};
use utoipa::ToSchema;

use crate::settings;

/// How far back a recovery goes, in days: for so long is known what was delivered.
const MAX_DAYS: i64 = 90;

/// What is to be sent again.
#[derive(Debug, ToSchema)]
pub(crate) struct NewRecovery {
    /// The oldest moment of an event that is sent again: not in the future, and at most 90 days ago.
    #[schema(value_type = String, format = DateTime, example = "2026-01-14T00:00:00Z")]
    since: Timestamp,
}

impl Input for NewRecovery {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let since = fields.timestamp("since").required(fields);
        Some(Self { since: since? })
    }
}

impl NewRecovery {
    fn check(&self, now: Timestamp) -> Result<()> {
        let detail = if self.since > now {
            "must not be in the future"
        } else if self.since < now.plus_days(-MAX_DAYS) {
            "must be at most 90 days ago"
        } else {
            return Ok(());
        };
        Err(Error::invalid("/since", "out_of_range", detail))
    }
}

/// Recover what a webhook endpoint missed
///
/// Every event since then that the endpoint listens to and that was not delivered to it is sent again, oldest first and each
/// once; what was delivered is not. `GET` on this path tells how far it is. One recovery of an endpoint runs at a time. 2 reads and
/// 1 write unit, and 2 more to have it begun.
#[utoipa::path(
    post,
    path = "/v3/webhooks/{id}/recover",
    tag = "webhooks",
    params(("id" = String, Path, description = "The endpoint.", example = "we_rs_123456")),
    request_body = NewRecovery,
    responses((status = 202, description = "The recovery has begun.", body = Recovery), Problems)
)]
pub(crate) async fn recover_webhook(
    cx: Cx<WebhooksWrite>,
    Path(id): Path<Id<models::ids::Webhook>>,
    Json(input): Json<NewRecovery>,
) -> Result<Reply, Problem> {
    let (endpoint, before, now) =
        try_join3(cx.endpoint_now(id), cx.recovery_now(id), cx.now()).await?;
    let endpoint = endpoint.ok_or_else(|| Error::not_found("webhook endpoint", id))?;
    input.check(now)?;
    settings::is_sent_to(&endpoint)?;
    let recovery = webhooks::Recovery::new(id, input.since.whole_second(), now);
    let mut writes = cx.writes().await?;
    match before {
        Some(before) if before.running => {
            let detail = "a recovery of this endpoint is running; wait for its end";
            return Err(Error::conflict("recovery_running", detail).into());
        }
        Some(before) => writes.update_at_once(&before, &recovery)?,
        None => writes.create_at_once(&recovery)?,
    }
    cx.done(&writes, 202, &Recovery::of(&recovery, cx.mode()))
        .await
}
