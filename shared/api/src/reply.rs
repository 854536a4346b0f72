//! What a handler gives back.

use std::marker::PhantomData;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue, LOCATION};
use models::Error;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use store::StoredResponse;
use utoipa::ToSchema;

use crate::conditional::{RecordTag, etag_of};
use crate::list::List;

/// A success, or a refusal that is kept like one. Handlers name what is in it: [`Created`], [`Done`], [`Listed`] and the like.
#[derive(Debug)]
pub struct Reply(Content);

/// An answer of that status whose body is a `T`: the signature of a handler says both, and the OpenAPI document what the
/// signature says.
#[derive(Debug)]
pub struct Answered<const STATUS: u16, T> {
    reply: Reply,
    body: PhantomData<fn() -> T>,
}

/// 200 with the record.
pub type Done<T> = Answered<200, T>;
/// 201 with the new record, and where it is in `Location`.
pub type Created<T> = Answered<201, T>;
/// 202 with the record: the rest of the work follows.
pub type Accepted<T> = Answered<202, T>;
/// 204 without a body.
pub type NoContent = Answered<204, ()>;
/// 200 with one page of a list.
pub type Listed<T> = Answered<200, List<T>>;

impl<T: Serialize> Done<T> {
    /// `view` as JSON.
    pub fn of(view: &T) -> Result<Self, Problem> {
        Ok(StoredResponse::new(200, json(view)?).into())
    }
}

impl<T: Serialize> Created<T> {
    /// `view` as JSON, which shows more of the record than its `GET` will: secrets. `record` is what that shows.
    pub fn shown_once(
        view: &T,
        record: &impl Serialize,
        location: String,
    ) -> Result<Self, Problem> {
        let kept = StoredResponse::new(201, json(record)?).at(location);
        Ok(Reply::shown_once(kept, json(view)?).into())
    }
}

impl<const STATUS: u16, T> From<Reply> for Answered<STATUS, T> {
    fn from(reply: Reply) -> Self {
        Self {
            reply,
            body: PhantomData,
        }
    }
}

impl<const STATUS: u16, T> From<StoredResponse> for Answered<STATUS, T> {
    fn from(answer: StoredResponse) -> Self {
        Reply::from(answer).into()
    }
}

impl<const STATUS: u16, T> IntoResponse for Answered<STATUS, T> {
    fn into_response(self) -> Response {
        self.reply.into_response()
    }
}

macro_rules! files {
    ($($(#[$doc:meta])* $name:ident = $content_type:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name(Reply);

        impl $name {
            /// The file under that name, which a browser shows rather than saves.
            pub fn new(bytes: impl Into<Bytes>, file_name: &str) -> Self {
                Self(Reply::file(bytes, $content_type, file_name))
            }
        }

        impl IntoResponse for $name {
            fn into_response(self) -> Response {
                self.0.into_response()
            }
        }
    )*};
}

files! {
    /// 200 with a PDF.
    Pdf = "application/pdf";
    /// 200 with comma-separated values.
    Csv = "text/csv; charset=utf-8";
}

#[derive(Debug)]
enum Content {
    /// JSON, which an idempotency key may keep.
    Stored(StoredResponse),
    /// What an idempotency key keeps, and the body with a secret, which the caller alone gets.
    ShownOnce(StoredResponse, String),
    /// A file, which only reads answer with.
    File {
        bytes: Bytes,
        content_type: &'static str,
        disposition: String,
    },
}

impl Reply {
    /// `body` in place of what is kept of it.
    pub(crate) fn shown_once(kept: StoredResponse, body: String) -> Self {
        Self(Content::ShownOnce(kept, body))
    }

    /// 200 with a file, which a browser shows rather than saves.
    ///
    /// Any name will do: what a file name may not hold stands in it as `_`. `content_type` decides whether API Gateway gets
    /// the bytes in base64: it does, unless the type is text, JSON, XML, JavaScript or YAML.
    pub(crate) fn file(
        bytes: impl Into<Bytes>,
        content_type: &'static str,
        file_name: &str,
    ) -> Self {
        Self(Content::File {
            bytes: bytes.into(),
            content_type,
            disposition: inline(file_name),
        })
    }
}

// What readers of the OpenAPI document see of a file is the line below.
/// The bytes of the file.
#[derive(Debug, ToSchema)]
#[schema(value_type = String, format = Binary)]
pub struct FileBytes(pub Bytes);

impl From<StoredResponse> for Reply {
    fn from(answer: StoredResponse) -> Self {
        Self(Content::Stored(answer))
    }
}

/// A view as the body of an answer.
pub(crate) fn json(view: &impl Serialize) -> models::Result<String> {
    serde_json::to_string(view).map_err(Error::internal)
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        match self.0 {
            Content::Stored(answer) => answered(answer),
            Content::ShownOnce(kept, body) => {
                let tag = RecordTag(etag_of(kept.body.as_bytes()));
                let mut response = answered(StoredResponse { body, ..kept });
                response.extensions_mut().insert(tag);
                response
            }
            Content::File {
                bytes,
                content_type,
                disposition,
            } => file(bytes, content_type, disposition),
        }
    }
}

fn answered(answer: StoredResponse) -> Response {
    let content_type = if answer.status >= 400 {
        "application/problem+json"
    } else {
        "application/json"
    };
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = http::StatusCode::from_u16(answer.status).unwrap_or_default();
    let headers = response.headers_mut();
    if answer.status != 204 {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    if let Some(location) = answer
        .location
        .and_then(|text| HeaderValue::try_from(text).ok())
    {
        headers.insert(LOCATION, location);
    }
    if answer.replayed {
        headers.insert("idempotent-replayed", HeaderValue::from_static("true"));
    }
    response
}

fn file(bytes: Bytes, content_type: &'static str, disposition: String) -> Response {
    let mut response = Response::new(Body::from(bytes));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    if let Ok(disposition) = HeaderValue::try_from(disposition) {
        headers.insert(CONTENT_DISPOSITION, disposition);
    }
    response
}

/// What RFC 8187 lets stand as it is.
const ATTR_CHAR: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_');

/// `inline; filename="INV-2026-000001.pdf"`, and beside it the true name where that is not ASCII (RFC 6266).
fn inline(file_name: &str) -> String {
    let safe = |character: char| {
        let good = character.is_alphanumeric() || "-._ ".contains(character);
        if good { character } else { '_' }
    };
    let name: String = file_name.chars().map(safe).collect();
    let plain: String = name
        .chars()
        .map(|character| if character.is_ascii() { character } else { '_' })
        .collect();
    if plain == name {
        return format!("inline; filename=\"{plain}\"");
    }
    let encoded = utf8_percent_encode(&name, ATTR_CHAR);
    format!("inline; filename=\"{plain}\"; filename*=UTF-8''{encoded}")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_shown_under_its_name() {
        for (name, disposition) in [
            (
                "INV-2026-000001.pdf",
                r#"inline; filename="INV-2026-000001.pdf""#,
            ),
            ("a b.pdf", r#"inline; filename="a b.pdf""#),
            (
                "../\"x\"\r\nSet-Cookie: a;.pdf",
                r#"inline; filename="..__x___Set-Cookie_ a_.pdf""#,
            ),
            (
                "СЧ-1.pdf",
                "inline; filename=\"__-1.pdf\"; filename*=UTF-8''%D0%A1%D0%A7-1.pdf",
            ),
        ] {
            let response = Reply::file("x", "application/pdf", name).into_response();
            assert_eq!(response.headers()[CONTENT_DISPOSITION], disposition);
            assert_eq!(response.headers()[CONTENT_TYPE], "application/pdf");
        }
    }
}
