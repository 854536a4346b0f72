//! Conditional requests (RFC 9110, section 13): a reader who has the current version is told so instead of being sent it again, and a
//! writer with `If-Match` changes the version that it has seen or nothing.
//!
//! The entity tag of a record is a hash of what its `GET` prints. So that it still holds in the moment of the write, the versions of all
//! records that the `GET` read are what the write requires.

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::header::{
    ALLOW, AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_MATCH, IF_NONE_MATCH, LOCATION,
    ORIGIN,
};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use http_body_util::BodyExt;
use models::{Error, Result};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use store::Versions;
use tower::ServiceExt;

use crate::dialect::Dialect;
use crate::reply::Problem;
use crate::request::RequestInfo;

/// The first 64 bits of the SHA-256 of a content, in hex: enough to tell versions of one file apart.
pub fn hash_of(content: &[u8]) -> String {
    let mut hash = hex::encode(Sha256::digest(content));
    hash.truncate(16);
    hash
}

/// A strong entity tag of a content.
pub fn etag_of(content: &[u8]) -> String {
    format!("\"{}\"", hash_of(content))
}

/// Answers with the content, or with 304 and no content if the reader's copy has the same entity tag. The copy may be
/// kept, but is to be checked each time: these addresses stay the same over deployments.
pub fn reply(request: &HeaderMap, etag: &str, content: impl IntoResponse) -> Response {
    let validators = [(ETAG, etag), (CACHE_CONTROL, "public, no-cache")];
    if has_current(request, etag) {
        (StatusCode::NOT_MODIFIED, validators).into_response()
    } else {
        (validators, content).into_response()
    }
}

/// Whether `If-None-Match` names the entity tag. RFC 9110, section 13.1.2: weak comparison, `*` names any.
fn has_current(request: &HeaderMap, etag: &str) -> bool {
    tags(request, IF_NONE_MATCH)
        .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}

/// Whether `If-Match` allows a change of what has the entity tag: strong comparison, `*` names any.
fn allows(request: &HeaderMap, etag: &str) -> bool {
    tags(request, IF_MATCH).any(|tag| tag == "*" || tag == etag)
}

fn tags(request: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let values = request.get_all(name).iter();
    let values = values.filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim)
}

/// Whether a body is a page of a list rather than a record.
fn is_list(body: &[u8]) -> bool {
    body.starts_with(b"[") || body.starts_with(b"{\"data\":")
}

/// The answer to a `GET`: a record has its entity tag, unless the handler gave it one.
pub(crate) async fn answer(request: &HeaderMap, response: Response) -> Response {
    if response.status() != StatusCode::OK || response.headers().contains_key(ETAG) {
        return response;
    }
    tagged(request, response).await
}

/// The entity tag of a record whose answer shows more than its `GET` will: a secret.
#[derive(Debug, Clone)]
pub(crate) struct RecordTag(pub(crate) String);

/// A record with its entity tag, or 304 where the reader has that version.
async fn tagged(request: &HeaderMap, response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let Ok(body) = body.collect().await else {
        return Problem(Error::internal("an answer broke off")).into_response();
    };
    let body = body.to_bytes();
    if is_list(&body) {
        return Response::from_parts(parts, Body::from(body));
    }
    let etag = match parts.extensions.get::<RecordTag>() {
        Some(RecordTag(etag)) => etag.clone(),
        None => etag_of(&body),
    };
    let current = has_current(request, &etag);
    if let Ok(etag) = HeaderValue::try_from(etag) {
        parts.headers.insert(ETAG, etag);
    }
    if !current {
        return Response::from_parts(parts, Body::from(body));
    }
    parts.status = StatusCode::NOT_MODIFIED;
    parts.headers.remove(CONTENT_TYPE);
    Response::from_parts(parts, Body::empty())
}

/// The routes of the function, for what has to know what a `GET` would answer.
#[derive(Debug, Clone)]
pub(crate) struct Routes(pub(crate) Router);

impl Routes {
    /// An answer to a change with the entity tag of the new version, where a `GET` prints the same: that of the path; of the record
    /// that the path says something is done to, where it is what is answered; or of what was created.
    pub(crate) async fn with_new_tag(
        &self,
        method: &Method,
        path: &str,
        response: Response,
    ) -> Response {
        let record = match response.status() {
            StatusCode::CREATED => {
                let location = response.headers().get(LOCATION);
                let location = location.and_then(|value| value.to_str().ok());
                location.map(str::to_owned)
            }
            StatusCode::OK if *method != Method::POST && self.has_get(path).await => {
                return tagged(&HeaderMap::new(), response).await;
            }
            StatusCode::OK => above(path).map(str::to_owned),
            _ => None,
        };
        match record {
            Some(record) if self.has_get(&record).await => tagged_if_it_is(&record, response).await,
            Some(_) | None => response,
        }
    }

    /// Whether the path has a `GET`. The router alone says so; no handler runs.
    async fn has_get(&self, path: &str) -> bool {
        let Ok(request) = Request::options(path).body(Body::empty()) else {
            return false;
        };
        let Ok(response) = self.0.clone().oneshot(request).await;
        let allow = response.headers().get(ALLOW);
        let methods = allow.and_then(|value| value.to_str().ok());
        methods.is_some_and(|methods| methods.split(',').any(|method| method.trim() == "GET"))
    }
}

/// An answer with its entity tag where it is the record of that path, rather than something that was made of it.
async fn tagged_if_it_is(record: &str, response: Response) -> Response {
    let (parts, body) = response.into_parts();
    let Ok(body) = body.collect().await else {
        return Problem(Error::internal("an answer broke off")).into_response();
    };
    let body = body.to_bytes();
    let id = record.rsplit('/').next().unwrap_or_default();
    let answered: Option<Identified> = serde_json::from_slice(&body).ok();
    let is_it = answered.is_some_and(|answered| answered.id == id);
    let response = Response::from_parts(parts, Body::from(body));
    if is_it {
        return tagged(&HeaderMap::new(), response).await;
    }
    response
}

/// A record, as far as it says which one it is.
#[derive(Deserialize)]
struct Identified {
    id: String,
}

/// A change that somebody else was faster with: who named a version is told that it is gone.
pub(crate) fn lost(response: Response) -> Response {
    match response.extensions().get::<Problem>() {
        Some(Problem(Error::Conflict { code, .. })) if *code == "version_conflict" => {
            Problem(Error::PreconditionFailed).into_response()
        }
        Some(_) | None => response,
    }
}

/// The versions that a change must find, where the request has `If-Match`.
///
/// They are those of the record that the path names, or of the next one above it: what is done to a record
/// (`/v3/invoices/{id}/pay`) has no `GET` of its own.
///
/// # Errors
/// [`Error::PreconditionFailed`] where the record is not what the caller has seen; what its `GET` answers where that is an error; and
/// an invalid header where the operation changes no single record.
pub(crate) async fn required(parts: &Parts) -> Result<Option<Versions>> {
    if !parts.headers.contains_key(IF_MATCH) {
        return Ok(None);
    }
    let path = parts.uri.path();
    let detail = "names a version of a record, and the path of this operation names none";
    let no_version = || Error::invalid("If-Match", "invalid_header", detail);
    // A `GET` of Savvi may change things, and names no record.
    if Dialect::of(path) == Dialect::Savvi {
        return Err(no_version());
    }
    if matches!(parts.method, Method::GET | Method::HEAD) {
        return Ok(None);
    }
    // What is posted is done to the record above, or makes one below.
    let first = if parts.method == Method::POST {
        above(path)
    } else {
        Some(path)
    };
    let paths = std::iter::successors(first, |path| above(path));
    for path in paths.take_while(|path| !path.is_empty()) {
        let versions = Versions::default();
        let Some(response) = get(parts, path, &versions).await? else {
            break;
        };
        if let Some(Problem(error)) = response.extensions().get::<Problem>() {
            // A list may want parameters; a record never does.
            let no_record = matches!(
                error,
                Error::MethodNotAllowed | Error::NotFound { what: "route", .. } | Error::Invalid(_)
            );
            if no_record {
                continue;
            }
            return Err(error.clone());
        }
        let body = response.into_body().collect().await;
        let body = body.map_err(Error::internal)?.to_bytes();
        if is_list(&body) {
            continue;
        }
        if allows(&parts.headers, &etag_of(&body)) {
            return Ok(Some(versions));
        }
        return Err(Error::PreconditionFailed);
    }
    Err(no_version())
}

/// The path without its last part.
fn above(path: &str) -> Option<&str> {
    path.rsplit_once('/').map(|(parent, _)| parent)
}

/// What a `GET` of that path answers the same caller. It notes the versions of what it reads.
async fn get(parts: &Parts, path: &str, versions: &Versions) -> Result<Option<Response>> {
    let Some(Routes(routes)) = parts.extensions.get() else {
        return Ok(None);
    };
    let mut request = Request::get(path)
        .body(Body::empty())
        .map_err(Error::internal)?;
    for name in [AUTHORIZATION, ORIGIN] {
        if let Some(value) = parts.headers.get(&name) {
            request.headers_mut().insert(name, value.clone());
        }
    }
    let mut info = parts
        .extensions
        .get::<RequestInfo>()
        .cloned()
        .unwrap_or_default();
    path.clone_into(&mut info.path);
    info.query.clear();
    request.extensions_mut().insert(info);
    request.extensions_mut().insert(versions.clone());
    let Ok(response) = routes.clone().oneshot(request).await;
    Ok(Some(response))
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;
    use http::header::{IF_MATCH, IF_NONE_MATCH};

    use super::{allows, has_current};

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
            assert_eq!(has_current(&headers, "\"a\""), expected, "{sent}");
        }
        assert!(!has_current(&HeaderMap::new(), "\"a\""));
    }

    #[test]
    fn a_change_wants_a_strong_tag() {
        for (sent, expected) in [
            ("\"a\"", true),
            ("\"b\", \"a\"", true),
            ("*", true),
            ("W/\"a\"", false),
            ("\"b\"", false),
            ("", false),
        ] {
            let headers = HeaderMap::from_iter([(IF_MATCH, sent.parse().unwrap())]);
            assert_eq!(allows(&headers, "\"a\""), expected, "{sent}");
        }
    }
}
