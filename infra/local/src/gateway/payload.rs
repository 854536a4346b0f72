//! Payload format 2.0, there and back.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Response, StatusCode, header};
use serde::Deserialize;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value, json};
use url::form_urlencoded;

use super::add_header;
use crate::reply::{Body, full};
use crate::template::ACCOUNT;

const LOOPBACK: &str = "127.0.0.1";

/// A request with everything that the event tells of it.
pub(super) struct Arrived<'r> {
    pub(super) parts: &'r Parts,
    pub(super) body: &'r Bytes,
    pub(super) route_key: &'r str,
    pub(super) path_parameters: BTreeMap<String, String>,
    pub(super) domain: SocketAddr,
    pub(super) now: jiff::Timestamp,
    pub(super) request_id: String,
}

impl Arrived<'_> {
    pub(super) fn event(&self) -> Result<Box<RawValue>, serde_json::Error> {
        let uri = &self.parts.uri;
        let headers = joined(&self.parts.headers);
        let user_agent = headers.get("user-agent").cloned().unwrap_or_default();
        let is_text = is_text(&self.parts.headers);
        let text = std::str::from_utf8(self.body).ok().filter(|_| is_text);
        let query = uri.query().unwrap_or_default();
        let mut event = json!({
            "version": "2.0",
            "routeKey": self.route_key,
            "rawPath": uri.path(),
            "rawQueryString": query,
            "headers": headers,
            "requestContext": {
                "accountId": ACCOUNT,
                "apiId": "local",
                "domainName": self.domain.to_string(),
                "domainPrefix": "local",
                "http": {
                    "method": self.parts.method.as_str(),
                    "path": uri.path(),
                    "protocol": format!("{:?}", self.parts.version),
                    "sourceIp": LOOPBACK,
                    "userAgent": user_agent,
                },
                "requestId": self.request_id,
                "routeKey": self.route_key,
                "stage": "$default",
                "time": self.now.strftime("%d/%b/%Y:%H:%M:%S +0000").to_string(),
                "timeEpoch": self.now.as_millisecond(),
            },
            "isBase64Encoded": !self.body.is_empty() && text.is_none(),
        });
        if let Some(event) = event.as_object_mut() {
            self.add_optional(event, query, text);
        }
        to_raw_value(&event)
    }

    /// API Gateway leaves out what a request does not have.
    fn add_optional(&self, event: &mut Map<String, Value>, query: &str, text: Option<&str>) {
        if !self.body.is_empty() {
            let body = text.map_or_else(|| STANDARD.encode(self.body), str::to_owned);
            event.insert("body".to_owned(), Value::String(body));
        }
        if !query.is_empty() {
            event.insert("queryStringParameters".to_owned(), query_parameters(query));
        }
        if !self.path_parameters.is_empty() {
            event.insert("pathParameters".to_owned(), json!(self.path_parameters));
        }
        let cookies: Vec<String> = self
            .parts
            .headers
            .get_all(header::COOKIE)
            .iter()
            .flat_map(|cookies| {
                String::from_utf8_lossy(cookies.as_bytes())
                    .split("; ")
                    .map(str::to_owned)
                    .collect::<Vec<_>>()
            })
            .collect();
        if !cookies.is_empty() {
            event.insert("cookies".to_owned(), json!(cookies));
        }
    }
}

/// Headers in lower case, repeated ones joined by commas. Cookies have a place of their own.
fn joined(headers: &HeaderMap) -> BTreeMap<String, String> {
    let mut joined: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in headers.iter().filter(|(name, _)| *name != header::COOKIE) {
        let value = String::from_utf8_lossy(value.as_bytes());
        joined
            .entry(name.as_str().to_owned())
            .and_modify(|present| {
                present.push(',');
                present.push_str(&value);
            })
            .or_insert_with(|| value.clone().into_owned());
    }
    joined
}

fn query_parameters(query: &str) -> Value {
    let mut parameters: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        parameters
            .entry(name.into_owned())
            .and_modify(|present| {
                present.push(',');
                present.push_str(&value);
            })
            .or_insert_with(|| value.clone().into_owned());
    }
    json!(parameters)
}

/// Whether a body travels as it is rather than in base64.
fn is_text(headers: &HeaderMap) -> bool {
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_ascii_lowercase();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    media_type.starts_with("text/")
        || ["json", "xml", "javascript", "x-www-form-urlencoded"]
            .iter()
            .any(|kind| {
                media_type
                    .strip_prefix("application/")
                    .is_some_and(|subtype| {
                        subtype == *kind
                            || subtype
                                .strip_suffix(kind)
                                .is_some_and(|rest| rest.ends_with('+'))
                    })
            })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reply {
    status_code: u16,
    #[serde(default)]
    headers: Option<Map<String, Value>>,
    #[serde(default)]
    multi_value_headers: Option<Map<String, Value>>,
    #[serde(default)]
    cookies: Option<Vec<String>>,
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

/// The response that a reply describes. A reply without a status is itself the body of a successful response.
pub(super) fn response(reply: &RawValue) -> Result<Response<Body>, String> {
    let value: Value = serde_json::from_str(reply.get()).map_err(|error| error.to_string())?;
    if value.get("statusCode").is_none() {
        let mut response = Response::new(full(reply.get().to_owned()));
        add_header(response.headers_mut(), "content-type", "application/json");
        return Ok(response);
    }
    let reply: Reply = serde_json::from_value(value).map_err(|error| error.to_string())?;
    let body = reply.body.unwrap_or_default();
    let body = if reply.is_base64_encoded {
        Bytes::from(STANDARD.decode(body).map_err(|error| error.to_string())?)
    } else {
        Bytes::from(body)
    };
    let mut response = Response::new(full(body));
    *response.status_mut() =
        StatusCode::from_u16(reply.status_code).map_err(|error| error.to_string())?;
    let headers = response.headers_mut();
    for (name, values) in reply.multi_value_headers.iter().flatten() {
        for value in values
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
        {
            add_header(headers, name, value);
        }
    }
    for (name, value) in reply.headers.iter().flatten() {
        // A name in both maps would be sent twice.
        if let Some(value) = text(value).filter(|_| !headers.contains_key(name.as_str())) {
            add_header(headers, name, &value);
        }
    }
    for cookie in reply.cookies.iter().flatten() {
        add_header(headers, "set-cookie", cookie);
    }
    // The length is that of the body as it is sent, whatever the function believed.
    headers.remove(header::CONTENT_LENGTH);
    headers.remove(header::TRANSFER_ENCODING);
    headers.remove(header::CONNECTION);
    Ok(response)
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
