//! What goes over the wire, and what comes back.

use std::collections::BTreeMap;
use std::fmt;

use models::Mode;

/// One message as it goes over the wire. Its `Debug` shows no secret.
pub struct Message<'a> {
    /// Where to.
    pub url: &'a str,
    /// Whose world the event is of: a live message goes to the public internet, whatever the process allows.
    pub mode: Mode,
    /// The event's id: the same in every attempt.
    pub id: &'a str,
    /// When this attempt is made, in Unix seconds of the wall clock.
    pub timestamp_seconds: i64,
    /// See [`super::sign`].
    pub signature: &'a str,
    /// Headers that the owner of the endpoint wants to have, after ours. Those that are not usable
    /// ([`super::header_is_usable`]) are left out. Their values are redacted from the answer.
    pub headers: &'a BTreeMap<String, String>,
    /// What must not be kept of an answer, apart from the values of `headers`: the secrets of the endpoint. Those under
    /// 8 bytes are not looked for.
    pub secrets: &'a [&'a str],
    /// The event as JSON.
    pub body: String,
}

impl fmt::Debug for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("mode", &self.mode)
            .field("id", &self.id)
            .field("timestamp_seconds", &self.timestamp_seconds)
            .finish_non_exhaustive()
    }
}

/// What came of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The answer, or why there was none. An answer whose body broke off or did not end is an answer.
    pub outcome: Result<EndpointResponse, Failure>,
    /// Milliseconds until the status came or the attempt failed.
    pub response_time_ms: u32,
}

/// What an endpoint answered, in so far as we keep it. Redacted: no card number, no secret, no value of a custom header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointResponse {
    /// The status code.
    pub status: u16,
    /// `Retry-After` in seconds from the message's timestamp, not negative; absent where it cannot be read.
    pub retry_after_seconds: Option<i64>,
    /// Those of [`super::KEPT_HEADERS`] that came, names in lower case, values of at most 200 bytes.
    pub headers: BTreeMap<String, String>,
    /// The beginning of the body, at most 4096 bytes. What is no UTF-8 is replaced; an encoded (compressed) body is left out.
    pub body: String,
    /// Whether there was more body than that, or might have been.
    pub truncated: bool,
}

/// Why there was no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Failure {
    /// What kind of failure.
    pub kind: FailureKind,
    /// For the owner of the endpoint: what to act upon. It never says an address.
    pub detail: String,
}

/// The kinds of [`Failure`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// The URL itself is not allowed, see [`super::check_url`]. Nothing was looked up.
    Refused,
    /// The name does not lead to a public address: it is unknown, or leads inside a network, or both. Which of these is not
    /// said, because it would tell strangers the names inside.
    Unresolved,
    /// No connection could be made, or no trusted one.
    Connect,
    /// No answer within the time.
    Timeout,
    /// The connection broke before an answer came, or what came is no HTTP.
    Broken,
}

impl FailureKind {
    /// Whether the endpoint was reached for, or waited for, in vain. Otherwise it was not even tried.
    pub const fn unanswered(self) -> bool {
        match self {
            Self::Refused => false,
            Self::Unresolved | Self::Connect | Self::Timeout | Self::Broken => true,
        }
    }
}
