//! `POST /v3/webhooks/{id}/recover`

use api::input::Input;
use api::{Accepted, Costs, Cx, Json, Path, Problem, WebhooksWrite, operation};
use futures::future::try_join3;
use models::{Error, Id, Result, Timestamp, View, webhooks};
use views::rocketsavvy::Recovery;

use crate::{access, settings};

/// How far back a recovery goes, in days: for so long is known what was delivered.
const MAX_DAYS: i64 = 90;

/// What is to be sent again.
#[derive(Debug, Input)]
pub(crate) struct NewRecovery {
    /// The oldest moment of an event that is sent again: not in the future, and at most 90 days ago.
    #[input(example = "2026-01-14T00:00:00Z")]
    since: Timestamp,
}

impl NewRecovery {
    fn check(&self, now: Timestamp) -> Result<()> {
        let detail = if self.since > now {
            "must not be in the future"
        } else if self.since < now.plus_days(-MAX_DAYS) {
            "must be at most 90 days ago"
        } else {
            return Ok(());
        };
        Err(Error::invalid("/since", "out_of_range", detail))
    }
}

/// Recover what a webhook endpoint missed
///
/// Sends every event since a moment again that the endpoint listens to and did not receive, each once; what was
/// delivered is left out. It goes on after the answer: `GET` on this path tells how far it is. 409 while another
/// recovery of the endpoint is running, or where the endpoint is disabled. The key must be able to read all events that the
/// endpoint listens to.
#[operation(post, "/v3/webhooks/{id}/recover", tag = "webhooks")]
pub(crate) async fn recover_webhook(
    _: Costs<50>,
    cx: Cx<WebhooksWrite>,
    Path(id): Path<Id<models::ids::Webhook>>,
    Json(input): Json<NewRecovery>,
) -> Result<Accepted<Recovery>, Problem> {
    let (endpoint, before, now) =
        try_join3(cx.require_now(id), cx.recovery_now(id), cx.now()).await?;
    access::may_direct(cx.scopes(), &endpoint)?;
    input.check(now)?;
    settings::is_sent_to(&endpoint)?;
    let recovery = webhooks::Recovery::new(id, input.since.whole_second(), now);
    let mut writes = cx.writes().await?;
    match before {
        Some(before) if before.running => {
            let detail = "a recovery of this endpoint is running; wait for its end";
            return Err(Error::conflict("recovery_running", detail).into());
        }
        Some(before) => writes.update_at_once(&before, &recovery)?,
        None => writes.create_at_once(&recovery)?,
    }
    cx.done(&writes, &Recovery::of(&recovery, cx.mode())?).await
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testkit::World;

    use crate::testing::{endpoint, item, strangers};

    #[tokio::test]
    async fn a_recovery_begins_at_once_and_no_other_runs_beside_it() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let id = endpoint(&api).await;
        let path = format!("/v3/webhooks/{id}/recover");
        world.meter.take();
        let body = json!({ "since": "2026-01-14T01:00:00.5+01:00" });
        let answer = api.post(&path, body.clone()).await;
        let units = world.meter.take();
        assert_eq!(
            (units.read_tenths, units.write_tenths, units.round_trips()),
            (30, 20, 4),
            "{units:?}"
        );
        let want = json!({
            "webhook_id": id, "since": "2026-01-14T00:00:00Z", "until": "2026-01-15T12:00:00Z", "status": "running",
            "resent": 0, "livemode": false,
        });
        assert_eq!(*answer.expect(202), want);
        assert_eq!(*api.get(&path).await.expect(200), want);
        let stored = item(&world, "recovery");
        assert_eq!(stored["at_once"]["N"], "1");
        assert!(stored["due_sk"]["S"].is_string());
        let another = api.post(&path, body).await;
        another.expect(409);
        assert_eq!(another.text_of("code"), "recovery_running");
        assert_eq!(item(&world, "recovery"), stored);
    }

    #[tokio::test]
    async fn after_the_end_of_one_another_can_begin() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let id = endpoint(&api).await;
        let path = format!("/v3/webhooks/{id}/recover");
        let body = json!({ "since": "2026-01-14T00:00:00Z" });
        api.post(&path, body).await.expect(202);
        let context = world
            .app
            .context(world.ours.test(), store::Origin::system());
        let stored = context.recovery_now(id.parse().unwrap()).await;
        let stored = stored.unwrap().unwrap();
        let mut recovery = (*stored).clone();
        (recovery.running, recovery.resent) = (false, 7);
        let mut writes = context.writes().await.unwrap();
        writes.update(&stored, &recovery, None).unwrap();
        assert!(context.write(&writes).await.unwrap());
        let over = api.get(&path).await;
        assert_eq!(over.expect(200)["status"], "finished");
        assert_eq!(over.body["resent"], 7);
        let later = world.later(60).call(crate::routes());
        let body = json!({ "since": "2026-01-15T12:00:00Z" });
        let again = later.post(&path, body).await;
        assert_eq!(again.expect(202)["until"], "2026-01-15T12:01:00Z");
        assert_eq!(again.body["resent"], 0);
        assert_eq!(item(&world, "recovery")["at_once"]["N"], "1");
    }

    #[tokio::test]
    async fn the_window_is_of_ninety_days_that_have_passed() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let path = format!("/v3/webhooks/{}/recover", endpoint(&api).await);
        let before = world.dump().len();
        for body in [
            json!({}),
            json!({ "since": "yesterday" }),
            json!({ "since": "2026-01-15T12:00:01Z" }),
            json!({ "since": "2025-10-17T11:59:59Z" }),
        ] {
            let answer = api.post(&path, body).await;
            answer.expect(400);
            assert_eq!(answer.pointers(), ["/since"]);
        }
        assert_eq!(world.dump().len(), before);
        let body = json!({ "since": "2025-10-17T12:00:00Z" });
        api.post(&path, body).await.expect(202);
    }

    #[tokio::test]
    async fn nothing_is_recovered_for_a_disabled_endpoint_or_a_stranger() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let id = endpoint(&api).await;
        let path = format!("/v3/webhooks/{id}/recover");
        let before = world.dump().len();
        let body = json!({ "since": "2026-01-14T00:00:00Z" });
        for stranger in strangers(&world, &api) {
            stranger.post(&path, body.clone()).await.expect(404);
        }
        api.patch(&format!("/v3/webhooks/{id}"), json!({ "enabled": false }))
            .await
            .expect(200);
        let refused = api.post(&path, body.clone()).await;
        refused.expect(409);
        assert_eq!(refused.text_of("code"), "webhook_disabled");
        assert_eq!(world.dump().len(), before);
        let reader = api.with_key(&world.key_with(&["webhooks:read"]).await);
        reader.post(&path, body).await.expect(403);
        api.get(&path).await.expect(404);
    }

    #[tokio::test]
    async fn one_key_begins_one_recovery() {
        let world = World::new().await;
        let api = world.call(crate::routes()).idempotent("r-1");
        let id = endpoint(&world.call(crate::routes())).await;
        let path = format!("/v3/webhooks/{id}/recover");
        let body = json!({ "since": "2026-01-14T00:00:00Z" });
        let first = api.post(&path, body.clone()).await;
        let again = api.post(&path, body).await;
        assert_eq!(again.headers["idempotent-replayed"], "true");
        assert_eq!(again.expect(202), first.expect(202));
    }
}
