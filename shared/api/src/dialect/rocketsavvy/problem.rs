//! Errors as RFC 9457 problems.

use axum::body::Body;
use axum::response::Response;
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderValue};
use models::Error;
use serde::Serialize;
use utoipa::ToSchema;

use crate::dialect::repeated;
use crate::request::RequestInfo;

/// A problem (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemDetails {
    /// A URI that names the kind of problem.
    #[serde(rename = "type")]
    #[schema(example = "urn:savvy:problem:invalid_request")]
    kind: String,
    /// The kind of problem in words.
    #[schema(example = "The request is invalid")]
    title: &'static str,
    /// The HTTP status.
    #[schema(example = 400)]
    status: u16,
    /// What happened this time.
    #[schema(example = "1 field is invalid")]
    detail: String,
    /// The path of the request.
    #[schema(example = "/v3/customers")]
    instance: String,
    /// A stable code for programs.
    #[schema(example = "invalid_request")]
    code: String,
    /// The `Request-Id` of this reply.
    #[schema(example = "req_6f1c2a9b0d3e4f5a6b7c8d9e")]
    request_id: String,
    /// Every field that is wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<ProblemField>,
    /// The payment that records a refused attempt.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    payment_id: Option<String>,
    /// The limits that were reached: `reads` or `writes` of the key, `business-reads` or `business-writes` of all keys together.
    #[serde(rename = "violated-policies", skip_serializing_if = "Vec::is_empty")]
    violated_policies: Vec<&'static str>,
}

/// The type of a problem for limits on calls, which the draft of the IETF on `RateLimit` headers registers.
const QUOTA_EXCEEDED: &str = "https://iana.org/assignments/http-problem-types#quota-exceeded";

/// One wrong field.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemField {
    /// JSON pointer of the field; `?name` for a query parameter.
    #[schema(example = "/email")]
    pointer: String,
    /// A stable code for programs.
    #[schema(example = "invalid_email")]
    code: &'static str,
    /// What is wrong with it.
    #[schema(example = "must be an e-mail address")]
    detail: String,
}

/// Status, code and detail of an error.
fn kind(error: &Error) -> (StatusCode, &str, String) {
    const RETRY: &str =
        "something we depend on did not answer; retry with the same Idempotency-Key";
    const FAULT: &str = "the fault is ours; tell us the request_id";
    const SEND_KEY: &str = "send a valid key as 'Authorization: Bearer rs_…'";
    let text = error.to_string();
    match error {
        Error::Invalid(invalid) => {
            let detail = count(invalid.fields.len());
            (StatusCode::BAD_REQUEST, "invalid_request", detail)
        }
        Error::NotFound { .. } => (StatusCode::NOT_FOUND, "not_found", text),
        Error::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", text),
        Error::UnsupportedMedia { code, .. } => (StatusCode::UNSUPPORTED_MEDIA_TYPE, code, text),
        Error::PreconditionFailed => (StatusCode::PRECONDITION_FAILED, "precondition_failed", text),
        Error::AlreadyExists { .. } => (StatusCode::CONFLICT, "already_exists", text),
        Error::Conflict { code, .. } => (StatusCode::CONFLICT, code, text),
        Error::Declined { code, .. } => (StatusCode::PAYMENT_REQUIRED, code, text),
        Error::Idempotency { code, .. } => {
            let status = match *code {
                "idempotency_key_in_use" => StatusCode::CONFLICT,
                _ => StatusCode::UNPROCESSABLE_ENTITY,
            };
            (status, code, text)
        }
        Error::Unauthenticated => {
            let detail = SEND_KEY.to_owned();
            (StatusCode::UNAUTHORIZED, "unauthenticated", detail)
        }
        Error::Forbidden { code, .. } => (StatusCode::FORBIDDEN, code, text),
        Error::RateLimited { .. } => (StatusCode::TOO_MANY_REQUESTS, "rate_limited", text),
        Error::Unavailable(_) => {
            let detail = RETRY.to_owned();
            (StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail)
        }
        Error::Internal(_) => {
            let detail = FAULT.to_owned();
            (StatusCode::INTERNAL_SERVER_ERROR, "internal_error", detail)
        }
    }
}

/// The same for every error of its kind.
const fn title(error: &Error) -> &'static str {
    match error {
        Error::Invalid(_) => "The request is invalid",
        Error::NotFound { .. } => "Not found",
        Error::MethodNotAllowed => "Method not allowed",
        Error::UnsupportedMedia { .. } => "The form of the body is not supported",
        Error::PreconditionFailed => "The record has changed",
        Error::AlreadyExists { .. } => "Already exists",
        Error::Conflict { .. } => "The state of the record does not allow this",
        Error::Declined { .. } => "The payment was refused",
        Error::Idempotency { .. } => "Idempotency-Key in use",
        Error::Unauthenticated => "Unauthenticated",
        Error::Forbidden { .. } => "Not allowed",
        Error::RateLimited { .. } => "Too many requests",
        Error::Unavailable(_) => "Temporarily unavailable",
        Error::Internal(_) => "Internal error",
    }
}

fn count(fields: usize) -> String {
    match fields {
        1 => "1 field is invalid".to_owned(),
        _ => format!("{fields} fields are invalid"),
    }
}

/// The status and the body of an error.
pub(crate) fn problem(error: &Error, info: &RequestInfo) -> (u16, ProblemDetails) {
    let (status, code, detail) = kind(error);
    let errors = if let Error::Invalid(invalid) = error {
        let named = |field: &models::FieldError| ProblemField {
            pointer: field.pointer.clone(),
            code: field.code,
            detail: field.detail.clone(),
        };
        invalid.fields.iter().map(named).collect()
    } else if let Error::NotFound {
        pointer: Some(pointer),
        ..
    } = error
    {
        vec![ProblemField {
            pointer: pointer.to_string(),
            code: "not_found",
            detail: error.to_string(),
        }]
    } else {
        Vec::new()
    };
    let payment_id = if let Error::Declined { payment, .. } = error {
        payment.clone()
    } else {
        None
    };
    let policy = if let Error::RateLimited { policy, .. } = error {
        *policy
    } else {
        None
    };
    let body = ProblemDetails {
        kind: match policy {
            Some(_) => QUOTA_EXCEEDED.to_owned(),
            None => format!("urn:savvy:problem:{code}"),
        },
        title: title(error),
        status: status.as_u16(),
        detail,
        instance: repeated::shown_path(&info.path).into_owned(),
        code: code.to_owned(),
        request_id: info.request_id.clone(),
        errors,
        payment_id,
        violated_policies: policy.iter().map(|policy| policy.name).collect(),
    };
    (body.status, body)
}

/// An error as a response.
pub(crate) fn render(error: &Error, info: &RequestInfo) -> Response {
    let (status, body) = problem(error, info);
    respond(status, &body)
}

/// A body over the limit.
pub(crate) fn render_too_large(info: &RequestInfo, limit_bytes: usize) -> Response {
    let body = ProblemDetails {
        kind: "urn:savvy:problem:body_too_large".to_owned(),
        title: "The body is too large",
        status: 413,
        detail: format!("a body may have at most {limit_bytes} bytes"),
        instance: repeated::shown_path(&info.path).into_owned(),
        code: "body_too_large".to_owned(),
        request_id: info.request_id.clone(),
        errors: Vec::new(),
        payment_id: None,
        violated_policies: Vec::new(),
    };
    respond(413, &body)
}

fn respond(status: u16, body: &ProblemDetails) -> Response {
    let mut response = Response::new(Body::from(serde_json::to_vec(body).unwrap_or_default()));
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(
        CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    response
}
