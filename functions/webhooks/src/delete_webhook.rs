//! `DELETE /v3/webhooks/{id}`

use api::Deleted;
use api::{Cx, Done, Path, Problem, WebhooksWrite, operation};
use models::Id;

/// Delete a webhook endpoint
///
/// Deletes a webhook endpoint for good, with its secret. Deliveries that wait to be sent are canceled.
#[operation(delete, "/v3/webhooks/{id}", tag = "webhooks")]
pub(crate) async fn delete_webhook(
    cx: Cx<WebhooksWrite>,
    Path(id): Path<Id<models::ids::Webhook>>,
) -> Result<Done<Deleted>, Problem> {
    let stored = cx.require_now(id).await?;
    let mut endpoint = (*stored).clone();
    endpoint.delete(cx.now().await?);
    let mut writes = cx.writes().await?;
    writes.update(&stored, &endpoint, None)?;
    cx.done(&writes, &Deleted::of(&id)).await
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testkit::World;

    #[tokio::test]
    async fn a_deleted_endpoint_is_gone_with_its_secret() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let body = json!({ "url": "https://example.com/", "events": ["*"], "secret": "whsec_your_secret_key" });
        let made = api.post("/v3/webhooks", body).await;
        let id = made.text_of("id");
        let path = format!("/v3/webhooks/{id}");
        let reader = api.with_key(&world.key_with(&["webhooks:read"]).await);
        reader.delete(&path).await.expect(403);
        world.meter.take();
        let gone = api.delete(&path).await;
        assert_eq!(*gone.expect(200), json!({ "id": id, "deleted": true }));
        let units = world.meter.take();
        assert_eq!(units.write_tenths, 40, "{units:?}");
        api.get(&path).await.expect(404);
        api.get(&format!("{path}/deliveries")).await.expect(404);
        api.delete(&path).await.expect(404);
        assert_eq!(api.get("/v3/webhooks").await.expect(200)["data"], json!([]));
        let item = world
            .dump()
            .into_iter()
            .find(|item| item["et"]["S"] == "we")
            .unwrap();
        assert!(!item.to_string().contains("whsec_") && item["ttl"]["N"].is_string());
    }
}
