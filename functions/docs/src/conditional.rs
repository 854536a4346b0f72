//! Conditional requests: a reader who has the current version is told so instead of being sent it again.

use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, StatusCode};
use sha2::{Digest, Sha256};

/// The first 64 bits of the SHA-256 of a content, in hex: enough to tell versions of one file apart.
pub(crate) fn hash_of(content: &[u8]) -> String {
    let mut hash = hex::encode(Sha256::digest(content));
    hash.truncate(16);
    hash
}

/// A strong entity tag of a content.
pub(crate) fn etag_of(content: &[u8]) -> String {
    format!("\"{}\"", hash_of(content))
}

/// Answers with the content, or with 304 and no content if the reader's copy has the same entity tag. The copy may be
/// kept, but is to be checked each time: these addresses stay the same over deployments.
pub(crate) fn reply(request: &HeaderMap, etag: &str, content: impl IntoResponse) -> Response {
    let validators = [(ETAG, etag), (CACHE_CONTROL, "public, no-cache")];
    if matches(request, etag) {
        (StatusCode::NOT_MODIFIED, validators).into_response()
    } else {
        (validators, content).into_response()
    }
}

/// Whether `If-None-Match` names the entity tag. RFC 9110, section 13.1.2: weak comparison, `*` names any.
fn matches(request: &HeaderMap, etag: &str) -> bool {
    request
        .get_all(IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, header::IF_NONE_MATCH};

    use super::matches;

    #[test]
    fn a_tag_matches_weak_listed_and_any() {
        for (sent, expected) in [
            ("\"a\"", true),
            ("W/\"a\"", true),
            ("\"b\", \"a\"", true),
            ("*", true),
            ("\"b\"", false),
            ("a", false),
            ("", false),
        ] {
            let headers = HeaderMap::from_iter([(IF_NONE_MATCH, sent.parse().unwrap())]);
            assert_eq!(matches(&headers, "\"a\""), expected, "{sent}");
        }
        assert!(!matches(&HeaderMap::new(), "\"a\""));
    }
}
