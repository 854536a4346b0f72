//! What happens to every request around its handler: an id, the whole body, a log line, and errors in the caller's dialect.

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::extract::{MatchedPath, Request};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use http::header::{
    ALLOW, AUTHORIZATION, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, IF_MATCH,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use models::{Error, IdSource};
use tower_http::catch_panic::CatchPanicLayer;
use tracing::Instrument;

use crate::app::App;
use crate::conditional::{self, Routes};
use crate::cors::{self, Cors};
use crate::dialect::savvi::{self, Format};
use crate::dialect::{self, Dialect};
use crate::reply::Problem;
use crate::request::{BodyBytes, RequestInfo, source_of};

/// Larger bodies get 413.
const MAX_BODY_BYTES: usize = 256 * 1024;

/// A body that was too large: rendered as 413.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TooLarge;

/// Gives a function's routes their surroundings. Every function's router passes through here.
pub fn finish(router: Router<App>, app: App) -> Router {
    let (ids, cors) = (Arc::clone(app.ids()), app.cors().clone());
    let router = router
        .fallback(async || Problem(Error::not_found("route", "")))
        .method_not_allowed_fallback(async || Problem(Error::MethodNotAllowed))
        .with_state(app);
    let known = Routes(router.clone());
    let with_routes = router.layer(from_fn(move |request, next| {
        versioned(known.clone(), request, next)
    }));
    with_layers(with_routes, ids, cors)
}

/// What needs to know the other routes: the version that a change must find, and the one that it leaves.
async fn versioned(known: Routes, mut request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let method = request.method().clone();
    let changes = matches!(method, Method::POST | Method::PATCH | Method::PUT);
    let named = request.headers().contains_key(IF_MATCH);
    if named {
        request.extensions_mut().insert(known.clone());
    }
    let mut response = next.run(request).await;
    if named {
        response = conditional::lost(response);
    }
    if changes {
        response = known.with_new_tag(&method, &path, response).await;
    }
    response
}

/// Gives every request an id, its whole body and a log line, and every error the shape of its dialect.
pub fn with_layers(router: Router, ids: Arc<IdSource>, cors: Cors) -> Router {
    let router = router
        .layer(CatchPanicLayer::custom(|_| {
            Problem(Error::internal("a handler panicked")).into_response()
        }))
        .layer(from_fn(move |request, next| {
            around(request_id(&ids), request, next)
        }));
    Router::new()
        .fallback_service(router)
        .layer(from_fn(move |request, next| {
            across_origins(cors.clone(), request, next)
        }))
}

/// What a browser asks for, and what has to happen before a route is chosen. The router names the methods of a path only after its
/// layers, so this stands around the router.
async fn across_origins(cors: Cors, request: Request, next: Next) -> Response {
    let request = savvi::with_plain_path(request);
    let asks_for_methods = request.method() == Method::OPTIONS;
    let admitted = cors.admitted(request.headers());
    let preflight = admitted.is_some() && cors::is_preflight(request.headers());
    let savvi = Dialect::of(request.uri().path()) == Dialect::Savvi;
    let mut response = next.run(request).await;
    if savvi {
        allow_no_head(response.headers_mut());
    }
    cors.add(admitted, response.headers_mut());
    if asks_for_methods {
        response = options(response);
        if preflight {
            cors::add_preflight(response.headers_mut());
        }
    }
    response
}

async fn around(request_id: String, mut request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let info = RequestInfo {
        request_id,
        path: request.uri().path().to_owned(),
        query: request.uri().query().unwrap_or_default().to_owned(),
        source: source_of(request.extensions()),
        sent_bearer: sent_bearer(request.headers()),
    };
    let method = request.method().clone();
    let reads = matches!(method, Method::GET | Method::HEAD);
    let asked = reads.then(|| request.headers().clone());
    // `HEAD` is `GET` without the body, with all of its headers.
    if method == Method::HEAD {
        *request.method_mut() = Method::GET;
    }
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("", MatchedPath::as_str)
        .to_owned();
    let span = tracing::info_span!(
        "request",
        request_id = %info.request_id,
        %method,
        route,
        business = tracing::field::Empty,
        key = tracing::field::Empty,
    );
    async {
        let savvi = Dialect::of(&info.path) == Dialect::Savvi;
        let told = savvi && savvi::tells_a_secret(request.uri().query().unwrap_or_default());
        let mut format = Format::of(request.headers(), b"");
        let response = match with_body(request, &info).await {
            // A `GET` of Savvi can change things, so its `HEAD` must not be one.
            Ok(_) if savvi && method == Method::HEAD => refuse_head(),
            Ok(request) => {
                if let Some(body) = request.extensions().get::<BodyBytes>() {
                    format = Format::of(request.headers(), &body.0);
                }
                next.run(request).await
            }
            Err(response) => response,
        };
        let mut response = add_headers(response, &info);
        if savvi {
            response = savvi::convert(response, format).await;
        }
        if told {
            savvi::warn(&mut response);
        }
        // A `GET` of Savvi is a call like another, and its answer no representation of a record.
        if let Some(asked) = asked.filter(|_| !savvi) {
            response = conditional::answer(&asked, response).await;
        }
        if method == Method::HEAD {
            response = without_body(response).await;
        }
        let duration_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::info!(
            status = response.status().as_u16(),
            duration_ms,
            "request served"
        );
        response
    }
    .instrument(span)
    .await
}

/// The router takes `HEAD` for `GET`; Savvi's do more than read.
fn allow_no_head(headers: &mut HeaderMap) {
    let allow = headers.get(ALLOW).and_then(|value| value.to_str().ok());
    let Some(allow) = allow else { return };
    let methods = allow.split(',').map(str::trim);
    let methods: Vec<&str> = methods.filter(|method| *method != "HEAD").collect();
    if let Ok(methods) = HeaderValue::try_from(methods.join(",")) {
        headers.insert(ALLOW, methods);
    }
}

fn refuse_head() -> Response {
    let mut response = Problem(Error::MethodNotAllowed).into_response();
    let allow = HeaderValue::from_static("GET, POST");
    response.headers_mut().insert(ALLOW, allow);
    response
}

/// What a path says to `OPTIONS`: the methods that it takes.
fn options(mut response: Response) -> Response {
    let Some(allow) = response.headers().get(ALLOW).cloned() else {
        return response;
    };
    *response.status_mut() = StatusCode::NO_CONTENT;
    *response.body_mut() = Body::empty();
    let headers = response.headers_mut();
    headers.remove(CONTENT_TYPE);
    headers.remove(CONTENT_LENGTH);
    let allow = allow.to_str().unwrap_or_default().replace(',', ", ");
    if let Ok(allow) = HeaderValue::try_from(format!("{allow}, OPTIONS")) {
        headers.insert(ALLOW, allow);
    }
    response
}

/// Whether the request has a credential of the scheme that is asked for.
fn sent_bearer(asked: &HeaderMap) -> bool {
    let value = asked.get(AUTHORIZATION).map(HeaderValue::as_bytes);
    let scheme = value.and_then(|value| value.split(|byte| *byte == b' ').next());
    scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"bearer"))
}

async fn without_body(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let length = body.collect().await.map_or(0, |body| body.to_bytes().len());
    if parts.status != StatusCode::NOT_MODIFIED {
        parts
            .headers
            .insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    Response::from_parts(parts, Body::empty())
}

/// Reads the body whole and hands the request on with it.
async fn with_body(request: Request, info: &RequestInfo) -> Result<Request, Response> {
    let (mut parts, body) = request.into_parts();
    let mut encodings = parts.headers.get_all(CONTENT_ENCODING).iter();
    if encodings.any(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        let error = Error::UnsupportedMedia {
            code: "unsupported_content_encoding",
            detail: "send the body as it is, without Content-Encoding".into(),
        };
        return Err(Problem(error).into_response());
    }
    let declared = parts
        .headers
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if declared.is_some_and(|length| length > MAX_BODY_BYTES) {
        return Err(too_large());
    }
    let bytes = match Limited::new(body, MAX_BODY_BYTES).collect().await {
        Ok(collected) => collected.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => return Err(too_large()),
        Err(error) => {
            return Err(
                Problem(Error::Unavailable(format!("the body broke off: {error}"))).into_response(),
            );
        }
    };
    // Some editors and clients of Windows begin a text with a byte order mark.
    let bytes = match bytes.strip_prefix(b"\xef\xbb\xbf") {
        Some(text) => bytes.slice_ref(text),
        None => bytes,
    };
    parts.extensions.insert(BodyBytes(bytes.clone()));
    parts.extensions.insert(info.clone());
    // A router without our extractors finds the id here, never what a client sent.
    if let Ok(value) = HeaderValue::from_str(&info.request_id) {
        parts.headers.insert("request-id", value);
    }
    Ok(Request::from_parts(parts, Body::from(bytes)))
}

fn too_large() -> Response {
    let mut response = StatusCode::PAYLOAD_TOO_LARGE.into_response();
    response.extensions_mut().insert(TooLarge);
    response
}

/// Renders an error in the dialect of the path, and adds the headers that every reply has.
fn add_headers(response: Response, info: &RequestInfo) -> Response {
    let mut response = if let Some(Problem(error)) = response.extensions().get::<Problem>() {
        report(error);
        let mut rendered = dialect::render(error, info);
        // Who refuses a method says which there are.
        if let Some(methods) = response.headers().get(ALLOW) {
            rendered.headers_mut().insert(ALLOW, methods.clone());
        }
        rendered
    } else if response.extensions().get::<TooLarge>().is_some() {
        dialect::render_too_large(info, MAX_BODY_BYTES)
    } else {
        response
    };
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&info.request_id) {
        headers.insert("request-id", value);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Our own faults are errors in the log; a caller's mistakes are not.
fn report(error: &Error) {
    match error {
        Error::Internal(detail) => tracing::error!(detail, "internal error"),
        Error::Unavailable(detail) => tracing::warn!(detail, "unavailable"),
        Error::Invalid(_)
        | Error::NotFound { .. }
        | Error::MethodNotAllowed
        | Error::UnsupportedMedia { .. }
        | Error::PreconditionFailed
        | Error::AlreadyExists { .. }
        | Error::Conflict { .. }
        | Error::Declined { .. }
        | Error::Idempotency { .. }
        | Error::Unauthenticated
        | Error::Forbidden { .. }
        | Error::RateLimited { .. } => {}
    }
}

fn request_id(ids: &IdSource) -> String {
    let mut bytes = [0_u8; 12];
    if ids.fill(&mut bytes).is_err() {
        bytes.fill(0);
    }
    format!("req_{}", hex::encode(bytes))
}
