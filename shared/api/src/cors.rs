//! Cross-origin requests of browsers. Which origins may read answers is a setting of the installation: a preflight carries no
//! credential, so no business is known yet.

use std::sync::Arc;

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, ALLOW,
    ORIGIN, VARY,
};
use http::{HeaderMap, HeaderValue};

/// Request headers that the API reads.
const REQUEST_HEADERS: HeaderValue = HeaderValue::from_static(
    "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match",
);
/// Headers of answers that scripts may read.
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "Allow, Content-Disposition, ETag, Idempotent-Replayed, Location, RateLimit, RateLimit-Policy, Request-Id, Retry-After, WWW-Authenticate",
);
/// Seconds for which a browser remembers a preflight.
const MAX_AGE: HeaderValue = HeaderValue::from_static("7200");

/// The origins whose pages may read answers.
#[derive(Debug, Clone, Default)]
pub struct Cors(Arc<[String]>);

impl Cors {
    /// From a list with commas: `https://app.example.com,https://admin.example.com`, or `*` for any.
    pub fn new(origins: &str) -> Self {
        let origins = origins.split(',').map(str::trim);
        Self(
            origins
                .filter(|one| !one.is_empty())
                .map(str::to_owned)
                .collect(),
        )
    }

    /// The origin of the request, where it may read answers.
    pub(crate) fn admitted(&self, request: &HeaderMap) -> Option<HeaderValue> {
        let origin = request.get(ORIGIN)?;
        let admits =
            |admitted: &String| admitted == "*" || admitted.as_bytes() == origin.as_bytes();
        self.0.iter().any(admits).then(|| origin.clone())
    }

    /// Adds what a browser asks for before it hands an answer to a script of the origin that is admitted.
    pub(crate) fn add(&self, admitted: Option<HeaderValue>, answer: &mut HeaderMap) {
        if self.0.is_empty() {
            return;
        }
        answer.append(VARY, HeaderValue::from_static("Origin"));
        if let Some(origin) = admitted {
            answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            answer.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
        }
    }
}

/// Whether a browser asks in advance what it may send.
pub(crate) fn is_preflight(request: &HeaderMap) -> bool {
    request.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

/// Adds what a preflight asks for to the answer to `OPTIONS`, which has the methods in `Allow`.
pub(crate) fn add_preflight(answer: &mut HeaderMap) {
    if let Some(methods) = answer.get(ALLOW).cloned() {
        answer.insert(ACCESS_CONTROL_ALLOW_METHODS, methods);
    }
    answer.insert(ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS);
    answer.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE);
}
