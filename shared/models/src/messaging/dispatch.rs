//! How something goes out through a provider, once: a text message or an e-mail.

use serde::{Deserialize, Serialize};

use super::{MessageFailure, MessageStatus};
use crate::time::Timestamp;

/// How long a provider may take before somebody asks again: more than the time-out of a function.
const BEGUN_SECONDS: i64 = 120;
/// Attempts until a message is given up.
const MAX_ATTEMPTS: u32 = 5;

/// Where something stands on its way out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dispatch {
    /// Where it stands.
    pub status: MessageStatus,
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
}

impl Dispatch {
    /// It is to be sent at `now`.
    pub const fn at(now: Timestamp) -> Self {
        Self {
            status: MessageStatus::Queued,
            send_at: Some(now),
            attempts: 0,
            reference: None,
            failure: None,
            sent_at: None,
        }
    }

    /// When something must happen to it next.
    pub const fn due(&self) -> Option<Timestamp> {
        match self.status {
            MessageStatus::Queued | MessageStatus::Sending => self.send_at,
            MessageStatus::Sent | MessageStatus::Failed | MessageStatus::Received => None,
        }
    }

    /// Whether it is to be handed over at `now`. What was begun is left to whoever began it until it is due again: then that
    /// one has died.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.due().is_some_and(|due| due <= now)
    }

    /// It is handed to the provider; somebody asks again where its answer is not written down soon.
    pub fn begin(&mut self, now: Timestamp) {
        self.status = MessageStatus::Sending;
        self.attempts = self.attempts.saturating_add(1);
        self.send_at = Some(now.plus_seconds(BEGUN_SECONDS));
    }

    /// It was begun and is not handed over, because it is one too many for now: it waits until then.
    pub fn wait_until(&mut self, at: Timestamp) {
        self.status = MessageStatus::Queued;
        self.attempts = self.attempts.saturating_sub(1);
        self.send_at = Some(at);
    }

    /// Whether this is still the attempt that `concluded` began, so that its outcome may be written down.
    pub fn waits_for(&self, concluded: &Self) -> bool {
        self.status == MessageStatus::Sending && self.attempts == concluded.attempts
    }

    /// What the provider said: its name for it, or why it never takes it. It said nothing where that is `None`: another attempt
    /// is made after a while, longer each time, until there were enough.
    pub fn answered(&mut self, answer: Option<Result<String, MessageFailure>>, now: Timestamp) {
        match answer {
            Some(Ok(reference)) => {
                self.status = MessageStatus::Sent;
                self.reference = Some(reference);
                self.sent_at = Some(now);
                self.send_at = None;
            }
            Some(Err(failure)) => self.fail(&failure.code, failure.message),
            None if self.attempts >= MAX_ATTEMPTS => {
                self.fail("provider_unavailable", "The provider did not answer.");
            }
            None => {
                self.status = MessageStatus::Queued;
                let wait = 60_i64.saturating_mul(1 << self.attempts.min(10));
                self.send_at = Some(now.plus_seconds(wait));
            }
        }
    }

    /// It was not sent, and never will be.
    pub fn fail(&mut self, code: &str, message: impl Into<String>) {
        self.status = MessageStatus::Failed;
        self.failure = Some(MessageFailure {
            code: code.to_owned(),
            message: message.into(),
        });
        self.send_at = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_begun_is_left_alone_until_it_is_due_again() {
        let now = Timestamp::from_seconds(1_000_000);
        let mut dispatch = Dispatch::at(now);
        assert!(dispatch.is_due(now) && !dispatch.is_due(now.plus_seconds(-1)));
        dispatch.begin(now);
        assert!(!dispatch.is_due(now.plus_seconds(119)));
        assert!(dispatch.is_due(now.plus_seconds(120)));
        let begun = dispatch.clone();
        assert!(dispatch.waits_for(&begun));
        dispatch.begin(now.plus_seconds(120));
        assert!(!dispatch.waits_for(&begun));
    }
}
