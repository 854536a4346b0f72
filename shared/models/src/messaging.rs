//! Text messages: what is sent to customers and what they answer.
//!
//! # Determinations
//! - A message has one identity, which follows from what it tells of: written twice it is one record, and a provider that
//!   knows idempotency sends it once.
//! - Reminders are told in waking hours: between nine in the evening and eight in the morning of the business's time zone a
//!   message waits. An answer to somebody who has just written does not.
//! - The words that end and begin messages are Twilio's; a message consists of the word alone.

mod dispatch;
mod phone;

use serde::{Deserialize, Serialize};

use crate::choices;
use crate::error::Result;
use crate::ids::{self, Id};
use crate::time::{Timestamp, Zone};

pub use dispatch::Dispatch;
pub use phone::{NotAPhone, national_number, normalize_phone};

/// The first hour of the night.
const NIGHT_BEGINS: i8 = 21;
/// The first hour of the morning.
const NIGHT_ENDS: i8 = 8;
choices! {
    /// Where a message stands.
    pub enum MessageStatus {
        /// It was not sent, and never will be.
        Failed = "failed",
        /// Waits for its time.
        Queued = "queued",
        /// It came in.
        Received = "received",
        /// Handed to the provider, whose answer is not known yet.
        Sending = "sending",
        /// The provider took it.
        Sent = "sent",
    }
}

choices! {
    /// What a message is for.
    pub enum MessageKind {
        /// A payment of a schedule is due soon.
        PaymentReminder = "payment_reminder",
        /// Somebody wrote, and this is the answer.
        Reply = "reply",
        /// Somebody wrote.
        Inbound = "inbound",
    }
}

/// Why a message was not sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageFailure {
    /// A stable code: `opted_out`, `invalid_number`, `number_limit`, `daily_limit`, `sms_not_configured`, or the provider's.
    pub code: String,
    /// A sentence for a person.
    pub message: String,
}

/// The row of a schedule that a message reminds of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// Of which subscription.
    pub subscription_id: Id<ids::Subscription>,
    /// Which row.
    pub schedule_id: Id<ids::Schedule>,
}

/// A text message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Its id, which is also the idempotency key that the provider gets.
    pub id: Id<ids::Message>,
    /// What it tells of: two messages with one identity are one.
    pub identity: String,
    /// What it is for.
    pub kind: MessageKind,
    /// Where it stands.
    pub dispatch: Dispatch,
    /// The customer's number: E.164, or as it was given where it could not be read.
    pub number: String,
    /// The text.
    pub body: String,
    /// Which customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<Id<ids::Customer>>,
    /// What it reminds of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<About>,
    /// Whether it was counted among those of its hour and its day.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub counted: bool,
    /// When it was made.
    pub created: Timestamp,
}

/// What is needed to make a message.
#[derive(Debug, Clone)]
pub struct NewMessage {
    /// What it tells of.
    pub identity: String,
    /// What it is for.
    pub kind: MessageKind,
    /// The customer's number as the business knows it.
    pub number: String,
    /// The country whose national numbers are meant; ISO 3166, two letters.
    pub country: String,
    /// The text.
    pub body: String,
    /// Which customer.
    pub customer_id: Option<Id<ids::Customer>>,
    /// What it reminds of.
    pub about: Option<About>,
}

impl Message {
    /// A message that is to be sent; one whose number cannot be read has failed already.
    pub fn new(id: Id<ids::Message>, new: NewMessage, now: Timestamp) -> Self {
        let number = normalize_phone(&new.number, &new.country);
        let mut dispatch = Dispatch::at(now);
        if number.is_err() {
            let detail = format!("{} is no telephone number of {}.", new.number, new.country);
            dispatch.fail("invalid_number", detail);
        }
        Self {
            id,
            identity: new.identity,
            kind: new.kind,
            dispatch,
            number: number.unwrap_or(new.number),
            body: new.body,
            customer_id: new.customer_id,
            about: new.about,
            counted: false,
            created: now,
        }
    }

    /// Whether it is kept back in the night.
    pub const fn waits_for_morning(&self) -> bool {
        matches!(self.kind, MessageKind::PaymentReminder) && self.dispatch.attempts == 0
    }
}

/// When the morning comes, where it is night; `None` in waking hours.
pub fn morning_after(now: Timestamp, zone: &Zone) -> Result<Option<Timestamp>> {
    let hour = zone.hour(now)?;
    let today = zone.date(now)?;
    let date = match hour {
        NIGHT_BEGINS.. => today.plus_days(1)?,
        ..NIGHT_ENDS => today,
        _ => return Ok(None),
    };
    zone.at_hour(date, NIGHT_ENDS).map(Some)
}

/// What somebody who wrote wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keyword {
    /// No more messages.
    Stop,
    /// Messages again.
    Start,
    /// To know who this is.
    Help,
}

impl Keyword {
    /// The keyword that a text consists of, in any case and with white space around it.
    pub fn of(body: &str) -> Option<Self> {
        let word = body.trim().trim_end_matches(['.', '!']).to_uppercase();
        match word.as_str() {
            "STOP" | "STOPALL" | "UNSUBSCRIBE" | "CANCEL" | "END" | "QUIT" => Some(Self::Stop),
            "START" | "YES" | "UNSTOP" => Some(Self::Start),
            "HELP" | "INFO" => Some(Self::Help),
            _ => None,
        }
    }

    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Start => "start",
            Self::Help => "help",
        }
    }

    /// What is answered in the name of a business.
    pub fn reply(self, business: &str) -> String {
        match self {
            Self::Stop => format!(
                "{business}: You will get no more messages from us. Reply START to get them again."
            ),
            Self::Start => {
                format!("{business}: You will get messages from us again. Reply STOP to end them.")
            }
            Self::Help => {
                format!("{business}: We remind you of payments by message. Reply STOP to end that.")
            }
        }
    }
}

/// Whether a number wants messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// The number, E.164.
    pub number: String,
    /// Since when it wants none; absent where it wants them again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opted_out: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_alone_is_a_keyword() {
        for (body, keyword) in [
            ("stop", Some(Keyword::Stop)),
            (" Stop. ", Some(Keyword::Stop)),
            ("UNSUBSCRIBE", Some(Keyword::Stop)),
            ("Start", Some(Keyword::Start)),
            ("info", Some(Keyword::Help)),
            ("please stop", None),
            ("", None),
        ] {
            assert_eq!(Keyword::of(body), keyword, "{body}");
        }
    }

    #[test]
    fn the_night_ends_at_eight_in_the_business_s_zone() {
        let zone = Zone::new("America/New_York").unwrap();
        let morning = |at: &str| {
            let at = morning_after(at.parse().unwrap(), &zone).unwrap();
            at.map(|at| at.to_string())
        };
        // 20:59, 21:00, 07:59 and 08:00 in winter, five hours behind UTC.
        assert_eq!(morning("2026-01-16T01:59:00Z"), None);
        let next = Some("2026-01-16T13:00:00Z".to_owned());
        assert_eq!(morning("2026-01-16T02:00:00Z"), next);
        assert_eq!(morning("2026-01-16T12:59:59Z"), next);
        assert_eq!(morning("2026-01-16T13:00:00Z"), None);
        // The clocks go forward in the night to 8 March.
        let next = Some("2026-03-08T12:00:00Z".to_owned());
        assert_eq!(morning("2026-03-08T02:30:00Z"), next);
    }

    #[test]
    fn a_provider_that_does_not_answer_is_asked_five_times() {
        let now: Timestamp = "2026-01-15T12:00:00Z".parse().unwrap();
        let new = NewMessage {
            identity: "a".into(),
            kind: MessageKind::PaymentReminder,
            number: "(416) 555-1234".into(),
            country: "CA".into(),
            body: "b".into(),
            customer_id: None,
            about: None,
        };
        let mut message = Message::new(Id::new(1).unwrap(), new, now);
        assert_eq!(message.number, "+14165551234");
        let mut waits = Vec::new();
        loop {
            message.dispatch.begin(now);
            assert_eq!(message.dispatch.due(), Some(now.plus_seconds(120)));
            message.dispatch.answered(None, now);
            let Some(due) = message.dispatch.due() else {
                break;
            };
            waits.push(due.seconds() - now.seconds());
        }
        assert_eq!(waits, [120, 240, 480, 960]);
        assert_eq!(message.dispatch.status, MessageStatus::Failed);
    }
}
