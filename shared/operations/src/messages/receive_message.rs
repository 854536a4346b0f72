//! Somebody answers a message: keywords end and begin messages to that number, and get an answer.

use models::event::EventType;
use models::ids::{self, Id};
use models::messaging::{Consent, Keyword, Message, MessageKind, MessageStatus, NewMessage};
use models::text::of_others;
use models::{Result, Timestamp};
use store::Writes;

use crate::Context;

/// Characters of the business's name in an answer.
const MOST_NAME_CHARS: usize = 60;

/// What came in, and what follows from it.
#[derive(Debug, Clone)]
pub struct Received {
    /// The message.
    pub message: Message,
    /// The keyword that it consists of.
    pub keyword: Option<Keyword>,
    /// The answer that is sent.
    pub reply: Option<Message>,
}

/// Adds to `writes` a message that came in from a number (E.164), and what follows: 1 read and up to 3 items.
pub async fn receive_message(
    context: &Context,
    writes: &mut Writes<'_>,
    ids: (Id<ids::Message>, Id<ids::Message>),
    (number, body): (&str, &str),
    now: Timestamp,
) -> Result<Received> {
    let keyword = Keyword::of(body);
    let mut message = written(ids.0, MessageKind::Inbound, number, body, now);
    message.dispatch.status = MessageStatus::Received;
    message.dispatch.send_at = None;
    writes.create(&message, None::<EventType>)?;
    if let Some(stop) = keyword.and_then(|keyword| match keyword {
        Keyword::Stop => Some(true),
        Keyword::Start => Some(false),
        Keyword::Help => None,
    }) {
        let consent = Consent {
            number: number.to_owned(),
            opted_out: stop.then_some(now),
        };
        match context.consent_now(number).await? {
            Some(stored) => writes.update(&stored, &consent, None)?,
            None => {
                writes.create(&consent, None)?;
            }
        }
    }
    let reply = match keyword {
        None => None,
        Some(keyword) => {
            let account = context.account().await?;
            let name = account.map(|account| account.name).unwrap_or_default();
            let body = keyword.reply(&of_others(&name, MOST_NAME_CHARS));
            let reply = written(ids.1, MessageKind::Reply, number, &body, now);
            writes.create(&reply, None)?;
            Some(reply)
        }
    };
    Ok(Received {
        message,
        keyword,
        reply,
    })
}

fn written(
    id: Id<ids::Message>,
    kind: MessageKind,
    number: &str,
    body: &str,
    now: Timestamp,
) -> Message {
    let new = NewMessage {
        identity: format!("{id}"),
        kind,
        number: number.to_owned(),
        country: String::new(),
        body: body.to_owned(),
        customer_id: None,
        about: None,
    };
    Message::new(id, new, now)
}
