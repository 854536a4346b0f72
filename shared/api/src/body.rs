//! The body and the query of a request, decoded and validated with all errors at once.

use axum::extract::{FromRequest, FromRequestParts, Request};
use http::header::CONTENT_TYPE;
use http::request::Parts;
use models::{Error, Invalid};
use serde_json::value::RawValue;

use crate::dialect::Dialect;
use crate::input::{Described, Fields, Input};
use crate::reply::Problem;
use crate::request::BodyBytes;

/// A JSON body as `T`. An empty body is an empty object.
#[derive(Debug, Clone)]
pub struct Json<T>(pub T);

impl<T: Input, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
        let bytes = request
            .extensions()
            .get::<BodyBytes>()
            .map(|body| body.0.clone())
            .unwrap_or_default();
        let text = if bytes.iter().all(u8::is_ascii_whitespace) {
            &b"{}"[..]
        } else {
            &bytes[..]
        };
        let lenient = Dialect::of(request.uri().path()).is_lenient();
        let mut fields = Fields::from_json(text)?.leniently(lenient);
        Ok(Self(finish(T::read(&mut fields), fields)?))
    }
}

/// A JSON body that is a list of objects, or one of them, each as `T`. Errors name the place: `/0/amount`.
#[derive(Debug, Clone)]
pub struct Rows<T>(pub Vec<T>);

/// Objects that the list of a [`Rows`] can hold; it has one at least.
pub const MAX_ROWS: usize = 90;

impl<T: Described, S: Send + Sync> FromRequest<S> for Rows<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
        let bytes = request
            .extensions()
            .get::<BodyBytes>()
            .map(|body| body.0.clone())
            .unwrap_or_default();
        let raw: &RawValue = serde_json::from_slice(&bytes).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            let detail = format!("the body is not JSON (line {line}, column {column})");
            Error::invalid("", "invalid_json", detail)
        })?;
        let rows = if raw.get().starts_with('[') {
            format!("{{\"rows\":{raw}}}")
        } else {
            format!("{{\"rows\":[{raw}]}}")
        };
        let lenient = Dialect::of(request.uri().path()).is_lenient();
        let mut fields = Fields::from_json(rows.as_bytes())?.leniently(lenient);
        let read = fields.inputs("rows", 1..=MAX_ROWS).required(&mut fields);
        let mut invalid = fields.finish();
        for error in &mut invalid.fields {
            error.pointer = error.pointer.trim_start_matches("/rows").to_owned();
        }
        invalid.into_result()?;
        let rows = read.ok_or_else(|| Error::internal("a list was refused without a reason"))?;
        Ok(Self(rows))
    }
}

/// The parameters of a form body, in order; `None` where the body is none by its type or cannot be decoded.
#[derive(Debug, Clone)]
pub struct Form(pub Option<Vec<(String, String)>>);

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
        let kind = request.headers().get(CONTENT_TYPE);
        let kind = kind
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Ok(Self(None));
        }
        let bytes = request
            .extensions()
            .get::<BodyBytes>()
            .map(|body| body.0.clone())
            .unwrap_or_default();
        let pairs = url::form_urlencoded::parse(&bytes);
        Ok(Self(Some(pairs.into_owned().collect())))
    }
}

/// The query string as `T`.
#[derive(Debug, Clone)]
pub struct Query<T>(pub T);

impl<T: Input, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let lenient = Dialect::of(parts.uri.path()).is_lenient();
        let query = parts.uri.query().unwrap_or_default();
        let mut fields = Fields::from_query(query).leniently(lenient);
        Ok(Self(finish(T::read(&mut fields), fields)?))
    }
}

fn finish<T>(read: Option<T>, fields: Fields<'_>) -> Result<T, Error> {
    let invalid: Invalid = fields.finish();
    invalid.into_result()?;
    read.ok_or_else(|| Error::internal("an input was refused without a reason"))
}
