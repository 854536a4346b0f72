//! `DELETE /v3/oauth-clients/{id}`

use api::Deleted;
use api::{Cx, Done, Path, PlatformWrite, Problem, operation};
use models::Id;

use crate::scopes;

/// Delete an OAuth client
///
/// Deletes an OAuth client for good. It gets no more tokens, and those it has end within 30 seconds. A key that
/// could not create the client cannot delete it.
#[operation(delete, "/v3/oauth-clients/{id}", tag = "platform")]
pub(crate) async fn delete_oauth_client(
    cx: Cx<PlatformWrite>,
    Path(id): Path<Id<models::ids::OauthClient>>,
) -> Result<Done<Deleted>, Problem> {
    let stored = cx.require_now(id).await?;
    scopes::within_client(stored.scopes, &cx)?;
    let now = cx.wall().whole_second();
    let mut client = (*stored).clone();
    client.deleted = Some(now);
    let mut writes = cx.writes().await?;
    writes.update(&stored, &client, None)?;
    if let Some(before) = cx.oauth_lookup(&client.client_id).await? {
        let mut lookup = (*before).clone();
        lookup.deleted = Some(now);
        writes.update(&before, &lookup, None)?;
    }
    cx.done(&writes, &Deleted::of(&id)).await
}

#[cfg(test)]
mod tests {
    use models::Timestamp;
    use serde_json::json;
    use testkit::World;

    #[tokio::test]
    async fn a_key_deletes_no_client_that_it_could_not_create() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let client = json!({ "name": "A", "scopes": ["platform:write", "crm:write"] });
        let made = api.post("/v3/oauth-clients", client).await;
        let path = format!("/v3/oauth-clients/{}", made.text_of("id"));
        for (mut key, code) in [
            (
                json!({ "scopes": ["platform:write", "crm:read"] }),
                "scope_exceeded",
            ),
            (
                json!({ "expires_at": "2026-02-01T00:00:00Z" }),
                "expiry_exceeded",
            ),
            (
                json!({ "allowed_origins": ["https://shop.example.com"] }),
                "origins_exceeded",
            ),
        ] {
            key["name"] = json!("A");
            key["mode"] = json!("test");
            let key = api.post("/v3/api-keys", key).await;
            key.expect(201);
            let before = world.dump();
            let refused = api.with_key(key.text_of("key")).delete(&path).await;
            assert_eq!(refused.expect(403)["code"], code);
            assert_eq!(world.dump(), before);
        }
        let equal = crate::testing::with_scopes(&api, &["platform:write", "crm:write"]).await;
        equal.delete(&path).await.expect(200);
    }

    #[tokio::test]
    async fn a_deleted_client_is_found_by_nobody_and_expires_whole() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let made = api.post("/v3/oauth-clients", json!({ "name": "A" })).await;
        let id = made.text_of("id");
        let path = format!("/v3/oauth-clients/{id}");
        let reader = api.with_key(&world.key_with(&["platform:read"]).await);
        reader.delete(&path).await.expect(403);
        world.meter.take();
        let gone = api.delete(&path).await;
        assert_eq!(*gone.expect(200), json!({ "id": id, "deleted": true }));
        let units = world.meter.take();
        assert_eq!(units.write_tenths, 80, "{units:?}");
        api.get(&path).await.expect(404);
        api.delete(&path).await.expect(404);
        assert_eq!(
            api.get("/v3/oauth-clients").await.expect(200)["data"],
            json!([])
        );
        let until: Timestamp = "2026-02-14T12:00:00Z".parse().unwrap();
        let until = until.seconds().to_string();
        let expiring = world
            .dump()
            .into_iter()
            .filter(|item| item["ttl"]["N"] == until.as_str());
        let mut types: Vec<String> = expiring
            .map(|item| item["et"]["S"].as_str().unwrap().to_owned())
            .collect();
        types.sort();
        assert_eq!(types, ["client", "oauth"]);
    }
}
