//! From an event on the bus to one message for every endpoint that wants it.
//!
//! Nothing is written here: a delivery is first recorded with the outcome of its first attempt. A message that comes twice
//! makes two messages for one delivery, of which the second finds that it was delivered.

use api::{App, Config, Invocation};
use models::event::EventType;
use models::ids::{self, Id};
use models::{Error, Mode, Result, Scope};
use serde::Deserialize;
use store::{DueMessage, keys};

use queue::Queue;

/// What EventBridge puts around an event.
#[derive(Debug, Deserialize)]
struct Envelope {
    detail: Detail,
}

/// The part of `outbox-relay`'s detail that says where it goes.
#[derive(Debug, Deserialize)]
struct Detail {
    account: Id<ids::Account>,
    livemode: bool,
    #[serde(default)]
    only_endpoint: Option<Id<ids::Webhook>>,
    event: EventHead,
}

#[derive(Debug, Deserialize)]
struct EventHead {
    id: Id<ids::Event>,
    #[serde(rename = "type")]
    kind: EventType,
}

/// The Lambda function.
pub fn function(config: &Config) -> Result<Invocation> {
    let queue = Queue::new(
        &config.connection,
        config.require("WEBHOOK_DELIVERY_QUEUE_URL")?,
    );
    let app = App::new(config)?;
    Ok(api::sqs_function(move |body| {
        let (app, queue) = (app.clone(), queue.clone());
        async move { fan_out(&app, &queue, &body).await }
    }))
}

/// Sends an event on to every endpoint that wants it. One query.
async fn fan_out(app: &App, queue: &Queue, body: &str) -> Result<()> {
    let Envelope { detail } = serde_json::from_str(body).map_err(Error::internal)?;
    let mode = if detail.livemode {
        Mode::Live
    } else {
        Mode::Test
    };
    let scope = Scope {
        business: detail.account,
        mode,
    };
    let endpoints = app.scheduled(scope, None).all_endpoints().await?;
    let wanting = endpoints
        .iter()
        .filter(|endpoint| match detail.only_endpoint {
            Some(only) => endpoint.id == only && endpoint.enabled,
            None => endpoint.wants(detail.event.kind),
        });
    let messages: Vec<DueMessage> = wanting
        .map(|endpoint| {
            let key = keys::delivery(&scope, endpoint.id, detail.event.id);
            DueMessage {
                pk: key.pk,
                sk: key.sk,
                entity_type: "del".to_owned(),
                at: None,
            }
        })
        .collect();
    queue.send(&messages).await
}
