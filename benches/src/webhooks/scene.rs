//! What is delivered, and where to.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::StreamExt;
use models::crm::{Customer, Profile};
use models::event::EventType;
use models::webhooks::{Endpoint, EventFilter};
use models::{Business, Id, Metadata, Mode, Scope};
use serde_json::{Value, json};
use store::{DeliveryMessage, Record, keys};
use testkit::World;

/// Changes that the stream hands over at once.
const CHANGES: usize = 100;

/// A message to sign and post.
#[derive(Debug, Clone)]
pub(super) struct Posting {
    pub(super) endpoint: Arc<Endpoint>,
    pub(super) id: String,
    pub(super) body: String,
}

/// The test mode of the business with that number.
pub(super) fn scope(number: u64) -> Scope {
    Scope {
        business: Business::new(number).unwrap(),
        mode: Mode::Test,
    }
}

/// Endpoints for everything at these URLs.
pub(super) async fn endpoints(
    world: &World,
    scope: Scope,
    urls: impl Iterator<Item = String>,
) -> Vec<Arc<Endpoint>> {
    let context = world.app.scheduled(scope, None);
    let now = world.config.clock.now();
    let mut endpoints = Vec::new();
    for url in urls {
        let endpoint = Endpoint {
            id: context.mint().await.unwrap(),
            url,
            description: Some("Where the warehouse hears of orders".to_owned()),
            events: vec![EventFilter::parse("customer.*").unwrap()],
            secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned(),
            old_secrets: Vec::new(),
            headers: BTreeMap::new(),
            rate_limit: None,
            enabled: true,
            enabled_changed: now,
            disabled_reason: None,
            metadata: Metadata::new(),
            created: now,
            deleted: None,
        };
        let mut writes = context.writes().await.unwrap();
        writes.create(&endpoint, None).unwrap();
        assert!(context.write(&writes).await.unwrap());
        endpoints.push(Arc::new(endpoint));
    }
    endpoints
}

/// So many events `customer.created` of a business that has none yet, written and told of by `outbox-relay`: the messages of
/// `webhook-fanout`.
pub(super) async fn events(world: &World, scope: Scope, count: u64) -> Vec<String> {
    futures::stream::iter(0..count)
        .map(|number| customer(world, scope, number))
        .buffer_unordered(32)
        .for_each(async |()| {})
        .await;
    let partition = format!("{}#test#", scope.business.number());
    let is_told = |item: &Value| {
        let ours = item["PK"]["S"].as_str();
        item["et"]["S"] == Customer::TYPE && ours.is_some_and(|pk| pk.starts_with(&partition))
    };
    let images: Vec<Value> = world.dump().into_iter().filter(is_told).collect();
    assert_eq!(images.len(), usize::try_from(count).unwrap());
    let relay = outbox_relay::function(&world.config).unwrap();
    for images in images.chunks(CHANGES) {
        let record = |(index, image): (usize, &Value)| {
            json!({
                "eventID": index.to_string(), "eventName": "INSERT", "eventSource": "aws:dynamodb", "awsRegion": "us-east-1",
                "dynamodb": {
                    "ApproximateCreationDateTime": 1_771_156_800, "Keys": { "PK": image["PK"], "SK": image["SK"] },
                    "NewImage": image, "SequenceNumber": (index + 1).to_string(), "SizeBytes": 1000,
                    "StreamViewType": "NEW_AND_OLD_IMAGES",
                },
            })
        };
        let records: Vec<Value> = images.iter().enumerate().map(record).collect();
        let event = serde_json::value::to_raw_value(&json!({ "Records": records })).unwrap();
        let answer = relay(event).await.unwrap();
        assert!(
            !answer.get().contains("itemIdentifier"),
            "a change failed: {answer}"
        );
    }
    let messages = world.inbox.take_from("webhook-fanout", usize::MAX);
    assert_eq!(messages.len(), images.len());
    messages
}

async fn customer(world: &World, scope: Scope, number: u64) {
    let context = world.app.scheduled(scope, None);
    // So many that the event is as large as one of an invoice.
    let field = |number| {
        let value = "What the caller wants to know of its customer".to_owned();
        (format!("field_{number:02}"), value)
    };
    let profile = Profile {
        metadata: (0..24).map(field).collect(),
        email: Some(format!("ada.lovelace.{number}@example.com")),
        first_name: Some("Ada".to_owned()),
        last_name: Some("Lovelace".to_owned()),
        ..Profile::default()
    };
    let id = context.mint().await.unwrap();
    let customer = Customer::new(id, profile, context.now().await.unwrap());
    let mut writes = context.writes().await.unwrap();
    writes
        .create(&customer, Some(EventType::CustomerCreated))
        .unwrap();
    assert!(context.write(&writes).await.unwrap(), "an id met another");
}

/// What messages of `webhook-delivery` are about.
pub(super) fn postings(messages: &[String], endpoints: &[Arc<Endpoint>]) -> Vec<Posting> {
    let posting = |message: &String| {
        let message: DeliveryMessage = serde_json::from_str(message).unwrap();
        let (endpoint, event) = keys::delivery_parts(&message.key()).unwrap();
        let found = endpoints.iter().find(|known| known.id == endpoint).unwrap();
        Posting {
            endpoint: Arc::clone(found),
            id: Id::to_string(&event),
            body: message.event.unwrap().get().to_owned(),
        }
    };
    messages.iter().map(posting).collect()
}
