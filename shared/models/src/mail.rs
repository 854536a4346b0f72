//! E-mails: what is sent to members, once each.
//!
//! # Determinations
//! - A mail has one identity, which follows from what it is for and to whom: written twice it is one record.
//! - A link with a secret is kept apart from the text, and is forgotten with the provider's answer in live mode. In test mode it
//!   stays: nothing leaves the installation, so the record is the outbox in which it is read.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::choices;
use crate::ids::{self, Id};
use crate::messaging::{Dispatch, MessageStatus};
use crate::time::Timestamp;

/// What stands in a text where the link goes.
pub const LINK: &str = "{link}";

choices! {
    /// What a mail is for.
    pub enum EmailKind {
        /// Somebody became a member, and chooses a password.
        Welcome = "welcome",
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
    pub dispatch: Dispatch,
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
    /// When it was made.
    pub created: Timestamp,
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Email")
            .field("id", &self.id)
            .field("kind", &self.kind)
            .field("status", &self.dispatch.status)
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
            dispatch: Dispatch::at(now),
            to: new.to,
            subject: new.subject,
            text: new.text,
            link: new.link,
            member_id: new.member_id,
            created: now,
        }
    }

    /// The text as it is sent.
    pub fn body(&self) -> String {
        let link = self.link.as_deref().unwrap_or("(no longer shown)");
        self.text.replace(LINK, link)
    }

    /// Forgets the link where it is of no more use: the mail was not sent and never will be, or it was and `live` says that it
    /// has left the installation.
    pub fn forget_link(&mut self, live: bool) {
        match self.dispatch.status {
            MessageStatus::Failed => self.link = None,
            MessageStatus::Sent if live => self.link = None,
            MessageStatus::Queued
            | MessageStatus::Sending
            | MessageStatus::Sent
            | MessageStatus::Received => {}
        }
    }
}
