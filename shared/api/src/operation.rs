//! What the OpenAPI document says of an operation beyond its body and its answer: what is in its path, and which errors it can
//! give. The attribute [`operation`](macro@crate::operation)
//! asks here.

use std::collections::BTreeMap;

use serde_json::json;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{Content, Ref, RefOr, Required, Response, ResponseBuilder};

use crate::dialect::Dialect;
use crate::path::Names;

/// The parameters of a path: the business, where the path begins with one, and what `T` names.
pub fn path_parameters<T: Names>(path: &str) -> Vec<Parameter> {
    let described = T::described();
    let names = path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let names: Vec<&str> = names.collect();
    let business =
        (names.len() > described.len()).then(|| ("business", "acct_rs_1000001".to_owned()));
    names
        .into_iter()
        .zip(business.into_iter().chain(described))
        .map(|(name, (what, example))| {
            ParameterBuilder::new()
                .name(name)
                .parameter_in(ParameterIn::Path)
                .required(Required::True)
                .description(Some(format!("The {what}.")))
                .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
                .example(Some(json!(example)))
                .build()
        })
        .collect()
}

/// What of a handler's signature decides which errors it can give.
#[derive(Debug, Clone, Copy)]
pub struct Signature {
    /// `get`, `post` …
    pub method: &'static str,
    /// The path with its parameters in braces.
    pub path: &'static str,
    /// Whether it takes a body.
    pub body: bool,
    /// Whether it takes a query.
    pub query: bool,
    /// Whether it takes a credential.
    pub key: bool,
    /// As how many calls it counts.
    pub cost: u32,
}

impl Signature {
    fn changes(&self) -> bool {
        self.method != "get"
    }

    /// Whether its path names a record.
    fn names_a_record(&self) -> bool {
        self.path.contains('{')
    }

    /// Whether it can give an error of that status.
    fn can_give(&self, status: u16) -> bool {
        let dialect = Dialect::of(self.path);
        let savvi = dialect == Dialect::Savvi;
        // v3 ignores nothing, so that every operation can be given too much.
        let strict = dialect == Dialect::Rocketsavvy;
        match status {
            400 => (self.body || self.query || self.changes() || strict) && !savvi,
            401 | 429 => self.key,
            403 => self.key && !savvi,
            // A field can name a record that is not there, and so can a parameter that must be given: the document as a whole
            // knows which do.
            404 => {
                self.names_a_record() || self.method == "delete" || self.body || self.query || savvi
            }
            409 => self.changes() && !savvi,
            // Which of these change a record that has a version, the document as a whole knows.
            412 => self.changes() && self.key && !savvi,
            413 | 415 => self.body || self.changes() || savvi,
            422 => (self.changes() && self.key) || savvi,
            _ => true,
        }
    }

    /// The errors that it can give.
    pub fn errors(&self) -> BTreeMap<String, RefOr<Response>> {
        let dialect = Dialect::of(self.path);
        let (schema, content_types) = dialect.documented();
        let possible = ERRORS.iter().filter(|(status, _)| self.can_give(*status));
        possible
            .map(|(status, description)| {
                let mut words = dialect.words(*status, description).to_owned();
                if *status == 429 && self.cost > 1 {
                    words = format!("{words} This operation counts as {} calls.", self.cost);
                }
                let mut response = ResponseBuilder::new().description(words);
                for content_type in content_types {
                    let content = Content::new(Some(Ref::from_schema_name(schema)));
                    response = response.content(*content_type, content);
                }
                if matches!(*status, 429 | 503) {
                    response =
                        response.header("Retry-After", header(Type::Integer, "Seconds to wait."));
                }
                if *status == 429 && dialect != Dialect::Savvi {
                    for (name, description) in RATE_LIMIT_HEADERS {
                        response = response.header(*name, header(Type::String, description));
                    }
                }
                (status.to_string(), RefOr::T(response.build()))
            })
            .collect()
    }
}

fn header(kind: Type, description: &str) -> utoipa::openapi::Header {
    HeaderBuilder::new()
        .schema(Some(ObjectBuilder::new().schema_type(kind)))
        .description(Some(description))
        .build()
}

const RATE_LIMIT_HEADERS: &[(&str, &str)] = &[
    (
        "RateLimit",
        "The limit that was reached, and the seconds until there is room: `\"reads\";r=0;t=1`.",
    ),
    (
        "RateLimit-Policy",
        "Its calls and the seconds of its window: `\"reads\";q=1000;w=10`.",
    ),
];

const ERRORS: &[(u16, &str)] = &[
    (
        400,
        "A field is missing or wrong; `errors` names every one of them.",
    ),
    (401, "No key, or one that is unknown, expired or revoked."),
    (403, "The key lacks the scope that `detail` names."),
    (404, "No such record in this business and mode."),
    (
        409,
        "The state of the record does not allow this, or another request changed it meanwhile.",
    ),
    (412, "The record is not the version that `If-Match` names."),
    (413, "The body is larger than 256 KiB."),
    (
        415,
        "The body has a Content-Encoding, or comes in a form that is not read.",
    ),
    (422, "The Idempotency-Key was used with another request."),
    (
        429,
        "Too many requests: wait and try again. Where API Gateway itself refuses, the body is `{\"message\": …}`.",
    ),
    (
        503,
        "Something we depend on did not answer; retry with the same Idempotency-Key.",
    ),
];

impl Dialect {
    /// The schema of its errors, and the types in which they come.
    const fn documented(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Self::Rocketsavvy => ("ProblemDetails", &["application/problem+json"]),
            Self::Savvi => ("ErrorBody", &["application/json", "application/xml"]),
            Self::Reveknew | Self::Oauth | Self::Page => ("ErrorBody", &["application/json"]),
        }
    }

    /// What the dialect says of a status, where that is not what v3 says.
    const fn words(self, status: u16, v3: &'static str) -> &'static str {
        match (self, status) {
            (Self::Reveknew, 401) => "No token, or one that is unknown, expired or revoked.",
            (Self::Reveknew, 403) => "Not permitted for this business, or the token lacks a scope.",
            (Self::Reveknew, 404) => "No such business, or no such record in it.",
            (Self::Savvi, 401) => "No authentication token, or one that is invalid.",
            (Self::Savvi, 404) => "No such member, or somebody else's.",
            (Self::Savvi, 422) => "Invalid data; `errors` has every wrong field.",
            (Self::Savvi, 503) => "Something we depend on did not answer; try again.",
            _ => v3,
        }
    }
}
