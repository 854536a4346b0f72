//! The customer is reminded of a payment.

use models::billing::{ScheduleRow, Subscription};
use models::event::EventType;
use models::ids::{self, Id};
use models::messaging::{About, Message, MessageKind, NewMessage};
use models::platform::Account;
use models::{Error, Money, Result, Timestamp};
use store::{Retry, Writes};

use crate::Context;
use crate::messages::send_message::send_at_once;
use crate::schedules::grow_schedule::rows_after;
use crate::schedules::row_payment::Scheduled;

/// Reminds the customer of a row, at once where it is not night, and makes the row that follows. `false` says that somebody else
/// changed the row meanwhile.
///
/// Four writes one after another, 10 write units: the message as it is handed over, and with the provider's answer; the next
/// row; and the row last. Until then it is due, so a run that dies is repeated and finds what is done. A message that somebody
/// else has begun is left to that one, and to its own moment.
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

/// Adds to `writes` that the customer is told of a row again, and the row as it is then. Errors where nobody can be told.
pub async fn remind_again(
    context: &Context,
    subscription: store::Stored<Subscription>,
    row: store::Stored<ScheduleRow>,
) -> Result<Writes<'_>> {
    subscription.refuse_if_over()?;
    row.refuse_unless_open("announced")?;
    let now = context.now().await?;
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
                writes.create(&Message::new(id, new, now), None)?;
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
        shortened(&account.name, 30),
        amount_text(row.amount),
        shortened(&subscription.main()?.price.name, 30),
        row.scheduled_for,
        row.url
    ))
}

/// An amount as people read it: `20.00 USD`.
pub fn amount_text(amount: Money) -> String {
    format!("{} {}", amount.major(), amount.currency())
}

fn shortened(name: &str, most: usize) -> String {
    let plain = name.replace(['\n', '\r', '\t'], " ");
    if plain.chars().count() <= most {
        return plain;
    }
    let head: String = plain.chars().take(most.saturating_sub(1)).collect();
    format!("{head}…")
}
