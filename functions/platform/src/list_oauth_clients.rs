//! `GET /v3/oauth-clients`

use api::{Cx, Listed, PageQuery, PlatformRead, Problem, Query, operation};
use models::ids;
use views::rocketsavvy::OauthClient;

/// List OAuth clients
///
/// Lists OAuth clients, newest first. Secrets are not shown.
#[operation(get, "/v3/oauth-clients", tag = "platform")]
pub(crate) async fn list_oauth_clients(
    cx: Cx<PlatformRead>,
    Query(query): Query<PageQuery>,
) -> Result<Listed<OauthClient>, Problem> {
    let paging = cx.page(&query)?;
    let page = cx.list::<ids::OauthClient>(&paging.request).await?;
    paging.list(page, ())
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testkit::World;

    #[tokio::test]
    async fn a_list_holds_our_clients_of_this_mode_and_no_secret() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        for name in ["A", "B"] {
            api.post("/v3/oauth-clients", json!({ "name": name }))
                .await
                .expect(201);
        }
        world.meter.take();
        let answer = api.get("/v3/oauth-clients").await;
        let data = answer.expect(200)["data"].as_array().unwrap();
        let units = world.meter.take();
        assert_eq!(units.round_trips(), 1, "{units:?}");
        let names: Vec<&str> = data
            .iter()
            .map(|client| client["name"].as_str().unwrap())
            .collect();
        assert_eq!(names, ["B", "A"]);
        assert!(data.iter().all(|client| client["client_secret"].is_null()));
        for key in [&world.theirs.test_key, &world.ours.live_key] {
            let answer = api.with_key(key).get("/v3/oauth-clients").await;
            assert_eq!(answer.expect(200)["data"], json!([]));
        }
        let stranger = world.key_with(&["billing:read"]).await;
        api.with_key(&stranger)
            .get("/v3/oauth-clients")
            .await
            .expect(403);
    }
}
