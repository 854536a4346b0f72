//! The one error of the product. It knows no HTTP: each dialect renders it in one place.

use std::borrow::Cow;

/// What every fallible function of the workspace returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// One thing that is wrong with one field of the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// JSON pointer (RFC 6901) of the field, `""` for the whole body, `?name` for a query parameter.
    pub pointer: String,
    /// A stable, machine-readable code such as `required` or `too_long`.
    pub code: &'static str,
    /// A sentence for a person.
    pub detail: String,
}

/// All that is wrong with an input, collected before anything is refused.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Invalid {
    /// The errors in the order in which the fields were read.
    pub fields: Vec<FieldError>,
}

impl Invalid {
    /// An input with one wrong field.
    pub fn field(
        pointer: impl Into<String>,
        code: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        let mut invalid = Self::default();
        invalid.push(pointer, code, detail);
        invalid
    }

    /// Adds one wrong field.
    pub fn push(
        &mut self,
        pointer: impl Into<String>,
        code: &'static str,
        detail: impl Into<String>,
    ) {
        self.fields.push(FieldError {
            pointer: pointer.into(),
            code,
            detail: detail.into(),
        });
    }

    /// `Ok` where nothing is wrong.
    pub fn into_result(self) -> Result<()> {
        if self.fields.is_empty() {
            Ok(())
        } else {
            Err(Error::Invalid(self))
        }
    }
}

/// A limit on calls: so many in so many seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RatePolicy {
    /// Its name, such as `reads`.
    pub name: &'static str,
    /// Calls that are taken in the window.
    pub quota: u32,
    /// Seconds of the window.
    pub window_seconds: u32,
}

/// Why an operation did not happen.
///
/// The texts are for the caller; what only we may know travels in [`Error::Internal`] and [`Error::Unavailable`]
/// and reaches the log, never the client.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The input breaks a rule; every broken field is named.
    #[error("the request is invalid")]
    Invalid(Invalid),
    /// No such record in this business and mode. `pointer` names the input field that referred to it, if one did.
    #[error("no such {what}: {id}")]
    NotFound {
        /// The kind of record in words, e.g. `customer`.
        what: &'static str,
        /// The identifier as the caller gave it.
        id: String,
        /// JSON pointer of the referring field; `None` where the id was in the path.
        pointer: Option<Cow<'static, str>>,
    },
    /// There is something at that address, which does not take that method.
    #[error("the method is not allowed here: the header Allow names those that are")]
    MethodNotAllowed,
    /// The body comes in a form that is not read.
    #[error("{detail}")]
    UnsupportedMedia {
        /// A stable code such as `unsupported_content_encoding`.
        code: &'static str,
        /// A sentence that says what to send.
        detail: Cow<'static, str>,
    },
    /// The record is not the version that the caller named.
    #[error(
        "the record is not the version that If-Match names: retrieve it, and try again with its ETag"
    )]
    PreconditionFailed,
    /// A record of that name exists.
    #[error("{what} {id} already exists")]
    AlreadyExists {
        /// The kind of record in words.
        what: &'static str,
        /// The name that is taken.
        id: String,
    },
    /// The record is not in a state that allows this, or somebody else changed it meanwhile.
    #[error("{detail}")]
    Conflict {
        /// A stable code such as `subscription_canceled`.
        code: &'static str,
        /// A sentence for the caller.
        detail: Cow<'static, str>,
    },
    /// The card, or the account behind it, refused the money.
    #[error("{message}")]
    Declined {
        /// The gateway's reason, e.g. `card_declined`, `insufficient_funds`.
        code: String,
        /// A sentence for the caller.
        message: String,
        /// The payment that records the attempt, where one exists.
        payment: Option<String>,
    },
    /// An idempotency key was used for something else or is being used right now.
    #[error("{detail}")]
    Idempotency {
        /// `idempotency_key_reused` or `idempotency_key_in_use`.
        code: &'static str,
        /// A sentence for the caller.
        detail: &'static str,
    },
    /// No credential, or one that is unknown, expired or revoked; which of these is not told.
    #[error("no valid credential was given")]
    Unauthenticated,
    /// The credential is good but may not do this.
    #[error("{detail}")]
    Forbidden {
        /// A stable code such as `missing_scope`.
        code: &'static str,
        /// A sentence that names what is missing.
        detail: String,
    },
    /// Too many requests; try again after that many seconds.
    #[error("too many requests")]
    RateLimited {
        /// Seconds until a retry can succeed.
        retry_after_seconds: u32,
        /// Which limit it is, where callers may know it.
        policy: Option<RatePolicy>,
    },
    /// Something we depend on did not answer; a retry may succeed.
    #[error("temporarily unavailable")]
    Unavailable(String),
    /// Our bug.
    #[error("internal error")]
    Internal(String),
}

impl Error {
    /// A single wrong field.
    pub fn invalid(
        pointer: impl Into<String>,
        code: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self::Invalid(Invalid::field(pointer, code, detail))
    }

    /// The record in the path does not exist.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "callers hand over ids and texts alike"
    )]
    pub fn not_found(what: &'static str, id: impl ToString) -> Self {
        Self::NotFound {
            what,
            id: id.to_string(),
            pointer: None,
        }
    }

    /// A record that an input field refers to does not exist.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "callers hand over ids and texts alike"
    )]
    pub fn no_such(
        what: &'static str,
        id: impl ToString,
        pointer: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::NotFound {
            what,
            id: id.to_string(),
            pointer: Some(pointer.into()),
        }
    }

    /// Too many of something that is counted for no policy of a key.
    pub const fn too_many(retry_after_seconds: u32) -> Self {
        Self::RateLimited {
            retry_after_seconds,
            policy: None,
        }
    }

    /// Seconds after which a retry can succeed, where it can.
    pub const fn retry_after_seconds(&self) -> Option<u32> {
        match self {
            Self::RateLimited {
                retry_after_seconds,
                ..
            } => Some(*retry_after_seconds),
            Self::Unavailable(_) => Some(1),
            Self::Invalid(_)
            | Self::NotFound { .. }
            | Self::MethodNotAllowed
            | Self::UnsupportedMedia { .. }
            | Self::PreconditionFailed
            | Self::AlreadyExists { .. }
            | Self::Conflict { .. }
            | Self::Declined { .. }
            | Self::Idempotency { .. }
            | Self::Unauthenticated
            | Self::Forbidden { .. }
            | Self::Internal(_) => None,
        }
    }

    /// The state of the record forbids it.
    pub fn conflict(code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::Conflict {
            code,
            detail: detail.into(),
        }
    }

    /// A fault of ours; the text goes to the log only.
    pub fn internal(detail: impl std::fmt::Display) -> Self {
        Self::Internal(detail.to_string())
    }
}
