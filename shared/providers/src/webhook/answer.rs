//! Reads what an endpoint answers: a little of it, and nothing that must not be kept.

use std::collections::BTreeMap;
use std::time::{Duration, UNIX_EPOCH};

use reqwest::Response;
use reqwest::header::{CONTENT_ENCODING, HeaderMap, RETRY_AFTER};

use super::message::EndpointResponse;
use super::redaction::Redaction;

/// The headers of an answer that are kept.
pub const KEPT_HEADERS: [&str; 6] = [
    "content-type",
    "location",
    "request-id",
    "retry-after",
    "server",
    "x-request-id",
];

/// Longest value of a header that is kept, in bytes.
const MAX_VALUE: usize = 200;
/// Most of a body that is kept, in bytes.
const MAX_BODY: usize = 4096;
/// How much of a body is looked at. More than is kept, because what is taken out makes room, and because a secret may stand
/// across the end.
const WINDOW: usize = 8192;
/// The end of a window that may be the beginning of a secret.
const LONGEST_SECRET: usize = 1024;
/// How much of a body is read, so that the connection can be kept.
const MAX_READ: usize = 65_536;

/// Reads an answer. What breaks off or lasts too long is an answer nonetheless.
pub(super) async fn read(
    mut response: Response,
    timestamp_seconds: i64,
    redaction: &Redaction<'_>,
) -> EndpointResponse {
    let status = response.status().as_u16();
    let retry_after_seconds = retry_after(response.headers(), timestamp_seconds);
    let headers = kept(response.headers(), redaction);
    let encoded = response
        .headers()
        .get(CONTENT_ENCODING)
        .is_some_and(|coding| coding != "identity");
    let (window, whole) = window(&mut response).await;
    let (body, truncated) = if encoded {
        (String::new(), true)
    } else {
        text(&window, whole, redaction)
    };
    EndpointResponse {
        status,
        retry_after_seconds,
        headers,
        body,
        truncated,
    }
}

/// The beginning of the body, and whether it is all of it.
async fn window(response: &mut Response) -> (Vec<u8>, bool) {
    let mut window = Vec::new();
    let mut read = 0_usize;
    loop {
        let chunk = match response.chunk().await {
            Ok(Some(chunk)) => chunk,
            Ok(None) => return (window, read <= WINDOW),
            Err(_) => return (window, false),
        };
        read = read.saturating_add(chunk.len());
        let room = WINDOW.saturating_sub(window.len());
        window.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
        if read > MAX_READ {
            return (window, false);
        }
    }
}

/// What is kept of a body, and whether that is less than there was.
fn text(window: &[u8], whole: bool, redaction: &Redaction<'_>) -> (String, bool) {
    let lossy = String::from_utf8_lossy(window);
    let clean = redaction.clean(&lossy);
    let maybe = if window.len() < WINDOW {
        0
    } else {
        LONGEST_SECRET
    };
    let body = cut(&clean, clean.len().saturating_sub(maybe).min(MAX_BODY));
    (body.to_owned(), !whole || body.len() < clean.len())
}

/// The beginning of a text, of at most so many bytes.
fn cut(text: &str, max: usize) -> &str {
    text.get(..text.floor_char_boundary(max))
        .unwrap_or_default()
}

fn kept(headers: &HeaderMap, redaction: &Redaction<'_>) -> BTreeMap<String, String> {
    let found = KEPT_HEADERS.iter().filter_map(|name| {
        let value = String::from_utf8_lossy(headers.get(*name)?.as_bytes());
        let value = cut(&redaction.clean(&value), MAX_VALUE).to_owned();
        Some(((*name).to_owned(), value))
    });
    found.collect()
}

/// Seconds, or the distance to a date (RFC 9110, section 10.2.3). A date that has passed is 0.
fn retry_after(headers: &HeaderMap, timestamp_seconds: i64) -> Option<i64> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().ok();
    }
    let date = httpdate::parse_http_date(text).ok()?;
    let since: Duration = date.duration_since(UNIX_EPOCH).ok()?;
    let seconds = i64::try_from(since.as_secs()).ok()?;
    Some(seconds.saturating_sub(timestamp_seconds).max(0))
}

#[cfg(test)]
mod tests;
