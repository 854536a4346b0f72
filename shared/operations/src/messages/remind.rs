//! The customer is reminded of a payment.

use models::billing::{ScheduleRow, Subscription};
use models::event::EventType;
use models::ids::{self, Id};
use models::messaging::{About, Message, MessageKind, MessageStatus, NewMessage};
use models::platform::Account;
use models::text::of_others;
use models::{Error, Money, Result, Timestamp};
use store::{Retry, Writes};

use crate::Context;
use crate::messages::allowance::{self, Allowance};
use crate::messages::send_message::send_at_once;
use crate::schedules::grow_schedule::rows_after;
use crate::schedules::row_payment::Scheduled;

/// Seconds after a message until another one about the same row can be asked for.
const RESEND_SECONDS: i64 = 300;

/// Reminds the customer of a row, at once where it is not night, and makes the row that follows. `false` says that somebody else
/// changed the row meanwhile.
///
/// Four writes one after another, 10 write units, and 2 for counting the message: the message as it is handed over, and with the
/// provider's answer; the next row; and the row last. Until then it is due, so a run that dies is repeated and finds what is done.
/// A message that somebody else has begun is left to that one, and to its own moment.
pub(crate) async fn remind(
    context: &Context,
    scheduled: &Scheduled,
    at: Timestamp,
) -> Result<bool> {
    // What is sent by itself is sent once for each moment.
    let identity = format!(
        "{}#{}#reminder",
        scheduled.subscription.id, scheduled.row.id
    );
    let new = reminder(context, scheduled, identity).await?;
    let message = match new {
        Some(new) => Some(send_at_once(context, new, scheduled.row.remind_at, at).await?),
        None => None,
    };
    for next in rows_after(context, &scheduled.subscription, &scheduled.row, at)? {
        let mut writes = context.writes().await?;
        writes.create(&next, None)?;
        if !context.write(&writes).await? {
            // It is there, and so are those that follow.
            break;
        }
    }
    let mut row = (*scheduled.row).clone();
    row.announce(message.as_ref().map(|message| message.id));
    let sent = message.and_then(|message| message.dispatch.sent_at);
    let event = sent.map(|sent_at| {
        row.reminded(sent_at);
        EventType::ScheduleReminderSent
    });
    let mut writes = context.writes().await?;
    writes.update(&scheduled.row, &row, event)?;
    if context.write(&writes).await? {
        return Ok(true);
    }
    if let Some(sent) = sent {
        note_reminded(context, &row, sent).await?;
    }
    Ok(false)
}

/// Somebody else announced the row while its message was on its way: it was sent.
async fn note_reminded(context: &Context, announced: &ScheduleRow, at: Timestamp) -> Result<()> {
    let mut retry = Retry::of("the schedule");
    loop {
        let stored = context
            .schedule_row_now(announced.subscription_id, announced.slot())
            .await?;
        let unknown = |row: &store::Stored<ScheduleRow>| {
            row.message_id == announced.message_id
                && row.reminded_at.is_none()
                && row.status().is_open()
        };
        let Some(stored) = stored.filter(unknown) else {
            return Ok(());
        };
        let mut row = (*stored).clone();
        row.reminded(at);
        let mut writes = context.writes().await?;
        writes.update(&stored, &row, Some(EventType::ScheduleReminderSent))?;
        if context.write(&writes).await? {
            return Ok(());
        }
        retry.again().await?;
    }
}

/// Adds to `writes` that the customer is told of a row again, and the row as it is then. Errors where nobody can be told, and where
/// it is too early for that: a few minutes after the last message about the row, and where the number or the business has had its
/// messages. What it reads and counts for that is 1.5 read units and 2 write units.
pub async fn remind_again(
    context: &Context,
    subscription: store::Stored<Subscription>,
    row: store::Stored<ScheduleRow>,
) -> Result<Writes<'_>> {
    subscription.refuse_if_over()?;
    row.refuse_unless_open("announced")?;
    let now = context.now().await?;
    refuse_too_early(context, &row, now).await?;
    let scheduled = Scheduled { subscription, row };
    let mut row = (*scheduled.row).clone();
    let mut writes = context.writes().await?;
    let identity = format!(
        "{}#{}#again#{}",
        scheduled.subscription.id, row.id, row.messages
    );
    let new = reminder(context, &scheduled, identity)
        .await?
        .ok_or_else(|| {
            Error::conflict("no_phone_number", "the customer has no telephone number")
        })?;
    row.message_id = Some(create_message(context, &mut writes, new, now).await?);
    row.messages = row.messages.saturating_add(1);
    writes.update(&scheduled.row, &row, None)?;
    Ok(writes)
}

/// Errors where the last message about a row is on its way, or was made a few minutes ago.
async fn refuse_too_early(context: &Context, row: &ScheduleRow, now: Timestamp) -> Result<()> {
    let Some(id) = row.message_id else {
        return Ok(());
    };
    let last = context.find_now(id).await?;
    let Some(last) = last.filter(|last| last.dispatch.status != MessageStatus::Failed) else {
        return Ok(());
    };
    refuse_until(last.created.plus_seconds(RESEND_SECONDS), now)
}

/// Counts a message that somebody asks for at this moment. Errors where it is one too many.
async fn count(context: &Context, number: &str, now: Timestamp) -> Result<()> {
    match allowance::take(context, number, now).await? {
        Allowance::Given => Ok(()),
        Allowance::NumberIsFull(until) | Allowance::DayIsFull(until) => refuse_until(until, now),
    }
}

fn refuse_until(until: Timestamp, now: Timestamp) -> Result<()> {
    let seconds = until.seconds().saturating_sub(now.seconds());
    if seconds <= 0 {
        return Ok(());
    }
    let seconds = u32::try_from(seconds).unwrap_or(u32::MAX);
    Err(Error::too_many(seconds))
}

/// What the customer is told of a row; `None` where they have no number, or are gone. 2 reads.
async fn reminder(
    context: &Context,
    scheduled: &Scheduled,
    identity: String,
) -> Result<Option<NewMessage>> {
    let (row, subscription) = (&scheduled.row, &scheduled.subscription);
    let (customer, account) =
        tokio::try_join!(context.find_now(row.customer_id), context.account())?;
    let phone = customer.and_then(|customer| customer.profile.phone.clone());
    let (Some(number), Some(account)) = (phone, account) else {
        return Ok(None);
    };
    Ok(Some(NewMessage {
        identity,
        kind: MessageKind::PaymentReminder,
        number,
        country: account.country.clone(),
        body: text(&account, subscription, row)?,
        customer_id: Some(row.customer_id),
        about: Some(About {
            subscription_id: subscription.id,
            schedule_id: row.id,
        }),
    }))
}

/// Adds a message to `writes`, unless it is there. Its id follows from its identity: whoever sets it down again gets the same.
async fn create_message(
    context: &Context,
    writes: &mut Writes<'_>,
    new: NewMessage,
    now: Timestamp,
) -> Result<Id<ids::Message>> {
    let mut id: Id<ids::Message> = Id::derived(now, &new.identity)?;
    let mut retry = Retry::of("the message");
    loop {
        match context.find_now(id).await? {
            None => {
                let mut message = Message::new(id, new, now);
                if message.dispatch.due().is_some() {
                    count(context, &message.number, now).await?;
                    message.counted = true;
                }
                writes.create(&message, None)?;
                return Ok(id);
            }
            Some(stored) if stored.identity == new.identity => return Ok(id),
            Some(_) => id = retry.next_id(id)?,
        }
    }
}

/// What the customer reads. Without a long name it fits one message of 160 characters.
fn text(account: &Account, subscription: &Subscription, row: &ScheduleRow) -> Result<String> {
    Ok(format!(
        "{}: {} for {} is due on {}. Pay: {} Reply STOP to opt out.",
        of_others(&account.name, 30),
        amount_text(row.amount),
        of_others(&subscription.main()?.price.name, 30),
        row.scheduled_for,
        row.url
    ))
}

/// An amount as people read it: `20.00 USD`.
pub fn amount_text(amount: Money) -> String {
    format!("{} {}", amount.major(), amount.currency())
}
