//! Errors as Reveknew writes them, as OAuth does (RFC 6749, section 5.2), and as a page for a person.

use axum::body::Body;
use axum::response::Response;
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderValue};
use models::Error;
use serde::Serialize;
use utoipa::ToSchema;

/// What went wrong.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErrorBody {
    /// A stable code for programs.
    #[schema(example = "invalid_request")]
    code: String,
    /// A sentence for a person.
    #[schema(example = "1 field is invalid")]
    message: String,
    /// Every field that is wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    errors: Vec<ErrorField>,
}

/// One wrong field.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErrorField {
    /// Its name; in a list after its place: `0.amount`.
    #[schema(example = "customerNum")]
    field: String,
    /// A stable code for programs.
    #[schema(example = "required")]
    code: &'static str,
    /// What is wrong with it.
    #[schema(example = "is required")]
    message: String,
}

/// What went wrong on the token route (RFC 6749, section 5.2).
#[derive(Debug, Serialize, ToSchema)]
pub struct OauthError {
    /// `invalid_request`, `invalid_client`, `invalid_scope`, `unsupported_grant_type` or `temporarily_unavailable`.
    #[schema(example = "invalid_client")]
    pub error: &'static str,
    /// A sentence for a person.
    #[schema(example = "the client is unknown, or its secret is wrong")]
    pub error_description: String,
}

fn body(code: &str, message: impl Into<String>) -> ErrorBody {
    ErrorBody {
        code: code.to_owned(),
        message: message.into(),
        errors: Vec::new(),
    }
}

/// Status and body of an error.
fn of(error: &Error) -> (StatusCode, ErrorBody) {
    let text = error.to_string();
    match error {
        Error::Invalid(invalid) => {
            let errors: Vec<ErrorField> = invalid.fields.iter().map(field).collect();
            let message = match errors.len() {
                1 => "1 field is invalid".to_owned(),
                count => format!("{count} fields are invalid"),
            };
            let body = ErrorBody {
                errors,
                ..body("invalid_request", message)
            };
            (StatusCode::BAD_REQUEST, body)
        }
        Error::NotFound { .. } => (StatusCode::NOT_FOUND, body("not_found", text)),
        Error::MethodNotAllowed => {
            let body = body("method_not_allowed", text);
            (StatusCode::METHOD_NOT_ALLOWED, body)
        }
        Error::UnsupportedMedia { code, .. } => {
            (StatusCode::UNSUPPORTED_MEDIA_TYPE, body(code, text))
        }
        Error::PreconditionFailed => {
            let body = body("precondition_failed", text);
            (StatusCode::PRECONDITION_FAILED, body)
        }
        Error::AlreadyExists { .. } => (StatusCode::CONFLICT, body("already_exists", text)),
        Error::Conflict { code, .. } => (StatusCode::CONFLICT, body(code, text)),
        Error::Declined { code, .. } => (StatusCode::PAYMENT_REQUIRED, body(code, text)),
        Error::Idempotency { code, .. } => {
            let status = match *code {
                "idempotency_key_in_use" => StatusCode::CONFLICT,
                _ => StatusCode::UNPROCESSABLE_ENTITY,
            };
            (status, body(code, text))
        }
        Error::Unauthenticated => {
            let message = "send a token of POST /oauth/token as 'Authorization: Bearer …'";
            (StatusCode::UNAUTHORIZED, body("unauthorized", message))
        }
        Error::Forbidden { code, .. } => (StatusCode::FORBIDDEN, body(code, text)),
        Error::RateLimited { .. } => (StatusCode::TOO_MANY_REQUESTS, body("rate_limited", text)),
        Error::Unavailable(_) => {
            let message = "something we depend on did not answer; try again";
            let body = body("unavailable", message);
            (StatusCode::SERVICE_UNAVAILABLE, body)
        }
        Error::Internal(_) => {
            let message = "the fault is ours; tell us the Request-Id";
            let body = body("internal_error", message);
            (StatusCode::INTERNAL_SERVER_ERROR, body)
        }
    }
}

fn field(error: &models::FieldError) -> ErrorField {
    let name = error.pointer.trim_start_matches(['/', '?']);
    ErrorField {
        field: name.replace('/', "."),
        code: error.code,
        message: error.detail.clone(),
    }
}

/// An error as a response.
pub(crate) fn render(error: &Error) -> Response {
    let (status, body) = of(error);
    respond(status, &body)
}

/// An error of the token route that is none of the client's.
pub(crate) fn render_oauth(error: &Error) -> Response {
    let (status, described) = of(error);
    let error_code = match status {
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => {
            "temporarily_unavailable"
        }
        StatusCode::INTERNAL_SERVER_ERROR => "server_error",
        _ => "invalid_request",
    };
    let body = OauthError {
        error: error_code,
        error_description: described.message,
    };
    respond(status, &body)
}

/// An error of a page, for a person.
pub(crate) fn render_page(error: &Error) -> Response {
    let (status, _) = of(error);
    let text = match status {
        StatusCode::TOO_MANY_REQUESTS => {
            "There were too many attempts. Please wait a little, and try again."
        }
        StatusCode::NOT_FOUND => "This payment does not exist. Check the address.",
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::INTERNAL_SERVER_ERROR => {
            "Something went wrong on our side. Please try again in a moment."
        }
        _ => "This did not work. Please go back and try again.",
    };
    page(status, text)
}

/// A form that was too large.
pub(crate) fn page_too_large() -> Response {
    page(
        StatusCode::PAYLOAD_TOO_LARGE,
        "This did not work. Please go back and try again.",
    )
}

fn page(status: StatusCode, text: &str) -> Response {
    let html = format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Payment</title>\
         <meta name=\"viewport\" content=\"width=device-width\"></head><body><main><h1>Payment</h1><p>{text}</p></main></body></html>"
    );
    let mut response = Response::new(Body::from(html));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    headers.insert(
        "content-security-policy",
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
    );
    headers.insert("referrer-policy", HeaderValue::from_static("no-referrer"));
    response
}

/// A body over the limit.
pub(crate) fn render_too_large(limit_bytes: usize) -> Response {
    let message = format!("a body may have at most {limit_bytes} bytes");
    respond(
        StatusCode::PAYLOAD_TOO_LARGE,
        &body("body_too_large", message),
    )
}

fn respond(status: StatusCode, body: &impl Serialize) -> Response {
    let mut response = Response::new(Body::from(serde_json::to_vec(body).unwrap_or_default()));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
