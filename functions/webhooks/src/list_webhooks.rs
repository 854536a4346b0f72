//! `GET /v3/webhooks`

use api::{Cx, Listed, PageQuery, Problem, Query, WebhooksRead, operation};
use futures::future::try_join;
use models::{Moment, ids};
use views::rocketsavvy::Endpoint;

/// List webhook endpoints
///
/// Lists webhook endpoints, newest first. Secrets are not shown.
#[operation(get, "/v3/webhooks", tag = "webhooks")]
pub(crate) async fn list_webhooks(
    cx: Cx<WebhooksRead>,
    Query(query): Query<PageQuery>,
) -> Result<Listed<Endpoint>, Problem> {
    let paging = cx.page(&query)?;
    let (page, now) = try_join(cx.list::<ids::Webhook>(&paging.request), cx.now()).await?;
    paging.list(page, Moment::at(now, cx.mode()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testkit::World;

    #[tokio::test]
    async fn pages_hold_our_endpoints_of_this_mode_and_no_secret() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        for name in ["a", "b", "c"] {
            let body = json!({ "url": format!("https://{name}.example/"), "events": ["*"] });
            api.post("/v3/webhooks", body).await.expect(201);
        }
        world.meter.take();
        let first = api.get("/v3/webhooks?limit=2").await;
        let units = world.meter.take();
        assert_eq!(units.calls["Query"], 1, "{units:?}");
        assert_eq!(units.round_trips(), 2, "{units:?}");
        assert!(!first.text.contains("whsec_") && !first.text.contains("\"secret\":"));
        let urls = |answer: &testkit::Answer| -> Vec<String> {
            let data = answer.expect(200)["data"].as_array().unwrap();
            data.iter()
                .map(|endpoint| endpoint["url"].as_str().unwrap().to_owned())
                .collect()
        };
        assert_eq!(urls(&first), ["https://c.example/", "https://b.example/"]);
        let next = format!(
            "/v3/webhooks?limit=2&cursor={}",
            first.text_of("next_cursor")
        );
        assert_eq!(urls(&api.get(&next).await), ["https://a.example/"]);
        for key in [&world.theirs.test_key, &world.ours.live_key] {
            let answer = api.with_key(key).get("/v3/webhooks").await;
            assert!(urls(&answer).is_empty());
            api.with_key(key).get(&next).await.expect(400);
        }
        let answer = api.get("/v3/webhooks?limit=101&cursor=x").await;
        answer.expect(400);
        assert_eq!(answer.pointers(), ["?limit"]);
        let stranger = world.key_with(&["billing:read"]).await;
        let refused = api.with_key(&stranger).get("/v3/webhooks").await;
        refused.expect(403);
        assert_eq!(
            refused.text_of("detail"),
            "this key lacks the scope webhooks:read"
        );
    }
}
