//! `GET /v3/api-keys`

use api::{Cx, Listed, PageQuery, PlatformRead, Problem, Query, operation};
use models::{Moment, ids};
use views::rocketsavvy::ApiKey;

/// List API keys
///
/// Lists the API keys of the calling key's mode, newest first, revoked ones as well. Secrets are not shown.
#[operation(get, "/v3/api-keys", tag = "platform")]
pub(crate) async fn list_api_keys(
    cx: Cx<PlatformRead>,
    Query(query): Query<PageQuery>,
) -> Result<Listed<ApiKey>, Problem> {
    let paging = cx.page(&query)?;
    let page = cx.list::<ids::ApiKey>(&paging.request).await?;
    let now = cx.wall();
    paging.list(page, Moment::at(now, cx.mode()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testkit::World;

    #[tokio::test]
    async fn pages_hold_our_keys_of_this_mode_and_no_secret() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        for name in ["A", "B"] {
            let body = json!({ "name": name, "mode": "test" });
            api.post("/v3/api-keys", body).await.expect(201);
        }
        world.meter.take();
        let first = api.get("/v3/api-keys?limit=2").await;
        let units = world.meter.take();
        assert_eq!(units.round_trips(), 1, "{units:?}");
        let names = |answer: &testkit::Answer| -> Vec<String> {
            let data = answer.expect(200)["data"].as_array().unwrap();
            assert!(
                data.iter()
                    .all(|key| key["key"].is_null() && key["mode"] == "test")
            );
            data.iter()
                .map(|key| key["name"].as_str().unwrap().to_owned())
                .collect()
        };
        assert_eq!(names(&first), ["B", "A"]);
        let next = format!(
            "/v3/api-keys?limit=2&cursor={}",
            first.text_of("next_cursor")
        );
        assert_eq!(names(&api.get(&next).await), ["Key of the tests"]);
        let theirs = api.with_key(&world.theirs.test_key);
        assert_eq!(
            names(&theirs.get("/v3/api-keys").await),
            ["Key of the tests"]
        );
        let refused = theirs.get(&next).await;
        refused.expect(400);
        assert_eq!(refused.pointers(), ["?cursor"]);
        let answer = api.get("/v3/api-keys?limit=0").await;
        answer.expect(400);
        assert_eq!(answer.pointers(), ["?limit"]);
        let writer = world.key_with(&["billing:write"]).await;
        api.with_key(&writer).get("/v3/api-keys").await.expect(403);
    }
}
