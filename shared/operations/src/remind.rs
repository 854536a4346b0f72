//! The customer is reminded of a payment: a message is set down, and the worker of messages sends it.

use models::billing::{ScheduleRow, Subscription};
use models::event::EventType;
use models::ids::{self, Id};
use models::messaging::{About, Message, MessageKind, NewMessage};
use models::platform::Account;
use models::{Error, Money, Result, Timestamp};
use store::Writes;

use crate::Context;
use crate::row_payment::{Scheduled, next_rows};

/// Neighbours that are looked at where another message drew the same id.
const MAX_TRIES: u32 = 16;

/// Sets the reminder of a row down, in one write with the row, and makes the row that follows. `false` says that somebody
/// else changed one of them meanwhile.
pub(crate) async fn remind(
    context: &Context,
    scheduled: &Scheduled,
    at: Timestamp,
) -> Result<bool> {
    let mut row = (*scheduled.row).clone();
    let mut subscription = (*scheduled.subscription).clone();
    let mut writes = context.writes().await?;
    let identity = format!("{}#{}#reminder#{}", subscription.id, row.id, row.messages);
    let message = set_down(
        context,
        &mut writes,
        scheduled,
        (identity, row.remind_at),
        at,
    )
    .await?;
    row.announce(message);
    let more = next_rows(context, &mut subscription, &row, at)?;
    writes.update(&scheduled.row, &row, None)?;
    if !more.is_empty() {
        for row in &more {
            writes.create(row, None)?;
        }
        writes.update(&scheduled.subscription, &subscription, None)?;
    }
    context.write(&writes).await
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
    let message = set_down(context, &mut writes, &scheduled, (identity, now), now).await?;
    if message.is_none() {
        let detail = "the customer has no telephone number";
        return Err(Error::conflict("no_phone_number", detail));
    }
    row.message_id = message;
    row.messages = row.messages.saturating_add(1);
    writes.update(&scheduled.row, &row, None)?;
    Ok(writes)
}

/// Adds the message to `writes`; `None` where the customer has no number, or is gone.
async fn set_down(
    context: &Context,
    writes: &mut Writes<'_>,
    scheduled: &Scheduled,
    (identity, place): (String, Timestamp),
    now: Timestamp,
) -> Result<Option<Id<ids::Message>>> {
    let (row, subscription) = (&scheduled.row, &scheduled.subscription);
    let (customer, account) =
        tokio::try_join!(context.customer_now(row.customer_id), context.account())?;
    let phone = customer.and_then(|customer| customer.profile.phone.clone());
    let (Some(number), Some(account)) = (phone, account) else {
        return Ok(None);
    };
    let new = NewMessage {
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
    };
    create_message(context, writes, new, place, now)
        .await
        .map(Some)
}

/// Adds a message to `writes`, unless it is there. Its id follows from its identity: whoever sets it down again gets the same.
pub(crate) async fn create_message(
    context: &Context,
    writes: &mut Writes<'_>,
    new: NewMessage,
    place: Timestamp,
    now: Timestamp,
) -> Result<Id<ids::Message>> {
    let mut id: Id<ids::Message> = Id::derived(place, &new.identity)?;
    for _ in 0..MAX_TRIES {
        match context.message(id).await? {
            None => {
                writes.create(&Message::new(id, new, now), None)?;
                return Ok(id);
            }
            Some(stored) if stored.identity == new.identity => return Ok(id),
            Some(_) => id = id.successor()?,
        }
    }
    Err(Error::Unavailable(
        "no free message id was found".to_owned(),
    ))
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

/// Adds to `writes` that the message about a row was sent.
pub(crate) async fn note_sent(
    context: &Context,
    writes: &mut Writes<'_>,
    message: &Message,
    now: Timestamp,
) -> Result<()> {
    let Some(about) = message.about else {
        return Ok(());
    };
    let stored = context
        .schedule_row_by_id(about.subscription_id, about.schedule_id)
        .await?;
    if let Some(stored) = stored.filter(|row| row.status().is_open()) {
        let mut row = (*stored).clone();
        row.reminded(now);
        writes.update(&stored, &row, Some(EventType::ScheduleReminderSent))?;
    }
    Ok(())
}
