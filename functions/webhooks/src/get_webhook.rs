//! `GET /v3/webhooks/{id}`

use api::{Cx, Done, Path, Problem, WebhooksRead, operation};
use futures::future::try_join;
use models::{Id, Moment, View};
use views::rocketsavvy::Endpoint;

/// Retrieve a webhook endpoint
///
/// Retrieves a webhook endpoint by its id. Its secret is not shown.
#[operation(get, "/v3/webhooks/{id}", tag = "webhooks")]
pub(crate) async fn get_webhook(
    cx: Cx<WebhooksRead>,
    Path(id): Path<Id<models::ids::Webhook>>,
) -> Result<Done<Endpoint>, Problem> {
    let (endpoint, now) = try_join(cx.require(id), cx.now()).await?;
    Done::of(&Endpoint::of(&endpoint, Moment::at(now, cx.mode()))?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testkit::World;

    #[tokio::test]
    async fn endpoints_of_another_business_or_mode_do_not_exist() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let body = json!({ "url": "https://example.com/", "events": ["*"] });
        let made = api.post("/v3/webhooks", body).await;
        let path = format!("/v3/webhooks/{}", made.text_of("id"));
        for key in [&world.theirs.test_key, &world.ours.live_key] {
            let stranger = api.with_key(key);
            stranger.get(&path).await.expect(404);
            stranger
                .patch(&path, json!({ "enabled": false }))
                .await
                .expect(404);
            stranger.delete(&path).await.expect(404);
            stranger
                .get(&format!("{path}/deliveries"))
                .await
                .expect(404);
            let test = json!({ "event_type": "invoice.paid" });
            stranger
                .post(&format!("{path}/test"), test)
                .await
                .expect(404);
        }
        world.meter.take();
        // The second read is that of the test clock.
        let answer = api.get(&path).await;
        assert_eq!(answer.expect(200)["enabled"], true);
        let units = world.meter.take();
        assert_eq!(
            (units.read_tenths, units.round_trips()),
            (15, 2),
            "{units:?}"
        );
        for unknown in ["we_rs_1", "we_rs_01", "1", "evt_rs_1"] {
            api.get(&format!("/v3/webhooks/{unknown}"))
                .await
                .expect(404);
        }
        let stranger = world.key_with(&["billing:read"]).await;
        api.with_key(&stranger).get(&path).await.expect(403);
    }
}
