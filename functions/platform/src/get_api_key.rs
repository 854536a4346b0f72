//! `GET /v3/api-keys/{id}`

use api::{Cx, Done, Path, PlatformRead, Problem, operation};
use models::{Id, Moment, View};
use views::rocketsavvy::ApiKey;

/// Retrieve an API key
///
/// Retrieves an API key by its id. Its secret is not shown.
#[operation(get, "/v3/api-keys/{id}", tag = "platform")]
pub(crate) async fn get_api_key(
    cx: Cx<PlatformRead>,
    Path(id): Path<Id<models::ids::ApiKey>>,
) -> Result<Done<ApiKey>, Problem> {
    let key = cx.require_now(id).await?;
    Done::of(&ApiKey::of(&key, Moment::at(cx.wall(), cx.mode()))?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testkit::World;

    #[tokio::test]
    async fn keys_of_another_business_or_mode_do_not_exist() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let made = api
            .post("/v3/api-keys", json!({ "name": "A", "mode": "test" }))
            .await;
        let path = format!("/v3/api-keys/{}", made.text_of("id"));
        world.meter.take();
        api.get(&path).await.expect(200);
        let units = world.meter.take();
        assert_eq!(
            (units.read_tenths, units.round_trips()),
            (10, 1),
            "{units:?}"
        );
        for key in [&world.theirs.test_key, &world.ours.live_key] {
            let stranger = api.with_key(key);
            stranger.get(&path).await.expect(404);
            stranger
                .post(&format!("{path}/rotate"), json!({}))
                .await
                .expect(404);
            stranger.delete(&path).await.expect(404);
        }
        api.get("/v3/api-keys/key_rs_01").await.expect(404);
        assert_eq!(api.get(&path).await.text_of("status"), "active");
    }
}
