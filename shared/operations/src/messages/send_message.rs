//! A message goes out, once: it is written down before the provider is asked, and again with its answer.

use models::event::EventType;
use models::ids::{self, Id};
use models::messaging::{Dispatch, Message, MessageKind, MessageStatus, NewMessage, morning_after};
use models::{Result, Timestamp, Zone};
use providers::sms::Text;
use store::{Retry, Stored, Writes};

use crate::Context;
use crate::context::missing_record;
use crate::messages::allowance::{self, Allowance};

/// Sends a message that is due.
///
/// Who dies between the provider's answer and the record of it leaves the message due: it is handed over again, under the same
/// key. A provider that knows keys sends it once; one that does not sends it twice rather than never. 4 reads and 7 write
/// units, 2 of them for its row, and 2 for being counted.
pub async fn send_message(context: &Context, id: Id<ids::Message>, at: Timestamp) -> Result<()> {
    let Some(stored) = context.find_now(id).await? else {
        return Ok(());
    };
    if !stored.dispatch.is_due(at) {
        return Ok(());
    }
    let mut message = (*stored).clone();
    let begins = begin(context, &mut message, at).await?;
    // Where that fails, somebody else has begun.
    if write(context, &stored, &message).await? && begins {
        let begun = message.dispatch.clone();
        send(context, &mut message, at).await?;
        conclude(context, &message, &begun, at).await?;
    }
    Ok(())
}

/// Sends a new message at once, unless it is there: somebody else has begun it then. Returns it as it is afterwards; in the night
/// it waits for its moment.
///
/// `place` is the moment that its id tells. 2 reads; 6 write units, or 1 for a message that nobody sends.
pub(crate) async fn send_at_once(
    context: &Context,
    new: NewMessage,
    place: Timestamp,
    at: Timestamp,
) -> Result<Message> {
    let mut id: Id<ids::Message> = Id::derived(place, &new.identity)?;
    let mut retry = Retry::of("the message");
    loop {
        let mut message = Message::new(id, new.clone(), at);
        let begins = message.dispatch.is_due(at) && begin(context, &mut message, at).await?;
        let mut writes = context.writes().await?;
        let stored = writes.create(&message, None)?;
        if context.write(&writes).await? {
            if begins {
                send(context, &mut message, at).await?;
                if !write(context, &stored, &message).await? {
                    // Who took it over meanwhile has written down what became of it.
                    return reload(context, id).await;
                }
            }
            return Ok(message);
        }
        let there = reload(context, id).await?;
        if there.identity == new.identity {
            return Ok(there);
        }
        id = retry.next_id(id)?;
    }
}

async fn reload(context: &Context, id: Id<ids::Message>) -> Result<Message> {
    let stored = context.find_now(id).await?;
    Ok(stored.ok_or_else(|| missing_record(id))?.into_inner())
}

/// Begins to send a message. `false` says that it is not sent now: it waits, or it failed.
async fn begin(context: &Context, message: &mut Message, at: Timestamp) -> Result<bool> {
    let begun = message.dispatch.status == MessageStatus::Sending;
    if !begun && hold(context, message, at).await? {
        return Ok(false);
    }
    if context.sms().is_none() {
        let detail = "No provider of messages is configured for live mode.";
        message.dispatch.fail("sms_not_configured", detail);
        return Ok(false);
    }
    message.dispatch.begin(at);
    Ok(true)
}

/// Sends a message that this worker has begun, and nobody else. It is counted first, where it was not yet: one too many is not
/// handed over. A reminder waits for the next hour then, or fails where the day has had its messages, because what comes days late
/// reminds of nothing.
async fn send(context: &Context, message: &mut Message, at: Timestamp) -> Result<()> {
    if !message.counted {
        count(context, message, at).await?;
    }
    if message.counted {
        hand_over(context, message, at).await;
    }
    Ok(())
}

async fn count(context: &Context, message: &mut Message, at: Timestamp) -> Result<()> {
    match allowance::take(context, &message.number, at).await? {
        Allowance::Given => message.counted = true,
        Allowance::NumberIsFull(until) if message.kind == MessageKind::PaymentReminder => {
            message.dispatch.wait_until(until);
        }
        Allowance::NumberIsFull(_) => {
            let detail = "The number has had as many messages as one gets in an hour.";
            message.dispatch.fail("number_limit", detail);
        }
        Allowance::DayIsFull(_) => {
            let detail = "As many messages were sent today as text_messages_per_day allows.";
            message.dispatch.fail("daily_limit", detail);
        }
    }
    Ok(())
}

/// Hands a message over to the provider, and takes its answer.
async fn hand_over(context: &Context, message: &mut Message, at: Timestamp) {
    let key = message.id.to_string();
    let text = Text {
        idempotency_key: &key,
        number: &message.number,
        body: &message.body,
    };
    let answer = match context.sms() {
        Some(sms) => sms.send(text).await.inspect_err(|error| {
            tracing::warn!(message = %message.id, %error, "the provider of messages did not answer");
        }),
        None => return,
    };
    message.dispatch.answered(answer.ok(), at);
}

/// Keeps a message back in the night, and from those who want none. Returns whether it is.
async fn hold(context: &Context, message: &mut Message, at: Timestamp) -> Result<bool> {
    if !message.waits_for_morning() {
        return Ok(false);
    }
    let consent = context.consent_now(&message.number).await?;
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
async fn conclude(
    context: &Context,
    message: &Message,
    begun: &Dispatch,
    at: Timestamp,
) -> Result<()> {
    let mut retry = Retry::of("the schedule");
    loop {
        let Some(stored) = context.find_now(message.id).await? else {
            return Ok(());
        };
        // Who took it over meanwhile has written down what became of it.
        if !stored.dispatch.waits_for(begun) {
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
        retry.again().await?;
    }
}

/// Adds to `writes` that the message about a row was sent.
async fn note_sent(
    context: &Context,
    writes: &mut Writes<'_>,
    message: &Message,
    now: Timestamp,
) -> Result<()> {
    let Some(about) = message.about else {
        return Ok(());
    };
    let stored = context
        .schedule_row_by_id_now(about.subscription_id, about.schedule_id)
        .await?;
    if let Some(stored) = stored.filter(|row| row.status().is_open()) {
        let mut row = (*stored).clone();
        row.reminded(now);
        writes.update(&stored, &row, Some(EventType::ScheduleReminderSent))?;
    }
    Ok(())
}
