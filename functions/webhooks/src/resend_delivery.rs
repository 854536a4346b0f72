//! `POST /v3/deliveries/{id}/resend`

use api::{Accepted, Cx, Path, Problem, WebhooksWrite, operation};
use futures::future::try_join4;
use models::Error;
use models::webhooks::{DeliveryId, DeliveryStatus};
use views::rocketsavvy::Delivery;

use crate::{access, settings};

/// Resend a delivery
///
/// Sends an event again within seconds, whatever became of the delivery: to the endpoint's present URL, with the same
/// `webhook-id`. If that fails, retries start over. A delivery that is about to be sent stays as it is; 409 where the
/// endpoint is disabled. The key must be able to read the record that the event carries.
#[operation(post, "/v3/deliveries/{id}/resend", tag = "webhooks")]
pub(crate) async fn resend_delivery(
    cx: Cx<WebhooksWrite>,
    Path(id): Path<DeliveryId>,
) -> Result<Accepted<Delivery>, Problem> {
    let (stored, endpoint, events, now) = try_join4(
        cx.delivery_now(id),
        cx.find_now(id.endpoint),
        cx.events_by_id(&[id.event]),
        cx.now(),
    )
    .await?;
    let (Some(stored), Some(endpoint)) = (stored, endpoint) else {
        return Err(Error::not_found("delivery", id).into());
    };
    access::may_read_type(cx.scopes(), stored.event_type)?;
    settings::is_sent_to(&endpoint)?;
    let mut delivery = (*stored).clone();
    let mut writes = cx.writes().await?;
    let waits = delivery.status == DeliveryStatus::Pending && delivery.wants_attempt(now);
    if !waits {
        delivery.revive(now);
        writes.update_at_once(&stored, &delivery)?;
    }
    let event = events.into_iter().next().flatten();
    let view = Delivery::of(&delivery, &endpoint, event.as_deref(), cx.mode())?;
    cx.done(&writes, &view.with_attempts_of(&delivery)).await
}

#[cfg(test)]
mod tests {
    use http::Method;
    use serde_json::{Value, json};
    use testkit::{Answer, Call, World};

    use crate::testing::{answered, endpoint, failed_delivery, item, strangers};

    async fn resend(api: &Call, path: &str) -> Answer {
        api.send(Method::POST, &format!("{path}/resend"), "").await
    }

    #[tokio::test]
    async fn a_delivery_is_due_at_once() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let endpoint = endpoint(&api).await;
        let failed = failed_delivery(&world, &endpoint).await;
        let path = format!("/v3/deliveries/{}", failed.id);
        let before = api.get(&path).await;
        world.meter.take();
        let answer = resend(&api, &path).await;
        let units = world.meter.take();
        assert_eq!(
            (units.read_tenths, units.write_tenths, units.round_trips()),
            (35, 30, 5),
            "{units:?}"
        );
        let mut want = before.body.clone();
        want["status"] = json!("pending");
        want["next_retry"] = json!("2026-01-15T12:00:00Z");
        assert_eq!(*answer.expect(202), want);
        assert_eq!(*api.get(&path).await.expect(200), want);
        let stored = item(&world, "del");
        assert_eq!(stored["at_once"]["N"], "1");
        assert_eq!(stored["manual"]["BOOL"], true);
        assert!(stored["due_sk"]["S"].is_string());

        // It waits already.
        world.meter.take();
        assert_eq!(*resend(&api, &path).await.expect(202), want);
        assert_eq!(world.meter.take().write_tenths, 0);
        assert_eq!(item(&world, "del"), stored);
    }

    #[tokio::test]
    async fn what_was_delivered_or_canceled_can_be_resent_too() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let endpoint = endpoint(&api).await;
        let id = failed_delivery(&world, &endpoint).await.id;
        let path = format!("/v3/deliveries/{id}");
        let context = world
            .app
            .context(world.ours.test(), store::Origin::system());
        for status in ["delivered", "canceled"] {
            let stored = context.delivery_now(id).await.unwrap().unwrap();
            let mut delivery = (*stored).clone();
            if status == "delivered" {
                let attempt = answered("2026-01-15T11:30:00Z", 200, "ok");
                delivery.book(
                    attempt,
                    "https://example.com/hook",
                    models::webhooks::Retry::default(),
                );
            } else {
                delivery.cancel();
            }
            let mut writes = context.writes().await.unwrap();
            writes.update(&stored, &delivery, None).unwrap();
            assert!(context.write(&writes).await.unwrap());
            assert_eq!(api.get(&path).await.expect(200)["status"], status);
            assert_eq!(resend(&api, &path).await.expect(202)["status"], "pending");
        }
    }

    #[tokio::test]
    async fn nothing_is_resent_to_a_disabled_endpoint() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let endpoint = endpoint(&api).await;
        let path = format!(
            "/v3/deliveries/{}",
            failed_delivery(&world, &endpoint).await.id
        );
        let before = item(&world, "del");
        let off = json!({ "enabled": false });
        api.patch(&format!("/v3/webhooks/{endpoint}"), off)
            .await
            .expect(200);
        let refused = resend(&api, &path).await;
        refused.expect(409);
        assert_eq!(refused.text_of("code"), "webhook_disabled");
        assert_eq!(item(&world, "del"), before);
    }

    #[tokio::test]
    async fn one_key_resends_once_and_strangers_nothing() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let endpoint = endpoint(&api).await;
        let path = format!(
            "/v3/deliveries/{}",
            failed_delivery(&world, &endpoint).await.id
        );
        let before = item(&world, "del");
        for stranger in strangers(&world, &api) {
            resend(&stranger, &path).await.expect(404);
        }
        resend(&api, "/v3/deliveries/del_rs_1").await.expect(404);
        let reader = api.with_key(&world.key_with(&["webhooks:read"]).await);
        let refused = resend(&reader, &path).await;
        refused.expect(403);
        assert_eq!(
            refused.text_of("detail"),
            "this key lacks the scope webhooks:write"
        );
        assert_eq!(item(&world, "del"), before);
        let api = api.idempotent("r-1");
        let first = resend(&api, &path).await;
        let again = resend(&api, &path).await;
        assert_eq!(again.headers["idempotent-replayed"], "true");
        assert_eq!(again.expect(202), first.expect(202));
        let version = |item: Value| item["v"]["N"].as_str().map(str::to_owned);
        assert_eq!(version(item(&world, "del")).unwrap(), "2");
    }
}
