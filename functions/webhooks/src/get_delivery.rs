//! `GET /v3/deliveries/{id}`

use api::{Cx, Done, Path, Problem, WebhooksRead, operation};
use futures::future::try_join3;
use models::Error;
use models::webhooks::DeliveryId;
use views::rocketsavvy::Delivery;

use crate::access;

/// Retrieve a delivery
///
/// Retrieves a delivery: what was sent, what was answered, and the newest ten attempts. A delivery is kept for 90 days,
/// or until its endpoint is deleted. The key must be able to read the record that the event carries.
#[operation(get, "/v3/deliveries/{id}", tag = "webhooks")]
pub(crate) async fn get_delivery(
    cx: Cx<WebhooksRead>,
    Path(id): Path<DeliveryId>,
) -> Result<Done<Delivery>, Problem> {
    let (delivery, endpoint, events) = try_join3(
        cx.delivery(id),
        cx.find(id.endpoint),
        cx.events_by_id(&[id.event]),
    )
    .await?;
    let (Some(delivery), Some(endpoint)) = (delivery, endpoint) else {
        return Err(Error::not_found("delivery", id).into());
    };
    access::may_read_type(cx.scopes(), delivery.event_type)?;
    let event = events.into_iter().next().flatten();
    let view = Delivery::of(&delivery, &endpoint, event.as_deref(), cx.mode())?;
    Done::of(&view.with_attempts_of(&delivery))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testkit::World;

    use crate::testing::{
        NOON, delivery, endpoint, failed_delivery, invoice_paid, log_all, strangers, write,
    };

    #[tokio::test]
    async fn a_delivery_shows_what_was_sent_what_was_answered_and_each_attempt() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let endpoint = endpoint(&api).await;
        let failed = failed_delivery(&world, &endpoint).await;
        let path = format!("/v3/deliveries/{}", failed.id);
        world.meter.take();
        let answer = api.get(&path).await;
        let units = world.meter.take();
        assert_eq!(
            (units.read_tenths, units.round_trips()),
            (15, 3),
            "{units:?}"
        );
        let event = api.get("/v3/events/evt_rs_7").await;
        let want = json!({
            "id": failed.id, "webhook_id": endpoint, "event_id": "evt_rs_7", "event_type": "invoice.paid", "status": "failed",
            "http_status": 503, "error": null, "attempts": 2, "response_time": 245,
            "next_retry": failed.next_retry, "created": "2026-01-15T11:00:00Z", "livemode": false,
            "request": {
                "url": "https://example.com/earlier",
                "headers": {
                    "content-type": "application/json", "user-agent": "Savvy-Webhooks/1.0", "webhook-id": "evt_rs_7",
                    "X-Env": "test", "Authorization": "********",
                },
                "body": event.text, "truncated": false,
            },
            "response": {
                "status": 503, "headers": { "content-type": "text/plain" }, "body": "busy", "truncated": false,
            },
            "attempt_log": [
                {
                    "at": "2026-01-15T11:00:00Z", "http_status": null, "error": "the endpoint did not answer in time",
                    "response_time": 245, "trigger": "scheduled",
                },
                {
                    "at": "2026-01-15T11:00:05Z", "http_status": 503, "error": null,
                    "response_time": 245, "trigger": "scheduled",
                },
            ],
        });
        assert_eq!(*answer.expect(200), want);
    }

    #[tokio::test]
    async fn of_a_large_event_the_first_four_kib_are_shown() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let endpoint = endpoint(&api).await;
        let mut record = invoice_paid(7, "inv_rs_1");
        record.data = json!({ "object": { "memo": "é".repeat(3000) } }).to_string();
        let kind = record.event_type;
        log_all(&world, world.ours.test(), vec![record]).await;
        // It waits for its first attempt: the rate limit gave it a later turn.
        let mut waiting = delivery(&endpoint, 7, kind, NOON);
        waiting.park("2026-01-15T12:01:00Z".parse().unwrap());
        write(&world, std::slice::from_ref(&waiting)).await;
        let answer = api.get(&format!("/v3/deliveries/{}", waiting.id)).await;
        let body = answer.expect(200);
        let event = api.get("/v3/events/evt_rs_7").await.text;
        let shown = body["request"]["body"].as_str().unwrap();
        assert!(event.starts_with(shown) && event.len() > 6000);
        assert!((4095..=4096).contains(&shown.len()), "{}", shown.len());
        assert_eq!(body["request"]["truncated"], true);
        assert_eq!(body["request"]["url"], "https://example.com/hook");
        assert_eq!(
            (&body["response"], &body["attempt_log"]),
            (&json!(null), &json!([]))
        );
        assert_eq!(body["status"], "pending");
        assert_eq!(body["next_retry"], "2026-01-15T12:01:00Z");
    }

    #[tokio::test]
    async fn deliveries_of_others_do_not_exist_and_go_with_their_endpoint() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let endpoint = endpoint(&api).await;
        let failed = failed_delivery(&world, &endpoint).await;
        let path = format!("/v3/deliveries/{}", failed.id);
        for stranger in strangers(&world, &api) {
            stranger.get(&path).await.expect(404);
        }
        let unknown = ["del_rs_80000000000000001", "del_rs_123456", "evt_rs_7", "7"];
        for unknown in unknown {
            let answer = api.get(&format!("/v3/deliveries/{unknown}")).await;
            answer.expect(404);
            let detail = answer.text_of("detail");
            assert!(detail.contains("delivery"), "{detail}");
        }
        let other = api.with_key(&world.key_with(&["billing:read"]).await);
        other.get(&path).await.expect(403);
        api.get(&path).await.expect(200);
        api.delete(&format!("/v3/webhooks/{endpoint}"))
            .await
            .expect(200);
        api.get(&path).await.expect(404);
    }
}
