//! E-mails: what is sent to members, once each.
//!
//! # Determinations
//! - A mail has one identity, which follows from what it is for and to whom: written twice it is one record.
//! - A link with a secret is kept apart from the text, and is forgotten with the provider's answer in live mode. In test mode it
//!   stays: nothing leaves the installation, so the record is the outbox in which it is read.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ids::{self, Id};
use crate::messaging::{MAX_ATTEMPTS, MessageFailure};
use crate::time::Timestamp;

/// How long a provider may take before somebody asks again: more than the time-out of a function.
const BEGUN_SECONDS: i64 = 120;
/// What stands in a text where the link goes.
pub const LINK: &str = "{link}";

/// Where a mail stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EmailStatus {
    /// Waits for its time.
    Queued,
    /// Handed to the provider, whose answer is not known yet.
    Sending,
    /// The provider took it.
    Sent,
    /// It was not sent, and never will be.
    Failed,
}

impl EmailStatus {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Failed => "failed",
        }
    }
}

/// What a mail is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EmailKind {
    /// Somebody became a member, and chooses a password.
    Welcome,
}

impl EmailKind {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Welcome => "welcome",
        }
    }
}

/// An e-mail.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Email {
    /// Its id, which is also the key that the provider gets.
    pub id: Id<ids::Email>,
    /// What it is for: two mails with one identity are one.
    pub identity: String,
    /// Its kind.
    pub kind: EmailKind,
    /// Where it stands.
    pub status: EmailStatus,
    /// The address.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// The text, with [`LINK`] where the link goes.
    pub text: String,
    /// The link, which may hold a secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// To which member.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member_id: Option<Id<ids::Member>>,
    /// When it is to be sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub send_at: Option<Timestamp>,
    /// How often it was handed to the provider.
    #[serde(default)]
    pub attempts: u32,
    /// The provider's own name for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Why it was not sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<MessageFailure>,
    /// When the provider took it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_at: Option<Timestamp>,
    /// When it was made.
    pub created: Timestamp,
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Email")
            .field("id", &self.id)
            .field("kind", &self.kind)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

/// What is needed to make a mail.
#[derive(Clone)]
pub struct NewEmail {
    /// What it is for.
    pub identity: String,
    /// Its kind.
    pub kind: EmailKind,
    /// The address.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// The text.
    pub text: String,
    /// The link.
    pub link: Option<String>,
    /// To which member.
    pub member_id: Option<Id<ids::Member>>,
}

impl fmt::Debug for NewEmail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewEmail")
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

impl Email {
    /// A mail that is to be sent.
    pub fn new(id: Id<ids::Email>, new: NewEmail, now: Timestamp) -> Self {
        Self {
            id,
            identity: new.identity,
            kind: new.kind,
            status: EmailStatus::Queued,
            to: new.to,
            subject: new.subject,
            text: new.text,
            link: new.link,
            member_id: new.member_id,
            send_at: Some(now),
            attempts: 0,
            reference: None,
            failure: None,
            sent_at: None,
            created: now,
        }
    }

    /// The text as it is sent.
    pub fn body(&self) -> String {
        let link = self.link.as_deref().unwrap_or("(no longer shown)");
        self.text.replace(LINK, link)
    }

    /// When something must happen to it next.
    pub const fn due(&self) -> Option<Timestamp> {
        match self.status {
            EmailStatus::Queued | EmailStatus::Sending => self.send_at,
            EmailStatus::Sent | EmailStatus::Failed => None,
        }
    }

    /// It is handed to the provider; somebody asks again where its answer is not written down soon.
    pub fn begin(&mut self, now: Timestamp) {
        self.status = EmailStatus::Sending;
        self.attempts = self.attempts.saturating_add(1);
        self.send_at = Some(now.plus_seconds(BEGUN_SECONDS));
    }

    /// The provider took it. `forget` says that its link is not to stay.
    pub fn sent(&mut self, reference: String, now: Timestamp, forget: bool) {
        self.status = EmailStatus::Sent;
        self.reference = Some(reference);
        self.sent_at = Some(now);
        self.send_at = None;
        if forget {
            self.link = None;
        }
    }

    /// It was not sent, and never will be.
    pub fn fail(&mut self, code: &str, message: impl Into<String>) {
        self.status = EmailStatus::Failed;
        self.failure = Some(MessageFailure {
            code: code.to_owned(),
            message: message.into(),
        });
        self.send_at = None;
        self.link = None;
    }

    /// The provider did not answer: another attempt is made after a while, longer each time. `false` says that there were
    /// enough.
    pub fn retry(&mut self, now: Timestamp) -> bool {
        if self.attempts >= MAX_ATTEMPTS {
            return false;
        }
        self.status = EmailStatus::Queued;
        let wait = 60_i64.saturating_mul(1 << self.attempts.min(10));
        self.send_at = Some(now.plus_seconds(wait));
        true
    }
}
