//! What a handler gives back.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, HeaderValue, LOCATION};
use models::Error;
use serde::Serialize;
use store::Answer;

/// A success, or a refusal that is kept like one.
#[derive(Debug)]
pub struct Reply(Answer);

impl Reply {
    /// 200 with `view` as JSON.
    pub fn ok(view: &impl Serialize) -> Result<Self, Problem> {
        let body = serde_json::to_string(view).map_err(Error::internal)?;
        Ok(Self(Answer {
            status: 200,
            body,
            location: None,
            replayed: false,
        }))
    }
}

impl From<Answer> for Reply {
    fn from(answer: Answer) -> Self {
        Self(answer)
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let problem = self.0.status >= 400;
        let mut response = Response::new(Body::from(self.0.body));
        *response.status_mut() = http::StatusCode::from_u16(self.0.status).unwrap_or_default();
        let content_type = if problem {
            "application/problem+json"
        } else {
            "application/json"
        };
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        if let Some(location) = self
            .0
            .location
            .and_then(|text| HeaderValue::try_from(text).ok())
        {
            headers.insert(LOCATION, location);
        }
        if self.0.replayed {
            headers.insert("idempotent-replayed", HeaderValue::from_static("true"));
        }
        response
    }
}

/// An error on its way out. It travels as it is; [`crate::finish`] renders it in the dialect of the request's path.
#[derive(Debug, Clone)]
pub struct Problem(pub Error);

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = http::StatusCode::INTERNAL_SERVER_ERROR;
        response.extensions_mut().insert(self);
        response
    }
}
