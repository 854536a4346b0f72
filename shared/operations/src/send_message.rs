//! A message goes out, once: it is written down before the provider is asked, and again with its answer.

use models::ids::{self, Id};
use models::messaging::{Message, MessageStatus, morning_after};
use models::{Error, Result, Timestamp, Zone};
use providers::sms::{Sms, Text};
use store::Stored;

use crate::Context;
use crate::remind::note_sent;

/// Tries at a row that others change.
const MAX_TRIES: u32 = 16;

/// Sends a message that is due. `sms` is the provider of the mode, where one is configured.
///
/// Who dies between the provider's answer and the record of it leaves the message due: it is handed over again, under the same
/// key. A provider that knows keys sends it once; one that does not sends it twice rather than never. 3 reads and 5 write
/// units, 2 of them for its row.
pub async fn send_message(
    context: &Context,
    sms: Option<&Sms>,
    id: Id<ids::Message>,
    at: Timestamp,
) -> Result<()> {
    let Some(stored) = context.message(id).await? else {
        return Ok(());
    };
    if !stored.dispatch.is_due(at) {
        return Ok(());
    }
    let begun = stored.dispatch.status == MessageStatus::Sending;
    let mut message = (*stored).clone();
    if !begun && keep_back(context, &mut message, at).await? {
        return write(context, &stored, &message).await.map(drop);
    }
    let Some(sms) = sms else {
        let detail = "No provider of messages is configured for live mode.";
        message.dispatch.fail("sms_not_configured", detail);
        return write(context, &stored, &message).await.map(drop);
    };
    message.dispatch.begin(at);
    if !write(context, &stored, &message).await? {
        // Somebody else has begun.
        return Ok(());
    }
    let key = id.to_string();
    let text = Text {
        idempotency_key: &key,
        number: &message.number,
        body: &message.body,
    };
    let answer = sms.send(text).await.inspect_err(|error| {
        tracing::warn!(message = %id, %error, "the provider of messages did not answer");
    });
    message.dispatch.answered(answer.ok(), at);
    conclude(context, &message, at).await
}

/// Keeps a message back in the night, and from those who want none. Returns whether it is.
async fn keep_back(context: &Context, message: &mut Message, at: Timestamp) -> Result<bool> {
    if !message.waits_for_morning() {
        return Ok(false);
    }
    let consent = context.consent(&message.number).await?;
    if consent.is_some_and(|consent| consent.opted_out.is_some()) {
        message
            .dispatch
            .fail("opted_out", "The customer wants no messages.");
        return Ok(true);
    }
    let zone = match context.account().await? {
        Some(account) => Zone::new(&account.time_zone)?,
        None => Zone::default(),
    };
    let morning = morning_after(at, &zone)?;
    message.dispatch.send_at = morning.or(message.dispatch.send_at);
    Ok(morning.is_some())
}

async fn write(context: &Context, stored: &Stored<Message>, message: &Message) -> Result<bool> {
    let mut writes = context.writes().await?;
    writes.update(stored, message, None)?;
    context.write(&writes).await
}

/// Writes down what the provider answered, and that the row was announced, in one write.
async fn conclude(context: &Context, message: &Message, at: Timestamp) -> Result<()> {
    for attempt in 0..MAX_TRIES {
        let Some(stored) = context.message(message.id).await? else {
            return Ok(());
        };
        // Who took it over meanwhile has written down what became of it.
        if !stored.dispatch.waits_for(&message.dispatch) {
            return Ok(());
        }
        let mut writes = context.writes().await?;
        writes.update(&stored, message, None)?;
        if message.dispatch.status == MessageStatus::Sent {
            note_sent(context, &mut writes, message, at).await?;
        }
        if context.write(&writes).await? {
            return Ok(());
        }
        context.make_way(attempt).await;
    }
    Err(Error::Unavailable(
        "the schedule is being changed by others all the time".to_owned(),
    ))
}
