//! Replies of the AWS JSON protocol.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use serde_json::Value;

/// The body of every reply of the process, whole or streamed.
pub(crate) type Body = BoxBody<Bytes, hyper::Error>;

/// An error as an AWS service words it.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    /// The shape, with the namespace of its service.
    pub(crate) kind: String,
    pub(crate) message: String,
    /// The code of the old query protocol, which SQS still sends along.
    pub(crate) query_code: Option<&'static str>,
}

impl Refusal {
    pub(crate) fn new(kind: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            kind: kind.into(),
            message: message.into(),
            query_code: None,
        }
    }

    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            ..Self::new("InternalFailure", message)
        }
    }

    /// Adds the code that SQS had before it spoke JSON; the client checks for it.
    pub(crate) fn with_query_code(self, code: &'static str) -> Self {
        Self {
            query_code: Some(code),
            ..self
        }
    }
}

/// A whole body.
pub(crate) fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into())
        .map_err(|never| match never {})
        .boxed()
}

/// A reply of the AWS JSON protocol.
pub(crate) fn aws_json(result: Result<Value, Refusal>) -> Response<Body> {
    let (status, body, query_code) = match result {
        Ok(body) => (StatusCode::OK, body, None),
        Err(refusal) => {
            let body = serde_json::json!({ "__type": refusal.kind, "message": refusal.message });
            (refusal.status, body, refusal.query_code)
        }
    };
    let mut response = json(body.to_string());
    *response.status_mut() = status;
    if let Some(code) = query_code
        && let Ok(code) = HeaderValue::from_str(&format!("{code};Sender"))
    {
        response.headers_mut().insert("x-amzn-query-error", code);
    }
    response
}

/// A successful reply that is JSON already.
pub(crate) fn json(body: String) -> Response<Body> {
    let mut response = Response::new(full(body));
    let headers = response.headers_mut();
    headers.insert(
        "content-type",
        HeaderValue::from_static("application/x-amz-json-1.0"),
    );
    if let Ok(id) = HeaderValue::from_str(&crate::ids::uuid()) {
        headers.insert("x-amzn-requestid", id);
    }
    response
}
