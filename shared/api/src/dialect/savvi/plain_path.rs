//! Paths as clients of Rails write them: `/find_member/`, `/find_member.json`, `/find_member.xml`.

use axum::extract::Request;
use http::header::{ACCEPT, HeaderValue};
use http::uri::PathAndQuery;

use crate::dialect::Dialect;

/// The request at the path of its operation. A suffix says in which format it is answered, whatever `Accept` says.
pub(crate) fn with_plain_path(mut request: Request) -> Request {
    let path = request.uri().path();
    if Dialect::of(path) != Dialect::Savvi {
        return request;
    }
    let trimmed = path.trim_end_matches('/');
    let formats = [
        (".json", HeaderValue::from_static("application/json")),
        (".xml", HeaderValue::from_static("application/xml")),
    ];
    let suffixed = formats.into_iter().find_map(|(suffix, format)| {
        let path = trimmed.strip_suffix(suffix)?;
        Some((path, format))
    });
    let (plain, format) = match suffixed {
        Some((plain, format)) => (plain, Some(format)),
        None => (trimmed, None),
    };
    if plain == path {
        return request;
    }
    let query = request.uri().query();
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    let mut uri = request.uri().clone().into_parts();
    let Ok(path_and_query) = PathAndQuery::try_from(format!("{plain}{query}")) else {
        return request;
    };
    uri.path_and_query = Some(path_and_query);
    if let Ok(uri) = http::Uri::from_parts(uri) {
        *request.uri_mut() = uri;
    }
    if let Some(format) = format {
        request.headers_mut().insert(ACCEPT, format);
    }
    request
}
