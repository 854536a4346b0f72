//! `GET /v3/webhooks/{id}/recover`

use api::{Cx, Done, Path, Problem, WebhooksRead, operation};
use futures::future::try_join;
use models::{Error, Id, View};
use views::rocketsavvy::Recovery;

/// Retrieve the recovery of a webhook endpoint
///
/// Retrieves how far the latest recovery of an endpoint is. 404 where none was ever started.
#[operation(
    get,
    "/v3/webhooks/{id}/recover",
    tag = "webhooks",
    answer = "How far the recovery is."
)]
pub(crate) async fn get_webhook_recovery(
    cx: Cx<WebhooksRead>,
    Path(id): Path<Id<models::ids::Webhook>>,
) -> Result<Done<Recovery>, Problem> {
    let (endpoint, recovery) = try_join(cx.find(id), cx.recovery_now(id)).await?;
    if endpoint.is_none() {
        return Err(Error::not_found("webhook endpoint", id).into());
    }
    let recovery = recovery.ok_or_else(|| Error::not_found("recovery of webhook endpoint", id))?;
    Done::of(&Recovery::of(&recovery, cx.mode())?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testkit::World;

    use crate::testing::{endpoint, strangers};

    #[tokio::test]
    async fn there_is_one_once_it_was_asked_for() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let id = endpoint(&api).await;
        let path = format!("/v3/webhooks/{id}/recover");
        api.get(&path).await.expect(404);
        let body = json!({ "since": "2026-01-14T00:00:00Z" });
        api.post(&path, body).await.expect(202);
        world.meter.take();
        let answer = api.get(&path).await;
        assert_eq!(answer.expect(200)["status"], "running");
        let units = world.meter.take();
        assert_eq!(
            (units.read_tenths, units.round_trips()),
            (15, 2),
            "{units:?}"
        );
        let unknown = api.get("/v3/webhooks/we_rs_1/recover").await;
        unknown.expect(404);
        for stranger in strangers(&world, &api) {
            let refused = stranger.get(&path).await;
            refused.expect(404);
            assert_eq!(
                refused.text_of("detail").replace(&id, ""),
                unknown.text_of("detail").replace("we_rs_1", "")
            );
        }
        let other = api.with_key(&world.key_with(&["billing:read"]).await);
        other.get(&path).await.expect(403);
        api.delete(&format!("/v3/webhooks/{id}")).await.expect(200);
        api.get(&path).await.expect(404);
    }
}
