//! `POST /v3/webhooks/{id}/test`

use api::input::{Field, Fields, Input};
use api::{Accepted, Cx, Json, Path, Problem, WebhooksWrite, operation};
use models::Id;
use models::event::{EventType, TestEvent};
use serde_json::{Map, Value};
use views::rocketsavvy::{TestSent, example_of};

use crate::{access, event_type, settings};

/// The data travels inside the endpoint's item, which every event of the business makes us read.
const MAX_TEST_DATA_BYTES: usize = 8 * 1024;

/// A test event.
#[derive(Debug, Input)]
pub(crate) struct NewTest {
    /// Any event type, also one that the endpoint does not listen to.
    #[input(chars = 1..=100, then = event_type::read, example = "payment.succeeded")]
    event_type: EventType,
    /// What the event carries as `data.object`, at most 8 KiB; an example of ours if it is absent.
    #[input(by = test_data, example = { "id": "pay_rs_789012", "amount": 5000 })]
    test_data: Option<Map<String, Value>>,
}

fn test_data(fields: &mut Fields<'_>, name: &'static str) -> Field<Map<String, Value>> {
    fields.json_object(name, MAX_TEST_DATA_BYTES)
}

/// Send a test event
///
/// Sends a test event of any type to this endpoint alone, signed and retried like any other. Its `data.object` is what
/// `test_data` says, or a short sample with `test: true`: not a whole record. Its delivery appears with its first
/// attempt, within seconds. 409 where the endpoint is disabled. The key must be able to read the records of such events.
#[operation(post, "/v3/webhooks/{id}/test", tag = "webhooks")]
pub(crate) async fn test_webhook(
    cx: Cx<WebhooksWrite>,
    Path(id): Path<Id<models::ids::Webhook>>,
    Json(input): Json<NewTest>,
) -> Result<Accepted<TestSent>, Problem> {
    let stored = cx.require_now(id).await?;
    access::may_read_type(cx.scopes(), input.event_type)?;
    settings::is_sent_to(&stored)?;
    let object = match input.test_data {
        Some(data) => Value::Object(data),
        None => example_of(input.event_type),
    };
    let test = TestEvent {
        endpoint: id,
        object: object.to_string(),
    };
    let mut writes = cx.writes().await?;
    let stamp = writes.touch(&stored, input.event_type, &test)?;
    cx.done(&writes, &TestSent::of(&stored, &stamp, cx.mode()))
        .await
}

#[cfg(test)]
mod tests {
    use models::event::Stamp;
    use serde_json::{Value, json};
    use testkit::{Call, World};

    async fn endpoint(api: &Call) -> String {
        let body = json!({ "url": "https://example.com/", "events": ["invoice.*"] });
        let made = api.post("/v3/webhooks", body).await;
        made.expect(201);
        made.text_of("id").to_owned()
    }

    /// The newest event on the endpoint's item.
    fn stamp(world: &World) -> Stamp {
        let item = world
            .dump()
            .into_iter()
            .find(|item| item["et"]["S"] == "we")
            .unwrap();
        let mut stamps: Vec<Stamp> =
            serde_json::from_str(item["ev"]["S"].as_str().unwrap()).unwrap();
        assert_eq!(stamps.len(), 1);
        stamps.remove(0)
    }

    #[tokio::test]
    async fn a_test_event_goes_to_the_endpoint_alone() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let id = endpoint(&api).await;
        let path = format!("/v3/webhooks/{id}/test");
        world.meter.take();
        let data = json!({ "event_type": "payment.succeeded", "test_data": { "amount": 5000 } });
        let answer = api.post(&path, data).await;
        let units = world.meter.take();
        assert_eq!(units.write_tenths, 10, "{units:?}");
        let event = stamp(&world);
        let only = event.only.unwrap();
        let want = json!({
            "event_id": event.id, "event_type": "payment.succeeded", "webhook_id": id, "livemode": false,
            "delivery_id": format!("del_rs_{}{}", event.id.number(), only.endpoint.digits()),
        });
        assert_eq!(*answer.expect(202), want);
        assert_eq!(only.endpoint.to_string(), id);
        assert_eq!(only.object, r#"{"amount":5000}"#);
        assert_eq!(event.sequence, 1);

        api.post(&path, json!({ "event_type": "invoice.paid" }))
            .await
            .expect(202);
        let event = stamp(&world);
        assert_eq!(event.sequence, 2);
        let object: Value = serde_json::from_str(&event.only.unwrap().object).unwrap();
        assert_eq!(object["object"], "invoice");
    }

    #[tokio::test]
    async fn a_disabled_endpoint_is_not_tested() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let id = endpoint(&api).await;
        let path = format!("/v3/webhooks/{id}");
        api.patch(&path, json!({ "enabled": false }))
            .await
            .expect(200);
        let body = json!({ "event_type": "invoice.paid" });
        let answer = api.post(&format!("{path}/test"), body).await;
        answer.expect(409);
        assert_eq!(answer.text_of("code"), "webhook_disabled");
    }

    #[tokio::test]
    async fn every_wrong_field_is_named() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let id = endpoint(&api).await;
        let path = format!("/v3/webhooks/{id}/test");
        let wrong = [
            (json!({}), vec!["/event_type"]),
            (
                json!({ "event_type": "invoice.*", "test_data": [1], "testdata": {} }),
                vec!["/event_type", "/test_data", "/testdata"],
            ),
            (
                json!({ "event_type": "invoice.paid", "test_data": { "a": "x".repeat(8 * 1024) } }),
                vec!["/test_data"],
            ),
        ];
        for (body, pointers) in wrong {
            let answer = api.post(&path, body).await;
            answer.expect(400);
            assert_eq!(answer.pointers(), pointers);
        }
        let reader = api.with_key(&world.key_with(&["webhooks:read"]).await);
        let refused = reader
            .post(&path, json!({ "event_type": "invoice.paid" }))
            .await;
        refused.expect(403);
        assert_eq!(
            refused.text_of("detail"),
            "this key lacks the scope webhooks:write"
        );
    }

    #[tokio::test]
    async fn one_key_sends_one_test() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let path = format!("/v3/webhooks/{}/test", endpoint(&api).await);
        let api = api.idempotent("t-1");
        let body = json!({ "event_type": "invoice.paid" });
        let first = api.post(&path, body.clone()).await;
        let again = api.post(&path, body).await;
        assert_eq!(again.expect(202), first.expect(202));
        assert_eq!(stamp(&world).sequence, 1);
        assert_eq!(stamp(&world).idempotency_key.as_deref(), Some("t-1"));
    }
}
