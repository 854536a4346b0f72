//! `GET /v3/usage`

use api::input::Input;
use api::{BillingRead, Cx, Listed, PageQuery, Problem, Query, operation};
use models::OrNotFound;
use views::rocketsavvy::UsageEntry;

use crate::usage::usage_log::UsageLog;

#[derive(Input)]
pub(crate) struct UsageFilter {
    #[input(flatten)]
    log: UsageLog,
    #[input(flatten)]
    page: PageQuery,
}

/// List usage
///
/// Lists what was recorded of one metric of a subscription, newest first, corrections included.
#[operation(get, "/v3/usage", tag = "billing")]
pub(crate) async fn list_usage(
    cx: Cx<BillingRead>,
    Query(UsageFilter { log, page }): Query<UsageFilter>,
) -> Result<Listed<UsageEntry>, Problem> {
    let id = log.subscription_id;
    let paging = cx.page(&page)?;
    cx.find(id).await?.or_no_such(id, "?subscription_id")?;
    let found = operations::list_usage(&cx, id, &log.metric_name, &paging.request).await?;
    let view = |event| UsageEntry::of(id, &log.metric_name, &event, cx.mode());
    Listed::of(&paging.views(found, view)?)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use testkit::World;

    use crate::testing::{recorded, subscribed};

    #[tokio::test]
    async fn the_log_is_listed_backwards_across_its_pages_with_corrections() {
        let world = World::new().await;
        let (api, id) = subscribed(&world).await;
        let first = recorded(&api, &id, "1").await;
        let row =
            |n: u32| json!({ "subscription_id": id, "metric_name": "api_calls", "quantity": n });
        let events: Vec<Value> = (2..=100).map(row).collect();
        api.post("/v3/usage/batch", json!({ "events": events }))
            .await
            .expect(201);
        for n in 101..=160 {
            recorded(&api, &id, &n.to_string()).await;
        }
        let amend = json!({ "subscription_id": id, "metric_name": "api_calls", "quantity": 7 });
        api.patch(&format!("/v3/usage/{first}"), amend)
            .await
            .expect(200);

        let path = format!("/v3/usage?subscription_id={id}&metric_name=api_calls");
        let newest = api.get(&format!("{path}&limit=1")).await;
        let entry = &newest.expect(200)["data"][0];
        let want = json!({
            "id": entry["id"], "kind": "amendment", "corrects": first, "subscription_id": id,
            "metric_name": "api_calls", "quantity": 7, "timestamp": "2026-01-15T12:00:00Z",
            "period_start": "2026-01-15T12:00:00Z", "late": false, "created": "2026-01-15T12:00:00Z", "livemode": false,
        });
        assert_eq!(entry, &want);
        for limit in [1, 20, 33, 100] {
            let mut quantities = Vec::new();
            let mut cursor = String::new();
            loop {
                let page = api.get(&format!("{path}&limit={limit}{cursor}")).await;
                let data = page.expect(200)["data"].as_array().unwrap().clone();
                assert!(data.len() <= limit);
                quantities.extend(data.iter().map(|entry| entry["quantity"].as_u64().unwrap()));
                let Some(next) = page.body["next_cursor"].as_str() else {
                    break;
                };
                cursor = format!("&cursor={next}");
            }
            let want: Vec<u64> = [7].into_iter().chain((1..=160).rev()).collect();
            assert_eq!(quantities, want, "by {limit}");
        }
    }

    #[tokio::test]
    async fn a_cursor_is_of_one_log_and_a_foreign_log_is_not_found() {
        let world = World::new().await;
        let (api, id) = subscribed(&world).await;
        for _ in 0..2 {
            recorded(&api, &id, "1").await;
        }
        let path =
            |metric: &str| format!("/v3/usage?subscription_id={id}&metric_name={metric}&limit=1");
        let cursor = api
            .get(&path("api_calls"))
            .await
            .text_of("next_cursor")
            .to_owned();
        let foreign = api
            .get(&format!("{}&cursor={cursor}", path("storage_gb")))
            .await;
        assert_eq!(foreign.pointers(), ["?cursor"]);
        assert_eq!(
            api.get(&path("storage_gb")).await.expect(200)["data"],
            json!([])
        );
        let answer = api.get("/v3/usage?metric_name=%23&limit=0").await;
        answer.expect(400);
        assert_eq!(
            answer.pointers(),
            ["?subscription_id", "?metric_name", "?limit"]
        );
        for key in [&world.theirs.test_key, &world.ours.live_key] {
            api.with_key(key).get(&path("api_calls")).await.expect(404);
        }
    }
}
