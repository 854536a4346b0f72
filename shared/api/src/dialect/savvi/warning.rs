//! Secrets in addresses: the documents put tokens and passwords there, so they are taken, and the caller is told.

use axum::response::Response;
use http::header::{HeaderValue, WARNING};

/// Whether a query holds a token or a password.
pub(crate) fn tells_a_secret(query: &str) -> bool {
    let query = query.to_ascii_lowercase();
    ["authentication_token", "password"]
        .iter()
        .any(|name| query.contains(name))
}

/// Tells the caller: `Deprecation` is RFC 9745's, with the day on which the documents were taken over; the text is for people.
pub(crate) fn warn(response: &mut Response) {
    let headers = response.headers_mut();
    let text =
        "299 - \"Secrets in a URL may be logged on the way: send them in the body of a POST\"";
    headers.insert(WARNING, HeaderValue::from_static(text));
    headers.insert("deprecation", HeaderValue::from_static("@1767225600"));
    headers.insert("referrer-policy", HeaderValue::from_static("no-referrer"));
}
