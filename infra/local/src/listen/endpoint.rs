//! The webhook endpoint in the local process, for as long as somebody listens.

use std::convert::Infallible;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use store::keys;

use super::Voice;
use crate::Error;
use crate::caller::{Caller, text};

/// How often the endpoint is looked after.
const INTERVAL: Duration = Duration::from_secs(1);
/// How long its deletion may take: whoever ends the command does not want to wait.
const DELETION: Duration = Duration::from_secs(5);

/// The secret that every listener has, so that it can stand in the settings of a server under development. Like the demo
/// credentials it opens nothing but a process that listens on 127.0.0.1.
pub(super) fn secret() -> String {
    let bytes = hex::decode(keys::sha256("local demo listener")).unwrap_or_default();
    format!("whsec_{}", STANDARD.encode(bytes))
}

/// The endpoint that leads here.
#[derive(Debug)]
pub(super) struct Endpoint {
    caller: Caller,
    url: String,
    events: Vec<String>,
    id: String,
}

/// What the local process knows of the endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Enabled,
    Disabled,
    Absent,
    /// The process itself is not there.
    NoProcess,
}

impl Endpoint {
    pub(super) async fn create(
        caller: Caller,
        url: String,
        events: Vec<String>,
    ) -> Result<Self, Error> {
        let mut endpoint = Self {
            caller,
            url,
            events,
            id: String::new(),
        };
        endpoint.register().await?;
        Ok(endpoint)
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    async fn register(&mut self) -> Result<(), Error> {
        let body = json!({
            "url": self.url,
            "events": self.events,
            "secret": secret(),
            "metadata": { "created_by": "local listen" },
        });
        let created = self.caller.post("/v3/webhooks", &body).await?;
        self.id = text(&created, "/id");
        Ok(())
    }

    /// Puts the endpoint back where the local process was started anew without its data, and says what has become of it
    /// otherwise. Never ends.
    pub(super) async fn keep(&mut self, voice: &Voice) -> Infallible {
        let mut before = State::Enabled;
        loop {
            tokio::time::sleep(INTERVAL).await;
            let mut state = self.state().await;
            if state == State::Absent && self.register().await.is_ok() {
                voice.say(&format!(
                    "The endpoint was gone. Listening again as {}.",
                    self.id
                ));
                before = State::Enabled;
                state = State::Enabled;
            }
            if state != before {
                voice.say(&self.describe(state));
                before = state;
            }
        }
    }

    async fn state(&self) -> State {
        match self.caller.get(&self.path()).await {
            Ok(found) if found.get("enabled") == Some(&Value::Bool(false)) => State::Disabled,
            Ok(_) => State::Enabled,
            Err(Error::Refused { status: 404, .. }) => State::Absent,
            Err(error) => {
                tracing::debug!(%error, "the endpoint could not be looked at");
                State::NoProcess
            }
        }
    }

    fn describe(&self, state: State) -> String {
        match state {
            State::Enabled => format!("Listening again as {}.", self.id),
            State::Disabled => format!(
                "Savvy has disabled {}, as it does after 410 or days of failures. Ctrl-C and start again to go on.",
                self.id
            ),
            State::Absent => format!("{} is gone, and a new endpoint was refused.", self.id),
            State::NoProcess => format!(
                "{} does not answer any more. Waiting for it: cargo run -p local",
                self.caller.address()
            ),
        }
    }

    /// Takes the endpoint away. Where the process has ended, its endpoint mostly has too.
    pub(super) async fn delete(&self, voice: &Voice) {
        let path = self.path();
        let deletion = tokio::time::timeout(DELETION, self.caller.delete(&path));
        let line = match deletion.await {
            Ok(Ok(_)) => format!("Deleted {}.", self.id),
            Ok(Err(Error::NoProcess { .. })) => "The local process has ended before.".to_owned(),
            Ok(Err(error)) => format!("{} could not be deleted: {error}", self.id),
            Err(_elapsed) => format!("{} could not be deleted in time.", self.id),
        };
        voice.say(&line);
    }

    fn path(&self) -> String {
        format!("/v3/webhooks/{}", self.id)
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_secret_of_a_listener_is_one_of_standard_webhooks() {
        let secret = super::secret();
        assert!(secret.starts_with("whsec_") && secret.len() == 50);
        assert_eq!(secret, super::secret());
    }
}
