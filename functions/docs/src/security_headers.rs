//! Headers that keep a browser from doing with our answers what they are not meant for.

use axum::response::Response;
use http::HeaderValue;
use http::header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};

/// The policy of everything but the page: nothing runs, nothing loads, nobody frames it.
const POLICY: &str = "default-src 'none'; frame-ancestors 'none'";

/// Adds the headers that every answer of this function carries. A policy of the answer's own stays.
pub(crate) async fn add(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers
        .entry(CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static(POLICY));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}
