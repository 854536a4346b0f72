//! One attempt to deliver one event to one endpoint: sign, post, write the outcome down.
//!
//! If the process dies between the post and the record, the message comes again and the endpoint receives the event twice,
//! with the same `webhook-id`.

use std::collections::BTreeMap;

use api::dialect::rocketsavvy::Event;
use api::{App, Config, Invocation};
use models::event::EventType;
use models::ids::{self, Id};
use models::webhooks::{Attempt, Delivery, Endpoint, EventRecord};
use models::{Error, Mode, Result, Timestamp};
use operations::Context;
use providers::webhook::{Message, Sender, sign};
use store::{Clock, DueMessage, Stored, keys};

/// The Lambda function.
pub fn function(config: &Config) -> Result<Invocation> {
    let app = App::new(config)?;
    let sender = Sender::new(config.egress)?;
    Ok(api::sqs_function(move |body| {
        let (app, sender) = (app.clone(), sender.clone());
        async move { deliver(&app, &sender, &body).await }
    }))
}

/// Makes the attempt that is due, if one is. 3 reads and 1 write unit (2 more while a retry waits in the due index).
async fn deliver(app: &App, sender: &Sender, body: &str) -> Result<()> {
    let message: DueMessage = serde_json::from_str(body).map_err(Error::internal)?;
    let key = message.key();
    let unknown = || Error::internal(format_args!("{} / {} is no delivery", key.pk, key.sk));
    let scope = key.scope().ok_or_else(unknown)?;
    let (endpoint_id, event_id) = keys::delivery_parts(&key).ok_or_else(unknown)?;
    let context = app.scheduled(scope, message.at);
    let (now, stored, endpoint, event) = tokio::try_join!(
        context.now(),
        context.delivery(endpoint_id, event_id),
        context.endpoint(endpoint_id),
        context.event(event_id)
    )?;
    if stored
        .as_ref()
        .is_some_and(|delivery| !delivery.wants_attempt(now))
    {
        return Ok(());
    }
    let event =
        event.ok_or_else(|| Error::Unavailable(format!("{event_id} is not in the log yet")))?;
    let Some(endpoint) = endpoint.filter(|endpoint| endpoint.enabled) else {
        return give_up(&context, stored).await;
    };
    let attempt = attempt(sender, &endpoint, &event, scope.mode, now).await?;
    record(
        &context,
        stored,
        (endpoint.id, event.id, event.event_type),
        attempt,
        now,
    )
    .await
}

/// Posts the event. The timestamp of the signature is the real time, whatever the business's clock says: receivers compare
/// it with theirs.
async fn attempt(
    sender: &Sender,
    endpoint: &Endpoint,
    event: &EventRecord,
    mode: Mode,
    now: Timestamp,
) -> Result<Attempt> {
    let body = serde_json::to_string(&Event::of(event, mode)?).map_err(Error::internal)?;
    let id = event.id.to_string();
    let timestamp_seconds = Clock::Wall.now().seconds();
    let signature = sign(&[&endpoint.secret], &id, timestamp_seconds, &body)?;
    let message = Message {
        url: &endpoint.url,
        mode,
        id: &id,
        timestamp_seconds,
        signature: &signature,
        headers: &BTreeMap::new(),
        secrets: &[&endpoint.secret],
        body,
    };
    let reply = sender.post(message).await;
    let (http_status, error) = match reply.outcome {
        Ok(answer) => (Some(answer.status), None),
        Err(failure) => (None, Some(failure.detail)),
    };
    Ok(Attempt {
        at: now,
        http_status,
        error,
        response_time_ms: reply.response_time_ms,
    })
}

/// Writes the outcome down. Where another attempt was recorded meanwhile, that one stands.
async fn record(
    context: &Context,
    stored: Option<Stored<Delivery>>,
    (endpoint, event, kind): (Id<ids::Webhook>, Id<ids::Event>, EventType),
    attempt: Attempt,
    now: Timestamp,
) -> Result<()> {
    let mut writes = context.writes().await?;
    if let Some(stored) = stored {
        let mut delivery = (*stored).clone();
        delivery.book(attempt);
        writes.update(&stored, &delivery, None)?;
    } else {
        let mut delivery = Delivery::new(context.mint().await?, endpoint, (event, kind), now);
        delivery.book(attempt);
        writes.create(&delivery, None)?;
    }
    context.write(&writes).await?;
    Ok(())
}

/// The endpoint is gone or disabled: nothing more is sent.
async fn give_up(context: &Context, stored: Option<Stored<Delivery>>) -> Result<()> {
    let Some(stored) = stored else { return Ok(()) };
    let mut delivery = (*stored).clone();
    delivery.cancel();
    let mut writes = context.writes().await?;
    writes.update(&stored, &delivery, None)?;
    context.write(&writes).await?;
    Ok(())
}
