//! `DELETE /v3/api-keys/{id}`

use api::{Cx, Done, Path, PlatformWrite, Problem, operation};
use models::{Id, Moment, View};
use views::rocketsavvy::ApiKey;

use crate::key_secrets::lookups;
use crate::scopes;

/// Revoke an API key
///
/// Revokes a key for good, with all secrets it still has. It may be accepted for up to 30 seconds more. A key may
/// revoke itself, and others that have no more than it: neither scopes nor time nor origins. Revoking a key again changes
/// nothing.
#[operation(
    delete,
    "/v3/api-keys/{id}",
    tag = "platform",
    answer = "The key, revoked."
)]
pub(crate) async fn revoke_api_key(
    cx: Cx<PlatformWrite>,
    Path(id): Path<Id<models::ids::ApiKey>>,
) -> Result<Done<ApiKey>, Problem> {
    let stored = cx.require_now(id).await?;
    scopes::within_key(&stored, &cx)?;
    let now = cx.wall().whole_second();
    let mut key = (*stored).clone();
    let mut writes = cx.writes().await?;
    if key.revoke(now) {
        writes.update(&stored, &key, None)?;
        for before in lookups(&cx, &stored).await? {
            if before.credential.is_good(now) {
                let mut ended = (*before).clone();
                ended.credential.end(now);
                writes.update(&before, &ended, None)?;
            }
        }
    }
    let reply = cx
        .done(&writes, &ApiKey::of(&key, Moment::at(now, cx.mode()))?)
        .await?;
    for hash in std::iter::once(&key.hash).chain(&key.older) {
        cx.app().forget_credential(hash);
    }
    Ok(reply)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testkit::World;

    #[tokio::test]
    async fn every_secret_of_a_revoked_key_is_refused_at_once() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let made = api
            .post("/v3/api-keys", json!({ "name": "A", "mode": "test" }))
            .await;
        let path = format!("/v3/api-keys/{}", made.text_of("id"));
        let rotated = api.post(&format!("{path}/rotate"), json!({})).await;
        let secrets = [made.text_of("key"), rotated.text_of("key")];
        for secret in secrets {
            api.with_key(secret).get("/v3/test-clock").await.expect(200);
        }
        world.meter.take();
        let revoked = api.delete(&path).await;
        let units = world.meter.take();
        assert_eq!(units.write_tenths, 60, "{units:?}");
        let mut want = rotated.body.clone();
        want["key"] = json!(null);
        want["status"] = json!("revoked");
        want["revoked_at"] = json!("2026-01-15T12:00:00Z");
        assert_eq!(*revoked.expect(200), want);
        for secret in secrets {
            api.with_key(secret).get("/v3/test-clock").await.expect(401);
        }
        let api = world.later(600).call(crate::routes());
        for secret in secrets {
            api.with_key(secret).get("/v3/test-clock").await.expect(401);
        }
        world.meter.take();
        assert_eq!(*api.delete(&path).await.expect(200), want);
        assert_eq!(world.meter.take().write_tenths, 0);
        let late = api.post(&format!("{path}/rotate"), json!({})).await;
        late.expect(409);
        assert_eq!(late.text_of("code"), "api_key_revoked");
    }

    #[tokio::test]
    async fn a_key_ends_no_key_that_has_more_than_it() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let all = ["platform:write", "crm:write"];
        let made = async |mut body: serde_json::Value| {
            body["name"] = json!("A");
            body["mode"] = json!("test");
            let made = api.post("/v3/api-keys", body).await;
            made.expect(201);
            let path = format!("/v3/api-keys/{}", made.text_of("id"));
            (api.with_key(made.text_of("key")), path)
        };
        let shop = json!(["https://shop.example.com"]);
        let (_, path) = made(json!({ "scopes": all })).await;
        for (less, code) in [
            (
                json!({ "scopes": ["platform:write", "crm:read"] }),
                "scope_exceeded",
            ),
            (
                json!({ "scopes": all, "expires_at": "2026-02-01T00:00:00Z" }),
                "expiry_exceeded",
            ),
            (
                json!({ "scopes": all, "allowed_origins": shop }),
                "origins_exceeded",
            ),
        ] {
            let (caller, own) = made(less).await;
            let before = world.dump();
            for refused in [
                caller.delete(&path).await,
                caller
                    .post(&format!("{path}/rotate"), json!({ "overlap_hours": 0 }))
                    .await,
            ] {
                assert_eq!(refused.expect(403)["code"], code);
            }
            assert_eq!(world.dump(), before);
            // Itself it may end, whatever it has.
            caller.delete(&own).await.expect(200);
        }
        let (equal, _) = made(json!({ "scopes": all })).await;
        equal.delete(&path).await.expect(200);
    }

    #[tokio::test]
    async fn a_key_may_revoke_itself() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let made = api
            .post("/v3/api-keys", json!({ "name": "A", "mode": "test" }))
            .await;
        let itself = api.with_key(made.text_of("key"));
        let path = format!("/v3/api-keys/{}", made.text_of("id"));
        itself.delete(&path).await.expect(200);
        itself.delete(&path).await.expect(401);
        api.get(&path).await.expect(200);
        let reader = world.key_with(&["platform:read"]).await;
        api.with_key(&reader).delete(&path).await.expect(403);
    }
}
