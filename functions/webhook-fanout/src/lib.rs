//! From an event on the bus to one message for every endpoint that wants it.
//!
//! Nothing is written here: a delivery is first recorded with the outcome of its first attempt. A message that comes twice
//! makes two messages for one delivery, of which the second finds that it was delivered. The messages of a batch share their
//! queries and their calls to the queue, and fail one by one.

mod recover;

use std::collections::HashMap;

use api::{App, Config, Invocation, Message};
use futures::future::{join_all, try_join};
use models::event::EventType;
use models::ids::{self, Id};
use models::webhooks::{Audience, DeliveryId};
use models::{Error, Mode, Result, Scope, Timestamp};
use queue::Queue;
use serde::Deserialize;
use serde_json::value::RawValue;
use store::{DeliveryMessage, DueMessage};
use views::rocketsavvy::Event;

/// What EventBridge puts around an event.
#[derive(Debug, Deserialize)]
struct Envelope {
    detail: Detail,
}

/// `outbox-relay`'s detail: the event, and where it goes.
#[derive(Debug, Deserialize)]
struct Detail {
    account: Id<ids::Account>,
    livemode: bool,
    #[serde(default)]
    only_endpoint: Option<Id<ids::Webhook>>,
    #[serde(default)]
    except_endpoint: Option<Id<ids::Webhook>>,
    event: Box<RawValue>,
}

#[derive(Debug, Deserialize)]
struct EventHead {
    id: Id<ids::Event>,
    created: Timestamp,
}

/// An event, and the message that brought it.
#[derive(Debug)]
struct Arrival {
    message_id: String,
    id: Id<ids::Event>,
    kind: EventType,
    created: Timestamp,
    audience: Audience,
    /// As it is sent.
    event: Box<RawValue>,
}

/// What a message asks for.
#[derive(Debug)]
enum Work {
    Event(Scope, Arrival),
    Recovery(String, DueMessage),
}

/// The Lambda function.
pub fn function(config: &Config) -> Result<Invocation> {
    let queue = Queue::new(
        &config.connection,
        config.require("WEBHOOK_DELIVERY_QUEUE_URL")?,
    );
    let app = App::new(config)?;
    Ok(api::sqs_batch_function(move |messages| {
        let (app, queue) = (app.clone(), queue.clone());
        async move { batch(&app, &queue, messages).await }
    }))
}

/// Handles each message, those of one business and mode together. Returns those that failed.
async fn batch(app: &App, queue: &Queue, messages: Vec<Message>) -> Vec<String> {
    let mut failed = Vec::new();
    let mut events: HashMap<Scope, Vec<Arrival>> = HashMap::new();
    let mut recoveries = Vec::new();
    for message in messages {
        match read(&message) {
            Ok(Work::Event(scope, arrival)) => events.entry(scope).or_default().push(arrival),
            Ok(Work::Recovery(id, due)) => {
                let (key, at) = (due.key(), due.at);
                let work = recover::recover(app, queue, due);
                recoveries.push(async move { api::attempt_due(app, id, (&key, at), work).await });
            }
            Err(error) => {
                tracing::error!(message_id = message.id, %error, "a message cannot be read");
                failed.push(message.id);
            }
        }
    }
    let fanned = events
        .into_iter()
        .map(|(scope, arrivals)| fan_out(app, queue, scope, arrivals));
    let (unsent, unrecovered) = futures::future::join(join_all(fanned), join_all(recoveries)).await;
    failed.extend(unsent.into_iter().flatten());
    failed.extend(unrecovered.into_iter().flatten());
    failed
}

fn read(message: &Message) -> Result<Work> {
    if let Ok(due) = serde_json::from_str::<DueMessage>(&message.body) {
        return Ok(Work::Recovery(message.id.clone(), due));
    }
    let Envelope { detail } = serde_json::from_str(&message.body).map_err(Error::internal)?;
    let mode = if detail.livemode {
        Mode::Live
    } else {
        Mode::Test
    };
    let scope = Scope {
        business: detail.account,
        mode,
    };
    let audience = Audience {
        only: detail.only_endpoint,
        except: detail.except_endpoint,
    };
    let EventHead { id, created } =
        serde_json::from_str(detail.event.get()).map_err(Error::internal)?;
    let event = Event::from_bus(&detail.event)?;
    let kind = event.kind();
    let event = serde_json::value::to_raw_value(&event).map_err(Error::internal)?;
    let arrival = Arrival {
        message_id: message.id.clone(),
        id,
        kind,
        created,
        audience,
        event,
    };
    Ok(Work::Event(scope, arrival))
}

/// Sends the events of one business on to the endpoints that want them: one query, and a call to the queue for ten messages.
/// Returns the messages that failed: all of them, for a delivery that is begun twice is one delivery.
async fn fan_out(app: &App, queue: &Queue, scope: Scope, arrivals: Vec<Arrival>) -> Vec<String> {
    match send(app, queue, scope, &arrivals).await {
        Ok(()) => Vec::new(),
        Err(error) => {
            tracing::error!(business = %scope.business, ?error, "events could not be sent on and will come again");
            let ids = arrivals.into_iter().map(|arrival| arrival.message_id);
            ids.collect()
        }
    }
}

async fn send(app: &App, queue: &Queue, scope: Scope, arrivals: &[Arrival]) -> Result<()> {
    let context = app.scheduled(scope, None);
    let (endpoints, clock) = try_join(context.all_endpoints(), context.clock_now()).await?;
    let mut messages = Vec::new();
    for arrival in arrivals {
        let wanting = endpoints
            .iter()
            .filter(|endpoint| arrival.audience.includes(endpoint, arrival.kind));
        messages.extend(wanting.map(|endpoint| {
            let id = DeliveryId {
                event: arrival.id,
                endpoint: endpoint.id,
            };
            // A test clock goes on while events are on their way; a delivery is made when its event happened.
            let at = clock.map(|_| arrival.created);
            DeliveryMessage::first(&scope, id, at, Some(&arrival.event))
        }));
    }
    queue.send(&messages).await
}
