//! Records that workers write, for the tests of this crate.

use models::event::{Actor, EventType};
use models::webhooks::{Attempt, Delivery, DeliveryId, EventRecord, LoggedResponse};
use models::{Id, Scope, Timestamp};
use serde_json::json;
use testkit::{Call, World};

/// `now` of a new world.
pub(crate) const NOON: &str = "2026-01-15T12:00:00Z";

/// An endpoint that listens to everything; its id.
pub(crate) async fn endpoint(api: &Call) -> String {
    let body = json!({
        "url": "https://example.com/hook", "events": ["*"], "headers": { "X-Env": "test", "Authorization": "Bearer abc" },
    });
    let made = api.post("/v3/webhooks", body).await;
    made.expect(201);
    made.text_of("id").to_owned()
}

/// `invoice.paid` of an object.
pub(crate) fn invoice_paid(number: u64, object_id: &str) -> EventRecord {
    EventRecord {
        id: Id::new(number).unwrap(),
        event_type: EventType::InvoicePaid,
        object_id: object_id.to_owned(),
        sequence: 2,
        data:
            r#"{"object":{"status":"paid","amount":9999},"previous_attributes":{"status":"open"}}"#
                .to_owned(),
        actor: Actor::system(),
        request: None,
        idempotency_key: Some("k-1".to_owned()),
        source: format!("{object_id}#{number}#invoice.paid"),
        only_endpoint: None,
        except_endpoint: None,
        created: NOON.parse().unwrap(),
    }
}

/// Writes events into the log and the feed of a business, as the relay does.
pub(crate) async fn log_all(world: &World, scope: Scope, records: Vec<EventRecord>) {
    let context = world.app.context(scope, store::Origin::system());
    let head = context.feed_head().await.unwrap();
    let mut logged = Vec::new();
    for record in records {
        logged.push(context.log_event(record).await.unwrap());
    }
    context.add_to_feed(head, &logged).await.unwrap();
}

/// Writes `invoice.paid` of an object into the log and the feed of a business.
pub(crate) async fn log(world: &World, scope: Scope, number: u64, object_id: &str) {
    log_all(world, scope, vec![invoice_paid(number, object_id)]).await;
}

/// A delivery of that event to that endpoint, which nobody has tried.
pub(crate) fn delivery(endpoint: &str, event: u64, kind: EventType, at: &str) -> Delivery {
    let id = DeliveryId {
        event: Id::new(event).unwrap(),
        endpoint: endpoint.parse().unwrap(),
    };
    Delivery::new(id, kind, at.parse().unwrap())
}

/// An attempt that was answered.
pub(crate) fn answered(at: &str, http_status: u16, body: &str) -> Attempt {
    let headers = [("content-type".to_owned(), "text/plain".to_owned())];
    Attempt {
        at: at.parse::<Timestamp>().unwrap(),
        http_status: Some(http_status),
        error: None,
        response_time_ms: 245,
        manual: false,
        answer: Some(LoggedResponse {
            headers: headers.into(),
            body: body.to_owned(),
            truncated: false,
        }),
    }
}

/// An attempt that was not answered.
pub(crate) fn unanswered(at: &str) -> Attempt {
    Attempt {
        http_status: None,
        error: Some("the endpoint did not answer in time".to_owned()),
        answer: None,
        ..answered(at, 200, "")
    }
}

/// Writes deliveries as the sender does.
pub(crate) async fn write(world: &World, deliveries: &[Delivery]) {
    let context = world
        .app
        .context(world.ours.test(), store::Origin::system());
    let mut writes = context.writes().await.unwrap();
    for delivery in deliveries {
        writes.create(delivery, None).unwrap();
    }
    assert!(context.write(&writes).await.unwrap());
}

/// A delivery of event 7 whose last attempt was refused and whose next one is to come.
pub(crate) async fn failed_delivery(world: &World, endpoint: &str) -> Delivery {
    log(world, world.ours.test(), 7, "inv_rs_1").await;
    let mut delivery = delivery(endpoint, 7, EventType::InvoicePaid, "2026-01-15T11:00:00Z");
    let url = "https://example.com/earlier";
    delivery.book(
        unanswered("2026-01-15T11:00:00Z"),
        url,
        models::webhooks::Retry::default(),
    );
    delivery.book(
        answered("2026-01-15T11:00:05Z", 503, "busy"),
        url,
        models::webhooks::Retry::default(),
    );
    write(world, std::slice::from_ref(&delivery)).await;
    delivery
}

/// The item of that type in the table, which is the only one.
pub(crate) fn item(world: &World, entity_type: &str) -> serde_json::Value {
    let items = world.dump().into_iter();
    let mut found = items.filter(|item| item["et"]["S"] == entity_type);
    let item = found.next().unwrap();
    assert!(found.next().is_none(), "another {entity_type}");
    item
}

/// Where a business and a mode end: keys that must find nothing of ours.
pub(crate) fn strangers(world: &World, api: &Call) -> [Call; 2] {
    [&world.theirs.test_key, &world.ours.live_key].map(|key| api.with_key(key))
}
