//! E-mail.

mod ses;
#[cfg(test)]
mod tests;

use models::Result;
use models::messaging::MessageFailure;

pub use crate::messaging_sandbox::Sandbox;
pub use ses::{Ses, Settings};

/// An address that no mail reaches in test mode: that of Amazon's mailbox simulator.
const BOUNCES: &str = "bounce@simulator.amazonses.com";

/// A mail to one address. It may hold a secret, so it cannot be printed.
#[derive(Clone, Copy)]
pub struct EmailMessage<'a> {
    /// The mail's id.
    pub idempotency_key: &'a str,
    /// The address.
    pub to: &'a str,
    /// The subject.
    pub subject: &'a str,
    /// The text.
    pub text: &'a str,
}

impl std::fmt::Debug for EmailMessage<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EmailMessage")
            .field("idempotency_key", &self.idempotency_key)
            .finish_non_exhaustive()
    }
}

/// A provider of e-mail.
#[derive(Debug, Clone)]
pub enum Mailer {
    /// That of test mode: nothing leaves the process, and the mail itself is the record of it.
    Sandbox(Sandbox),
    /// Amazon SES.
    Ses(Ses),
}

impl Mailer {
    /// Hands a mail over, and returns the provider's name for it, or why it never takes it. An `Err` says nothing about the
    /// mail: ask again.
    pub async fn send(
        &self,
        letter: EmailMessage<'_>,
    ) -> Result<std::result::Result<String, MessageFailure>> {
        match self {
            Self::Sandbox(sandbox) => {
                let refusal = (letter.to == BOUNCES).then(|| MessageFailure {
                    code: "rejected".to_owned(),
                    message: "The address takes no mail.".to_owned(),
                });
                sandbox.take(letter.idempotency_key, refusal)
            }
            Self::Ses(ses) => ses.send(letter).await,
        }
    }
}
