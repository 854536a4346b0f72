//! `POST /v3/api-keys`

use api::input::Input;
use api::{Created, Cx, Json, PlatformWrite, Problem, operation, secrets};
use models::platform::{self, NewApiKey, ScopeSet};
use models::{Error, Mode, Moment, Timestamp};
use views::rocketsavvy::ApiKey;

use crate::key_secrets::add_key;
use crate::scopes;

/// A new key.
#[derive(Debug, Input)]
pub(crate) struct NewKey {
    #[input(chars = 1..=100, example = "Billing server")]
    name: String,
    /// A test key cannot make a live one.
    #[input(choice, example = "test")]
    mode: Mode,
    /// `<group>:read`, `<group>:write` or `*`; only what the calling key has. Where it is absent and the calling key has
    /// every scope, the new key has, too.
    #[input(by = scopes::read, then = scopes::set, example = ["billing:write", "crm:read"])]
    scopes: Option<ScopeSet>,
    /// In the future. A key without it is good until it is revoked.
    #[input(example = "2027-06-27T10:30:00Z")]
    expires_at: Option<Timestamp>,
    /// Origins of the pages that may use the key, as browsers send them; any if it is absent. Calls without an `Origin` header are
    /// not from a browser and are not held to it.
    #[input(by = scopes::origins, default, example = ["https://app.example.com"])]
    allowed_origins: Vec<String>,
}

/// Create an API key
///
/// Creates an API key for the business. Its secret is shown in this answer only: a repeated request with the same
/// `Idempotency-Key` shows `null` instead; if the secret is lost, rotate the key. A key can be given no more than the
/// calling key has: neither scopes nor mode nor time nor origins.
#[operation(post, "/v3/api-keys", tag = "platform")]
pub(crate) async fn create_api_key(
    cx: Cx<PlatformWrite>,
    Json(input): Json<NewKey>,
) -> Result<Created<ApiKey>, Problem> {
    let now = cx.wall().whole_second();
    if input.expires_at.is_some_and(|at| at <= now) {
        return Err(Error::invalid("/expires_at", "not_later", "must be in the future").into());
    }
    if input.mode == Mode::Live && cx.mode() == Mode::Test {
        return Err(Error::Forbidden {
            code: "mode_exceeded",
            detail: "a test key cannot make a live key".to_owned(),
        }
        .into());
    }
    scopes::within_life(input.expires_at, cx.expires_at())?;
    scopes::within_origins(&input.allowed_origins, cx.allowed_origins())?;
    let new = NewApiKey {
        name: input.name,
        mode: input.mode,
        scopes: scopes::granted(input.scopes, cx.scopes())?,
        expires_at: input.expires_at,
        allowed_origins: input.allowed_origins,
    };
    let secret = secrets::api_key(cx.ids(), new.mode)?;
    cx.insert_secret(|id, writes| {
        let key = platform::ApiKey::new(id, new.clone(), secrets::digest(&secret), now);
        add_key(writes, cx.scope().business, &key)?;
        ApiKey::with_secret(&key, Moment::at(now, cx.mode()), secret.clone())
    })
    .await
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use testkit::World;

    use crate::testing::{is_stored, with_scopes};

    fn billing() -> Value {
        json!({
            "name": "Billing server", "mode": "test", "scopes": ["billing:write", "crm:read"],
            "expires_at": "2026-02-01T00:00:00Z",
        })
    }

    #[tokio::test]
    async fn a_key_is_shown_once_and_opens_what_it_says() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        api.get("/v3/test-clock").await.expect(200);
        world.meter.take();
        let answer = api.post("/v3/api-keys", billing()).await;
        let body = answer.expect(201).clone();
        let units = world.meter.take();
        assert_eq!(units.write_tenths, 40, "{units:?}");
        let (id, secret) = (answer.text_of("id"), answer.text_of("key"));
        let path = format!("/v3/api-keys/{id}");
        assert_eq!(answer.headers["location"], path);
        let mut want = json!({
            "id": id, "name": "Billing server", "mode": "test", "scopes": ["billing:write", "crm:read"], "key": secret,
            "kind": "api_key", "last4": api::secrets::last4(secret), "status": "active", "expires_at": "2026-02-01T00:00:00Z",
            "allowed_origins": [], "revoked_at": null, "rotated_at": null, "created": "2026-01-15T12:00:00Z",
        });
        assert_eq!(body, want);
        want["key"] = json!(null);
        assert_eq!(*api.get(&path).await.expect(200), want);
        assert!(!is_stored(&world, secret));

        let refused = api.with_key(secret).get("/v3/api-keys").await;
        refused.expect(403);
        assert_eq!(
            refused.text_of("detail"),
            "this key lacks the scope platform:read"
        );
        let api = world.later(1_425_600).call(crate::routes());
        api.with_key(secret).get("/v3/api-keys").await.expect(401);
        assert_eq!(api.get(&path).await.text_of("status"), "expired");
    }

    #[tokio::test]
    async fn a_replay_shows_the_key_without_its_secret() {
        let world = World::new().await;
        let api = world.call(crate::routes()).idempotent("k-1");
        let first = api.post("/v3/api-keys", billing()).await;
        first.expect(201);
        let secret = first.text_of("key");
        let units = world.meter.take();
        assert_eq!(units.write_tenths, 60, "{units:?}");
        let again = api.post("/v3/api-keys", billing()).await;
        assert_eq!(again.headers["idempotent-replayed"], "true");
        let mut want = first.body.clone();
        want["key"] = json!(null);
        assert_eq!(*again.expect(201), want);
        assert_eq!(again.headers["location"], first.headers["location"]);
        assert!(!is_stored(&world, secret));
        let other = json!({ "name": "Another", "mode": "test" });
        api.post("/v3/api-keys", other).await.expect(422);
    }

    #[tokio::test]
    async fn every_wrong_field_is_named_and_nothing_is_written() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let before = world.dump().len();
        let wrong = [
            (json!({}), vec!["/name", "/mode"]),
            (
                json!({ "name": 1, "mode": "demo", "scopes": ["crm:delete"], "expires_at": "soon", "scope": ["*"] }),
                vec!["/name", "/mode", "/scopes", "/expires_at", "/scope"],
            ),
            (
                json!({ "name": "A", "mode": "test", "scopes": [] }),
                vec!["/scopes"],
            ),
            (
                json!({ "name": "A", "mode": "test", "scopes": "*" }),
                vec!["/scopes"],
            ),
            (
                json!({ "name": "A", "mode": "test", "expires_at": "2026-01-15T12:00:00Z" }),
                vec!["/expires_at"],
            ),
        ];
        for (body, pointers) in wrong {
            let answer = api.post("/v3/api-keys", body).await;
            answer.expect(400);
            assert_eq!(answer.pointers(), pointers);
        }
        assert_eq!(world.dump().len(), before);
    }

    #[tokio::test]
    async fn nobody_hands_out_more_than_they_have() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let live = api
            .post("/v3/api-keys", json!({ "name": "Live", "mode": "live" }))
            .await;
        live.expect(403);
        assert_eq!(live.text_of("code"), "mode_exceeded");

        let restricted = with_scopes(&api, &["platform:write", "crm:read"]).await;
        let answer = restricted
            .post("/v3/api-keys", json!({ "name": "A", "mode": "test" }))
            .await;
        answer.expect(400);
        assert_eq!(answer.pointers(), ["/scopes"]);
        for (scope, status) in [
            ("crm:read", 201),
            ("platform:read", 201),
            ("crm:write", 403),
            ("*", 403),
        ] {
            let body = json!({ "name": "A", "mode": "test", "scopes": [scope, "platform:write"] });
            let answer = restricted.post("/v3/api-keys", body).await;
            answer.expect(status);
            if status == 403 {
                assert_eq!(answer.text_of("code"), "scope_exceeded");
                assert!(
                    answer
                        .text_of("detail")
                        .ends_with(&format!("lacks {scope}")),
                    "{}",
                    answer.text
                );
            }
        }
        let reader = with_scopes(&api, &["platform:read"]).await;
        let answer = reader.post("/v3/api-keys", billing()).await;
        answer.expect(403);
        assert_eq!(
            answer.text_of("detail"),
            "this key lacks the scope platform:write"
        );
    }

    #[tokio::test]
    async fn a_live_key_makes_a_test_key_that_test_keys_see() {
        let world = World::new().await;
        let test = world.call(crate::routes());
        let live = test.with_key(&world.ours.live_key);
        let made = live
            .post("/v3/api-keys", json!({ "name": "Test", "mode": "test" }))
            .await;
        made.expect(201);
        let path = format!("/v3/api-keys/{}", made.text_of("id"));
        assert_eq!(test.get(&path).await.expect(200)["scopes"], json!(["*"]));
        live.get(&path).await.expect(404);
        test.with_key(made.text_of("key"))
            .get("/v3/test-clock")
            .await
            .expect(200);
    }

    #[tokio::test]
    async fn a_key_that_expires_makes_no_key_that_outlives_it() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let mut body =
            json!({ "name": "Short", "mode": "test", "expires_at": "2026-02-01T00:00:00Z" });
        let short = api.post("/v3/api-keys", body.clone()).await;
        let short = api.with_key(short.text_of("key"));
        short.post("/v3/api-keys", body.clone()).await.expect(201);
        for expires_at in [json!(null), json!("2026-02-01T00:00:01Z")] {
            body["expires_at"] = expires_at;
            let refused = short.post("/v3/api-keys", body.clone()).await;
            refused.expect(403);
            assert_eq!(refused.text_of("code"), "expiry_exceeded");
        }
    }
}
