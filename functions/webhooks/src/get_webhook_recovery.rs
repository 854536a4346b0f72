//! `GET /v3/webhooks/{id}/recover`

use api::dialect::rocketsavvy::{Problems, Recovery};
use api::{Cx, Path, Problem, Reply, WebhooksRead};
use futures::future::try_join;
use models::{Error, Id};

/// Retrieve the recovery of a webhook endpoint
///
/// The one that was asked for last; 404 where none was. 2 reads at once.
#[utoipa::path(
    get,
    path = "/v3/webhooks/{id}/recover",
    tag = "webhooks",
    params(("id" = String, Path, description = "The endpoint.", example = "we_rs_123456")),
    responses((status = 200, description = "How far the recovery is.", body = Recovery), Problems)
)]
pub(crate) async fn get_webhook_recovery(
    cx: Cx<WebhooksRead>,
    Path(id): Path<Id<models::ids::Webhook>>,
) -> Result<Reply, Problem> {
    let (endpoint, recovery) = try_join(cx.endpoint(id), cx.recovery_now(id)).await?;
    if endpoint.is_none() {
        return Err(Error::not_found("webhook endpoint", id).into());
    }
    let recovery = recovery.ok_or_else(|| Error::not_found("recovery of webhook endpoint", id))?;
    Reply::ok(&Recovery::of(&recovery, cx.mode()))
}
