//! `POST /v3/webhooks/{id}/rotate-secret`

use api::input::Input;
use api::{Cx, Done, Json, Path, Problem, WebhooksWrite, operation, secrets};
use futures::future::try_join;
use models::{Id, Moment};
use views::rocketsavvy::Endpoint;

use crate::access;
use crate::settings::{self, SECRET, good_secret};

/// How a secret is replaced.
#[derive(Input)]
pub(crate) struct SecretRotation {
    /// The new secret, 16 to 256 visible ASCII characters; made for you if it is absent.
    #[input(chars = 16..=256, pattern = SECRET, then = good_secret, example = "whsec_your_next_secret_key")]
    secret: Option<String>,
    /// Hours for which the present secret signs beside the new one; 24 if it is absent. With 0 no earlier secret signs any
    /// more.
    #[input(range = 0..=168, example = 24)]
    overlap_hours: Option<u32>,
}

/// Rotate the secret of a webhook endpoint
///
/// Replaces the signing secret of an endpoint. The new one is shown in this answer only; the answer to a repeated
/// request with the same `Idempotency-Key` is without it. Until the overlap ends, `webhook-signature` carries a
/// signature with each secret, so a receiver can switch at any time in between. At most ten replaced secrets sign at a
/// time. The key must be able to read all events that the endpoint listens to.
#[operation(post, "/v3/webhooks/{id}/rotate-secret", tag = "webhooks")]
pub(crate) async fn rotate_webhook_secret(
    cx: Cx<WebhooksWrite>,
    Path(id): Path<Id<models::ids::Webhook>>,
    Json(rotation): Json<SecretRotation>,
) -> Result<Done<Endpoint>, Problem> {
    let (stored, now) = try_join(cx.require_now(id), cx.now()).await?;
    access::may_direct(cx.scopes(), &stored)?;
    let secret = match rotation.secret {
        Some(secret) => secret,
        None => secrets::webhook_secret(cx.ids())?,
    };
    let mut endpoint = (*stored).clone();
    let overlap = settings::overlap_seconds(rotation.overlap_hours);
    endpoint.rotate(secret, overlap, now);
    let mut writes = cx.writes().await?;
    writes.update(&stored, &endpoint, None)?;
    let view = Endpoint::with_secret(&endpoint, Moment::at(now, cx.mode()))?;
    cx.done_secret(&writes, &view).await
}

#[cfg(test)]
mod tests {
    use http::Method;
    use serde_json::json;
    use testkit::World;

    use crate::testing::{endpoint, item, strangers};

    #[tokio::test]
    async fn the_new_secret_is_shown_once_and_the_old_one_signs_for_a_day() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let path = format!("/v3/webhooks/{}", endpoint(&api).await);
        let before = api.get(&path).await;
        let old = item(&world, "we")["secret"]["S"].clone();
        world.meter.take();
        let rotate = format!("{path}/rotate-secret");
        let rotated = api.send(Method::POST, &rotate, "").await;
        let body = rotated.expect(200);
        let units = world.meter.take();
        assert_eq!(
            (units.read_tenths, units.write_tenths),
            (20, 10),
            "{units:?}"
        );
        let new = rotated.text_of("secret");
        assert!(new.starts_with("whsec_") && json!(new) != old, "{new}");
        let mut want = before.body.clone();
        want["secret_expires_at"] = json!("2026-01-16T12:00:00Z");
        assert_eq!(*api.get(&path).await.expect(200), want);
        want["secret"] = json!(new);
        assert_eq!(*body, want);
        let stored = item(&world, "we");
        assert_eq!(stored["secret"]["S"], new);
        assert_eq!(stored["old_secrets"]["L"][0]["M"]["secret"]["S"], old);
        assert!(stored["ev"].is_null());
        // A moment before its end, and at it.
        for (seconds, end) in [
            (86_399, json!("2026-01-16T12:00:00Z")),
            (86_400, json!(null)),
        ] {
            let later = world.later(seconds).call(crate::routes());
            assert_eq!(later.get(&path).await.expect(200)["secret_expires_at"], end);
        }
    }

    #[tokio::test]
    async fn without_overlap_no_earlier_secret_signs() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let path = format!("/v3/webhooks/{}/rotate-secret", endpoint(&api).await);
        let week = json!({ "overlap_hours": 168 });
        let week = api.post(&path, week).await;
        let end = &week.expect(200)["secret_expires_at"];
        assert_eq!(*end, "2026-01-22T12:00:00Z");
        let body = json!({ "secret": "whsec_another_secret", "overlap_hours": 0 });
        let now = api.post(&path, body).await;
        assert_eq!(now.expect(200)["secret"], "whsec_another_secret");
        assert_eq!(now.body["secret_expires_at"], json!(null));
        let stored = item(&world, "we");
        assert_eq!(stored["secret"]["S"], "whsec_another_secret");
        assert!(stored["old_secrets"].is_null());
    }

    #[tokio::test]
    async fn a_replay_rotates_once_and_is_without_the_secret() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let path = format!("/v3/webhooks/{}/rotate-secret", endpoint(&api).await);
        let api = api.idempotent("r-1");
        let first = api.post(&path, json!({})).await;
        first.expect(200);
        let again = api.post(&path, json!({})).await;
        assert_eq!(again.headers["idempotent-replayed"], "true");
        let mut want = first.body.clone();
        want.as_object_mut().unwrap().remove("secret");
        assert_eq!(*again.expect(200), want);
        let secret = first.text_of("secret");
        let with_it = world.dump().into_iter();
        let with_it = with_it.filter(|item| item.to_string().contains(secret));
        let types: Vec<_> = with_it.map(|item| item["et"]["S"].clone()).collect();
        assert_eq!(types, ["we"]);
    }

    #[tokio::test]
    async fn every_wrong_field_is_named_and_strangers_rotate_nothing() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let path = format!("/v3/webhooks/{}/rotate-secret", endpoint(&api).await);
        let before = item(&world, "we");
        let wrong = json!({ "secret": "short", "overlap_hours": 169, "overlap_hour": 1 });
        let answer = api.post(&path, wrong).await;
        answer.expect(400);
        let pointers = ["/secret", "/overlap_hours", "/overlap_hour"];
        assert_eq!(answer.pointers(), pointers);
        let reader = api.with_key(&world.key_with(&["webhooks:read"]).await);
        reader.post(&path, json!({})).await.expect(403);
        for stranger in strangers(&world, &api) {
            stranger.post(&path, json!({})).await.expect(404);
        }
        assert_eq!(item(&world, "we"), before);
    }
}
