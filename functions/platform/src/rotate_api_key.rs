//! `POST /v3/api-keys/{id}/rotate`

use api::input::Input;
use api::{Cx, Done, Json, Path, PlatformWrite, Problem, operation, secrets};
use models::platform::CredentialKind;
use models::{Id, Moment};
use views::rocketsavvy::ApiKey;

use crate::key_secrets::{lookup, lookups};
use crate::scopes;

/// How the old secret ends.
#[derive(Debug, Input)]
pub(crate) struct Rotation {
    /// Hours for which the present secret stays good; 24 if it is absent. With 0 no earlier secret is good any more.
    #[input(range = 0..=168, default = 24, example = 24)]
    overlap_hours: u32,
}

/// Rotate an API key
///
/// Gives an API key a new secret, shown in this answer only: a repeated request with the same `Idempotency-Key` shows
/// `null` instead. The present secret stays valid for `overlap_hours`, 24 if you do not say; earlier ones keep the end that
/// they have, unless `overlap_hours` is 0, which ends all of them at once. At most ten older secrets are valid at a time. A
/// key can rotate itself, and others that have no more than it: neither scopes nor time nor origins.
#[operation(post, "/v3/api-keys/{id}/rotate", tag = "platform")]
pub(crate) async fn rotate_api_key(
    cx: Cx<PlatformWrite>,
    Path(id): Path<Id<models::ids::ApiKey>>,
    Json(rotation): Json<Rotation>,
) -> Result<Done<ApiKey>, Problem> {
    let stored = cx.require_now(id).await?;
    scopes::within_key(&stored, &cx)?;
    let now = cx.wall().whole_second();
    let end = now.plus_seconds(i64::from(rotation.overlap_hours) * 3_600);
    let mut good = lookups(&cx, &stored).await?;
    good.retain(|lookup| lookup.credential.is_good(now));
    let (ending, staying): (Vec<_>, Vec<_>) = good
        .into_iter()
        .partition(|lookup| lookup.hash == stored.hash || end <= now);
    let staying = staying.into_iter().map(|lookup| lookup.into_inner().hash);
    let secret = match stored.kind {
        CredentialKind::ApiKey => secrets::api_key(cx.ids(), stored.mode)?,
        CredentialKind::MemberToken | CredentialKind::AccessToken => secrets::opaque(cx.ids())?,
    };
    let mut key = (*stored).clone();
    key.rotate(secrets::digest(&secret), staying.collect(), now)?;

    let mut writes = cx.writes().await?;
    writes.update(&stored, &key, None)?;
    writes.create(&lookup(cx.scope().business, &key), None)?;
    for before in &ending {
        let mut ended = (**before).clone();
        ended.credential.end(end);
        writes.update(before, &ended, None)?;
    }
    let view = ApiKey::with_secret(&key, Moment::at(now, cx.mode()), secret)?;
    let reply = cx.done_secret(&writes, &view).await?;
    for before in &ending {
        cx.app().forget_credential(&before.hash);
    }
    Ok(reply)
}

#[cfg(test)]
mod tests {
    use models::platform::{ApiKey, CredentialKind, NewApiKey, ScopeSet};
    use models::{Id, Mode};
    use serde_json::{Value, json};
    use testkit::{Answer, Call, World};

    use crate::key_secrets::add_key;
    use crate::testing::{is_stored, with_scopes};

    async fn key(api: &Call, body: Value) -> Answer {
        let answer = api.post("/v3/api-keys", body).await;
        answer.expect(201);
        answer
    }

    fn rotate_path(made: &Answer) -> String {
        format!("/v3/api-keys/{}/rotate", made.text_of("id"))
    }

    #[tokio::test]
    async fn the_old_secret_is_good_until_the_overlap_ends() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let made = key(&api, json!({ "name": "A", "mode": "test" })).await;
        let old = made.text_of("key");
        world.meter.take();
        let rotated = api
            .post(&rotate_path(&made), json!({ "overlap_hours": 2 }))
            .await;
        let body = rotated.expect(200);
        let units = world.meter.take();
        assert_eq!(units.write_tenths, 60, "{units:?}");
        let new = rotated.text_of("key");
        let mut want = made.body.clone();
        want["key"] = json!(new);
        want["last4"] = json!(api::secrets::last4(new));
        want["rotated_at"] = json!("2026-01-15T12:00:00Z");
        assert_eq!(*body, want);
        assert!(!is_stored(&world, new) && !is_stored(&world, old));
        for (seconds, of_old) in [(7_199, 200), (7_200, 401)] {
            let api = world.later(seconds).call(crate::routes());
            api.with_key(old).get("/v3/test-clock").await.expect(of_old);
            api.with_key(new).get("/v3/test-clock").await.expect(200);
        }
    }

    #[tokio::test]
    async fn without_overlap_the_old_secret_is_refused_at_once() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let made = key(&api, json!({ "name": "A", "mode": "test" })).await;
        let old = api.with_key(made.text_of("key"));
        let rotated = old
            .post(&rotate_path(&made), json!({ "overlap_hours": 0 }))
            .await;
        rotated.expect(200);
        old.get("/v3/test-clock").await.expect(401);
        api.with_key(rotated.text_of("key"))
            .get("/v3/test-clock")
            .await
            .expect(200);
    }

    #[tokio::test]
    async fn without_overlap_every_older_secret_is_refused_at_once() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let made = key(&api, json!({ "name": "A", "mode": "test" })).await;
        let mut secrets = vec![made.text_of("key").to_owned()];
        // As many as may be good at once: ending them is what a key with too many needs.
        for _ in 0..10 {
            let week = json!({ "overlap_hours": 168 });
            let rotated = api.post(&rotate_path(&made), week).await;
            rotated.expect(200);
            secrets.push(rotated.text_of("key").to_owned());
        }
        for secret in &secrets {
            api.with_key(secret).get("/v3/test-clock").await.expect(200);
        }
        let now = json!({ "overlap_hours": 0 });
        let rotated = api.post(&rotate_path(&made), now).await;
        rotated.expect(200);
        // Where the credential is remembered, and where it is read anew.
        for seconds in [0, 60] {
            let api = world.later(seconds).call(crate::routes());
            for secret in &secrets {
                api.with_key(secret).get("/v3/test-clock").await.expect(401);
            }
            let new = api.with_key(rotated.text_of("key"));
            new.get("/v3/test-clock").await.expect(200);
        }
    }

    #[tokio::test]
    async fn an_overlap_does_not_outlast_the_key() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let body = json!({ "name": "A", "mode": "test", "expires_at": "2026-01-15T13:00:00Z" });
        let made = key(&api, body).await;
        let rotated = api.post(&rotate_path(&made), json!({})).await;
        rotated.expect(200);
        let api = world.later(3_600).call(crate::routes());
        for secret in [made.text_of("key"), rotated.text_of("key")] {
            api.with_key(secret).get("/v3/test-clock").await.expect(401);
        }
        let late = api.post(&rotate_path(&made), json!({})).await;
        late.expect(409);
        assert_eq!(late.text_of("code"), "api_key_expired");
    }

    #[tokio::test]
    async fn a_replay_rotates_once_and_shows_no_secret() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let made = key(&api, json!({ "name": "A", "mode": "test" })).await;
        let api = api.idempotent("r-1");
        let first = api.post(&rotate_path(&made), json!({})).await;
        let again = api.post(&rotate_path(&made), json!({})).await;
        let mut want = first.expect(200).clone();
        want["key"] = json!(null);
        assert_eq!(*again.expect(200), want);
        assert_eq!(again.headers["idempotent-replayed"], "true");
        api.with_key(first.text_of("key"))
            .get("/v3/test-clock")
            .await
            .expect(200);
    }

    #[tokio::test]
    async fn a_member_token_stays_a_member_token() {
        let world = World::new().await;
        let context = world
            .app
            .context(world.ours.test(), store::Origin::system());
        let new = NewApiKey {
            name: "Members".to_owned(),
            mode: Mode::Test,
            scopes: ScopeSet::ALL,
            expires_at: None,
            allowed_origins: Vec::new(),
        };
        let mut token = ApiKey::new(
            Id::new(5).unwrap(),
            new,
            api::secrets::digest("token"),
            context.wall(),
        );
        token.kind = CredentialKind::MemberToken;
        let mut writes = context.writes().await.unwrap();
        add_key(&mut writes, world.ours.business, &token).unwrap();
        assert!(context.write(&writes).await.unwrap());

        let api = world.call(crate::routes());
        let rotated = api.post("/v3/api-keys/key_rs_5/rotate", json!({})).await;
        rotated.expect(200);
        let secret = rotated.text_of("key");
        assert!(secret.len() == 64 && secret.bytes().all(|b| b.is_ascii_hexdigit()));
        let hash = store::keys::sha256(secret);
        let lookup = context.credential_lookup(&hash).await.unwrap().unwrap();
        assert_eq!(lookup.credential.kind, CredentialKind::MemberToken);
        api.with_key(secret).get("/v3/test-clock").await.expect(401);
    }

    #[tokio::test]
    async fn ten_older_secrets_are_good_at_once_and_no_more() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let made = key(&api, json!({ "name": "A", "mode": "test" })).await;
        for _ in 0..10 {
            api.post(&rotate_path(&made), json!({})).await.expect(200);
        }
        let one_more = api.post(&rotate_path(&made), json!({})).await;
        one_more.expect(409);
        assert_eq!(one_more.text_of("code"), "too_many_secrets");
        api.with_key(made.text_of("key"))
            .get("/v3/test-clock")
            .await
            .expect(200);
        let api = world.later(86_400).call(crate::routes());
        api.post(&rotate_path(&made), json!({})).await.expect(200);
    }

    #[tokio::test]
    async fn who_has_less_than_the_key_does_not_get_its_secret() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let made = key(
            &api,
            json!({ "name": "A", "mode": "test", "scopes": ["crm:write"] }),
        )
        .await;
        let restricted = with_scopes(&api, &["platform:write", "crm:read"]).await;
        let answer = restricted.post(&rotate_path(&made), json!({})).await;
        answer.expect(403);
        assert_eq!(answer.text_of("code"), "scope_exceeded");
        let answer = api
            .post(&rotate_path(&made), json!({ "overlap_hours": 169 }))
            .await;
        answer.expect(400);
        assert_eq!(answer.pointers(), ["/overlap_hours"]);
        let reader = with_scopes(&api, &["platform:read"]).await;
        reader
            .post(&rotate_path(&made), json!({}))
            .await
            .expect(403);
    }
}
