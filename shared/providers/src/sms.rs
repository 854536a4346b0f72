//! Text messages.

mod sns;

use models::Result;
use models::messaging::MessageFailure;

pub use crate::messaging_sandbox::Sandbox;
pub use sns::{Settings, Sns};

/// A number that no message reaches in test mode: Twilio's test number for that.
const UNREACHABLE: &str = "+15005550009";

/// A message to one number.
#[derive(Debug, Clone, Copy)]
pub struct Text<'a> {
    /// The message's id: a provider that knows keys sends one message for it, however often it is asked.
    pub idempotency_key: &'a str,
    /// The number, E.164.
    pub number: &'a str,
    /// The text.
    pub body: &'a str,
}

/// A provider of text messages.
#[derive(Debug, Clone)]
pub enum Sms {
    /// That of test mode: nothing leaves the process, and the message itself is the record of it.
    Sandbox(Sandbox),
    /// Amazon SNS.
    Sns(Sns),
}

impl Sms {
    /// Hands a message over, and returns the provider's name for it, or why it never takes it. An `Err` says nothing about the
    /// message: ask again with the same key.
    pub async fn send(
        &self,
        text: Text<'_>,
    ) -> Result<std::result::Result<String, MessageFailure>> {
        match self {
            Self::Sandbox(sandbox) => {
                let refusal = (text.number == UNREACHABLE).then(|| MessageFailure {
                    code: "unreachable".to_owned(),
                    message: "The number takes no messages.".to_owned(),
                });
                sandbox.take(text.idempotency_key, refusal)
            }
            Self::Sns(sns) => sns.send(text).await,
        }
    }
}
