//! `POST /v3/oauth-clients`

use api::input::Input;
use api::{Created, Cx, Json, PlatformWrite, Problem, operation, secrets};
use models::platform::{self, ScopeSet};
use store::{OauthLookup, keys};
use views::rocketsavvy::OauthClient;

use crate::scopes;

/// The audience of Reveknew's own clients.
const DEFAULT_AUDIENCE: &str = "https://services.reveknew.net";

/// A new client of the OAuth token route.
#[derive(Debug, Input)]
pub(crate) struct NewOauthClient {
    #[input(chars = 1..=100, example = "Reveknew integration")]
    name: String,
    /// What the client's tokens are for; `https://services.reveknew.net` if it is absent.
    #[input(chars = 1..=255, default = DEFAULT_AUDIENCE.to_owned(), example = "https://services.reveknew.net")]
    audience: String,
    /// `<group>:read`, `<group>:write` or `*`; only what the calling key has. Where it is absent and the calling key has
    /// every scope, the client has, too.
    #[input(by = scopes::read, then = scopes::set, example = ["billing:write", "crm:write"])]
    scopes: Option<ScopeSet>,
}

/// Create an OAuth client
///
/// Creates a client that gets access tokens from `POST /oauth/token`, for the mode of the calling key. Its secret is
/// shown in this answer only: a repeated request with the same `Idempotency-Key` shows `null` instead. A client can be
/// given no more scopes than the calling key has, and a key that expires cannot create one.
#[operation(post, "/v3/oauth-clients", tag = "platform")]
pub(crate) async fn create_oauth_client(
    cx: Cx<PlatformWrite>,
    Json(input): Json<NewOauthClient>,
) -> Result<Created<OauthClient>, Problem> {
    let scopes = scopes::granted(input.scopes, cx.scopes())?;
    scopes::within_client(scopes, &cx)?;
    let client_id = hex::encode(cx.ids().random::<16>()?);
    let secret = secrets::opaque(cx.ids())?;
    let created = cx.wall().whole_second();
    cx.insert_secret(|id, writes| {
        let client = platform::OauthClient {
            id,
            name: input.name.clone(),
            mode: cx.mode(),
            client_id: client_id.clone(),
            secret_hash: keys::sha256(&secret),
            audience: input.audience.clone(),
            scopes,
            created,
            deleted: None,
        };
        let lookup = OauthLookup {
            client_id: client_id.clone(),
            scope: cx.scope(),
            id,
            deleted: None,
        };
        writes.create(&client, None)?;
        writes.create(&lookup, None)?;
        OauthClient::with_secret(&client, secret.clone())
    })
    .await
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testkit::World;

    use crate::testing::{is_stored, with_scopes};

    #[tokio::test]
    async fn a_client_is_shown_with_its_secret_once() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        api.get("/v3/oauth-clients").await.expect(200);
        world.meter.take();
        let answer = api
            .post(
                "/v3/oauth-clients",
                json!({ "name": "Reveknew integration" }),
            )
            .await;
        let units = world.meter.take();
        assert_eq!(units.write_tenths, 40, "{units:?}");
        let (id, client_id) = (answer.text_of("id"), answer.text_of("client_id"));
        let secret = answer.text_of("client_secret");
        let mut want = json!({
            "id": id, "name": "Reveknew integration", "mode": "test", "client_id": client_id, "client_secret": secret,
            "audience": "https://services.reveknew.net", "scopes": ["*"], "created": "2026-01-15T12:00:00Z",
        });
        assert_eq!(*answer.expect(201), want);
        let hex =
            |text: &str, len| text.len() == len && text.bytes().all(|b| b.is_ascii_hexdigit());
        assert!(hex(client_id, 32) && hex(secret, 64));
        assert!(!is_stored(&world, secret));
        want["client_secret"] = json!(null);
        assert_eq!(
            *api.get(&format!("/v3/oauth-clients/{id}"))
                .await
                .expect(200),
            want
        );
        let lookup = world
            .dump()
            .into_iter()
            .find(|item| item["et"]["S"] == "client")
            .unwrap();
        assert_eq!(lookup["PK"]["S"], format!("oauth#{client_id}"));
        assert_eq!(lookup["id"]["S"], id);
    }

    #[tokio::test]
    async fn a_replay_shows_no_secret() {
        let world = World::new().await;
        let api = world.call(crate::routes()).idempotent("o-1");
        let body = json!({ "name": "A", "audience": "https://other.example", "scopes": ["billing:write"] });
        let first = api.post("/v3/oauth-clients", body.clone()).await;
        let again = api.post("/v3/oauth-clients", body).await;
        let mut want = first.expect(201).clone();
        assert_eq!(want["audience"], "https://other.example");
        want["client_secret"] = json!(null);
        assert_eq!(*again.expect(201), want);
        assert!(!is_stored(&world, first.text_of("client_secret")));
    }

    #[tokio::test]
    async fn every_wrong_field_is_named_and_no_scope_is_exceeded() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let body = json!({ "name": "", "audience": 5, "scopes": ["all"], "audiance": "x" });
        let answer = api.post("/v3/oauth-clients", body).await;
        answer.expect(400);
        assert_eq!(
            answer.pointers(),
            ["/name", "/audience", "/scopes", "/audiance"]
        );
        let restricted = with_scopes(&api, &["platform:write"]).await;
        let body = json!({ "name": "A", "scopes": ["platform:read", "billing:read"] });
        let answer = restricted.post("/v3/oauth-clients", body).await;
        answer.expect(403);
        assert_eq!(answer.text_of("code"), "scope_exceeded");
        assert!(answer.text_of("detail").ends_with("lacks billing:read"));
        let answer = restricted
            .post("/v3/oauth-clients", json!({ "name": "A" }))
            .await;
        answer.expect(400);
        assert_eq!(answer.pointers(), ["/scopes"]);
        let reader = with_scopes(&api, &["platform:read"]).await;
        reader
            .post("/v3/oauth-clients", json!({ "name": "A" }))
            .await
            .expect(403);
    }
}
