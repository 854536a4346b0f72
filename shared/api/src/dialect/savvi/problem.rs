//! Errors as a Rails application writes them.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::response::Response;
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderValue};
use models::{Error, Invalid};
use serde::Serialize;
use utoipa::ToSchema;

/// What went wrong.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErrorBody {
    /// A sentence for a person.
    #[schema(example = "Validation failed: Email is invalid")]
    error: String,
    /// Every field that is wrong, with what is wrong with it; `base` is the whole. Only with 422.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(required = false, example = json!({"email": ["is invalid"]}))]
    errors: BTreeMap<String, Vec<String>>,
}

/// Status and body of an error.
fn of(error: &Error) -> (StatusCode, ErrorBody) {
    let plain = |status, text: String| {
        let errors = BTreeMap::new();
        (
            status,
            ErrorBody {
                error: text,
                errors,
            },
        )
    };
    let text = error.to_string();
    match error {
        Error::Invalid(invalid) => (StatusCode::UNPROCESSABLE_ENTITY, validation(invalid)),
        Error::NotFound { .. } => plain(StatusCode::NOT_FOUND, "Not found".to_owned()),
        Error::MethodNotAllowed => plain(StatusCode::METHOD_NOT_ALLOWED, text),
        Error::UnsupportedMedia { .. } => plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, text),
        Error::PreconditionFailed => plain(StatusCode::PRECONDITION_FAILED, text),
        Error::AlreadyExists { .. } => base("has already been taken"),
        Error::Conflict { .. } | Error::Declined { .. } | Error::Idempotency { .. } => base(&text),
        Error::Unauthenticated => {
            let text = "Your authentication token is missing or invalid";
            plain(StatusCode::UNAUTHORIZED, text.to_owned())
        }
        Error::Forbidden { .. } => plain(StatusCode::FORBIDDEN, text),
        Error::RateLimited { .. } => plain(StatusCode::TOO_MANY_REQUESTS, text),
        Error::Unavailable(_) => {
            let text = "Something we depend on did not answer; try again";
            plain(StatusCode::SERVICE_UNAVAILABLE, text.to_owned())
        }
        Error::Internal(_) => {
            let text = "The fault is ours; tell us the Request-Id";
            plain(StatusCode::INTERNAL_SERVER_ERROR, text.to_owned())
        }
    }
}

fn base(text: &str) -> (StatusCode, ErrorBody) {
    let invalid = Invalid::field("base", "conflict", text);
    (StatusCode::UNPROCESSABLE_ENTITY, validation(&invalid))
}

fn validation(invalid: &Invalid) -> ErrorBody {
    let mut errors: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut sentences = Vec::new();
    for field in &invalid.fields {
        let name = field
            .pointer
            .trim_start_matches(['/', '?'])
            .replace('/', ".");
        let sentence = match name.as_str() {
            "base" => field.detail.clone(),
            name => format!("{} {}", humanized(name), field.detail),
        };
        sentences.push(sentence);
        errors.entry(name).or_default().push(field.detail.clone());
    }
    ErrorBody {
        error: format!("Validation failed: {}", sentences.join(", ")),
        errors,
    }
}

/// `address.first_name` as `Address first name`.
fn humanized(name: &str) -> String {
    let spaced = name.replace(['.', '_'], " ");
    let mut characters = spaced.chars();
    let first = characters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(characters).collect()
}

/// An error as a response, in JSON.
pub(crate) fn render(error: &Error) -> Response {
    let (status, body) = of(error);
    respond(status, &body)
}

/// A body over the limit.
pub(crate) fn render_too_large(limit_bytes: usize) -> Response {
    let body = ErrorBody {
        error: format!("A body may have at most {limit_bytes} bytes"),
        errors: BTreeMap::new(),
    };
    respond(StatusCode::PAYLOAD_TOO_LARGE, &body)
}

fn respond(status: StatusCode, body: &ErrorBody) -> Response {
    let mut response = Response::new(Body::from(serde_json::to_vec(body).unwrap_or_default()));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
