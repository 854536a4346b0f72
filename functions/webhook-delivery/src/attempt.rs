//! One delivery: the attempt, or what is done instead of it, and the record of that.

use models::event::EventType;
use models::webhooks::{Attempt, Delivery, Endpoint, LoggedResponse};
use models::{Result, Timestamp};
use providers::webhook::{Message, Reply, Sender, sign};
use store::Clock;

use crate::endpoints::EndpointBatch;
use crate::job::{Event, LoadedDelivery};

/// The status code with which an endpoint says that it is gone for good.
const GONE: u16 = 410;

/// What may be done now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SendDecision {
    /// The attempt.
    Now,
    /// Nothing until then: the rate limit is reached.
    At(Timestamp),
    /// The endpoint did not answer, and is left alone until then.
    Rest(Timestamp),
}

/// What an attempt says of its endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// No attempt was made.
    Nothing,
    /// It took the event.
    Succeeded,
    /// It answered something else.
    Refused,
    /// It wants no events any more.
    Gone,
    /// It did not answer.
    Unanswered,
}

/// Does what was decided of the delivery. 1 write unit; 2 more while a retry waits in the due index.
pub(crate) async fn carry_out(
    sender: &Sender,
    group: &EndpointBatch,
    known: &LoadedDelivery,
    decision: SendDecision,
) -> Result<Outcome> {
    if !known.wants_attempt(group.now) {
        return Ok(Outcome::Nothing);
    }
    let Some(endpoint) = group.open_endpoint() else {
        give_up(group, known).await?;
        return Ok(Outcome::Nothing);
    };
    let event = known.event()?;
    let mut delivery = match &known.delivery {
        Some(stored) => (**stored).clone(),
        None => Delivery::new(known.job.id, event.kind, group.now),
    };
    let (outcome, told) = match decision {
        SendDecision::Now => {
            let reply = post(sender, endpoint, known, group.now, event).await?;
            book(&mut delivery, endpoint, group, reply)
        }
        SendDecision::Rest(until) => {
            let attempt = Attempt {
                at: group.now,
                http_status: None,
                error: Some(format!(
                    "not sent: the endpoint did not answer several times and is left alone until {until}"
                )),
                response_time_ms: 0,
                manual: delivery.manual,
                answer: None,
            };
            let told = delivery.book(attempt, &endpoint.url, group.retry(None));
            (Outcome::Nothing, told)
        }
        SendDecision::At(at) => {
            delivery.park(at);
            (Outcome::Nothing, None)
        }
    };
    write(group, known, &delivery, told).await?;
    Ok(outcome)
}

/// Posts the event. The timestamp of the signature is the real time, whatever the business's clock says: receivers compare
/// it with theirs.
async fn post(
    sender: &Sender,
    endpoint: &Endpoint,
    known: &LoadedDelivery,
    now: Timestamp,
    event: Event,
) -> Result<Reply> {
    let id = known.job.id.event.to_string();
    let timestamp_seconds = Clock::Wall.now().seconds();
    let secrets = endpoint.signing_secrets(now);
    let signature = sign(&secrets, &id, timestamp_seconds, &event.body)?;
    let message = Message {
        url: &endpoint.url,
        mode: known.job.scope.mode,
        id: &id,
        timestamp_seconds,
        signature: &signature,
        headers: &endpoint.headers,
        secrets: &secrets,
        body: event.body,
    };
    Ok(Box::pin(sender.post(message)).await)
}

/// Books what came of an attempt.
fn book(
    delivery: &mut Delivery,
    endpoint: &Endpoint,
    group: &EndpointBatch,
    reply: Reply,
) -> (Outcome, Option<EventType>) {
    let mut attempt = Attempt {
        at: group.now,
        http_status: None,
        error: None,
        response_time_ms: reply.response_time_ms,
        manual: delivery.manual,
        answer: None,
    };
    let mut retry_after = None;
    let outcome = match reply.outcome {
        Ok(answer) => {
            retry_after = answer.retry_after_seconds;
            attempt.http_status = Some(answer.status);
            attempt.answer = Some(LoggedResponse {
                headers: answer.headers,
                body: answer.body,
                truncated: answer.truncated,
            });
            match answer.status {
                GONE => Outcome::Gone,
                _ if attempt.succeeded() => Outcome::Succeeded,
                _ => Outcome::Refused,
            }
        }
        Err(failure) => {
            attempt.error = Some(failure.detail);
            if failure.kind.unanswered() {
                Outcome::Unanswered
            } else {
                Outcome::Refused
            }
        }
    };
    let told = delivery.book(attempt, &endpoint.url, group.retry(retry_after));
    if outcome == Outcome::Gone {
        delivery.cancel();
        return (outcome, None);
    }
    (outcome, told)
}

/// Writes the delivery. Where another attempt was recorded meanwhile, that one stands.
async fn write(
    group: &EndpointBatch,
    known: &LoadedDelivery,
    delivery: &Delivery,
    told: Option<EventType>,
) -> Result<()> {
    let mut writes = group.context.writes().await?;
    match &known.delivery {
        Some(stored) => writes.update(stored, delivery, told)?,
        None => drop(writes.create(delivery, told)?),
    }
    if !group.context.write(&writes).await? {
        tracing::info!(id = %delivery.id, "another attempt was recorded first");
    }
    Ok(())
}

/// The endpoint is gone or disabled: nothing more is sent.
async fn give_up(group: &EndpointBatch, known: &LoadedDelivery) -> Result<()> {
    let Some(stored) = known
        .delivery
        .as_ref()
        .filter(|delivery| delivery.is_open())
    else {
        return Ok(());
    };
    let mut delivery = (**stored).clone();
    delivery.cancel();
    write(group, known, &delivery, None).await
}
