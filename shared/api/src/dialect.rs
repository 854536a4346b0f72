//! The dialects: how success and errors are written. A dialect is codec and manners, never a business rule.

mod repeated;
pub mod reveknew;
pub mod rocketsavvy;
pub mod savvi;

use axum::response::Response;
use http::HeaderMap;
use http::header::{HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use models::{Error, RatePolicy};

pub use self::repeated::shown_path;
use crate::request::RequestInfo;

/// Which dialect a path belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// `/v3`, and whatever belongs to no other.
    Rocketsavvy,
    /// `/enterprise/v1`.
    Reveknew,
    /// `/api/v1`.
    Savvi,
    /// `/oauth`, which answers as RFC 6749 has it.
    Oauth,
    /// `/p` and `/m`: pages for people.
    Page,
}

impl Dialect {
    pub(crate) fn of(path: &str) -> Self {
        let below = |prefix: &str| {
            path.strip_prefix(prefix)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if below("/enterprise/v1") {
            Self::Reveknew
        } else if below("/api/v1") {
            Self::Savvi
        } else if below("/oauth") {
            Self::Oauth
        } else if below("/p") || below("/m") {
            Self::Page
        } else {
            Self::Rocketsavvy
        }
    }

    /// Whether a field that nobody asked for is ignored, also one that looks like a misspelt one.
    pub(crate) const fn is_lenient(self) -> bool {
        match self {
            Self::Rocketsavvy => false,
            Self::Reveknew | Self::Savvi | Self::Oauth | Self::Page => true,
        }
    }
}

/// An error in the dialect of the request's path.
pub(crate) fn render(error: &Error, info: &RequestInfo) -> Response {
    let dialect = Dialect::of(&info.path);
    let error = &repeated::without_card_numbers(error);
    let mut response = match dialect {
        Dialect::Rocketsavvy => rocketsavvy::render(error, info),
        Dialect::Reveknew => reveknew::render(error),
        Dialect::Savvi => savvi::render(error),
        Dialect::Oauth => reveknew::render_oauth(error),
        Dialect::Page => reveknew::render_page(error),
    };
    let headers = response.headers_mut();
    if let Some(seconds) = error.retry_after_seconds() {
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    if let Error::RateLimited {
        retry_after_seconds,
        policy: Some(policy),
    } = error
    {
        add_policy(headers, *policy, *retry_after_seconds);
    }
    if matches!(error, Error::Unauthenticated) && dialect != Dialect::Savvi {
        headers.insert(WWW_AUTHENTICATE, challenge(info.sent_bearer));
    }
    response
}

/// The limit that was reached, as the draft of the IETF on `RateLimit` headers has it.
fn add_policy(headers: &mut HeaderMap, policy: RatePolicy, wait_seconds: u32) {
    let RatePolicy {
        name,
        quota,
        window_seconds,
    } = policy;
    for (header, value) in [
        ("ratelimit", format!("\"{name}\";r=0;t={wait_seconds}")),
        (
            "ratelimit-policy",
            format!("\"{name}\";q={quota};w={window_seconds}"),
        ),
    ] {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(header, value);
        }
    }
}

/// A credential that was sent and is not good is an invalid token (RFC 6750, section 3.1); where none was sent, no reason is given.
fn challenge(sent_bearer: bool) -> HeaderValue {
    HeaderValue::from_static(if sent_bearer {
        "Bearer error=\"invalid_token\""
    } else {
        "Bearer"
    })
}

/// A body over the limit, in the dialect of the request's path.
pub(crate) fn render_too_large(info: &RequestInfo, limit_bytes: usize) -> Response {
    match Dialect::of(&info.path) {
        Dialect::Rocketsavvy => rocketsavvy::render_too_large(info, limit_bytes),
        Dialect::Reveknew | Dialect::Oauth => reveknew::render_too_large(limit_bytes),
        Dialect::Savvi => savvi::render_too_large(limit_bytes),
        Dialect::Page => reveknew::page_too_large(),
    }
}
