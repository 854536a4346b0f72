//! Calling a router as a client would.

use aws_lambda_events::apigw::ApiGatewayV2httpRequestContext;
use axum::Router;
use axum::body::Body;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt;
use lambda_http::request::RequestContext;
use serde_json::Value;
use tower::ServiceExt;

use crate::contract;

/// A caller: a router, a key, and headers that it sends each time.
#[derive(Debug, Clone)]
pub struct Call {
    router: Router,
    key: Option<String>,
    headers: Vec<(String, String)>,
    /// The address that it calls from, as API Gateway says it.
    source: String,
    /// Whether its answers are held to the documents.
    held: bool,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub bytes: Vec<u8>,
    /// The body as text, with `\u{FFFD}` for what is none.
    pub text: String,
    /// The body as JSON; `null` where it is none.
    pub body: Value,
}

impl Call {
    pub(crate) fn new(router: Router, key: String, held: bool) -> Self {
        Self {
            router,
            key: Some(key),
            headers: Vec::new(),
            source: "203.0.113.1".to_owned(),
            held,
        }
    }

    /// The same caller with another key.
    #[must_use]
    pub fn with_key(&self, key: &str) -> Self {
        Self {
            key: Some(key.to_owned()),
            ..self.clone()
        }
    }

    /// The same caller without a key.
    #[must_use]
    pub fn without_key(&self) -> Self {
        Self {
            key: None,
            ..self.clone()
        }
    }

    /// The same caller at another address.
    #[must_use]
    pub fn from_source(&self, address: &str) -> Self {
        Self {
            source: address.to_owned(),
            ..self.clone()
        }
    }

    /// The same caller with an idempotency key.
    #[must_use]
    pub fn idempotent(&self, key: &str) -> Self {
        let mut caller = self.clone();
        caller
            .headers
            .push(("idempotency-key".to_owned(), key.to_owned()));
        caller
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, "").await
    }

    /// `POST` with a JSON body.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, &body.to_string()).await
    }

    /// `PATCH` with a JSON body.
    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PATCH, path, &body.to_string()).await
    }

    /// `DELETE`.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, "").await
    }

    /// `POST` with a form.
    pub async fn form(&self, path: &str, body: &str) -> Answer {
        let kind = "application/x-www-form-urlencoded";
        self.send_as(Method::POST, path, kind, body.as_bytes())
            .await
    }

    /// The same caller with a header that it sends each time.
    #[must_use]
    pub fn with_header(&self, name: &str, value: &str) -> Self {
        let mut caller = self.clone();
        caller.headers.push((name.to_owned(), value.to_owned()));
        caller
    }

    /// Any request with a body in JSON, byte for byte.
    pub async fn send(&self, method: Method, path: &str, body: &str) -> Answer {
        self.send_as(method, path, "application/json", body.as_bytes())
            .await
    }

    /// Any request, byte for byte; without a type of its body where that is empty.
    pub async fn send_as(&self, method: Method, path: &str, kind: &str, body: &[u8]) -> Answer {
        let mut request = Request::builder().method(method.clone()).uri(path);
        if !kind.is_empty() {
            request = request.header("content-type", kind);
        }
        if let Some(key) = &self.key {
            request = request.header("authorization", format!("Bearer {key}"));
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let mut context = ApiGatewayV2httpRequestContext::default();
        context.http.source_ip = Some(self.source.clone());
        let request = request
            .extension(RequestContext::ApiGatewayV2(context))
            .body(Body::from(body.to_vec()))
            .unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes().to_vec();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let body = serde_json::from_str(&text).unwrap_or_default();
        let answer = Answer {
            status: parts.status,
            headers: parts.headers,
            bytes,
            text,
            body,
        };
        if self.held {
            contract::hold(&method, path, &answer);
        }
        answer
    }
}

impl Answer {
    /// The body, where the status is that.
    #[track_caller]
    pub fn expect(&self, status: u16) -> &Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        &self.body
    }

    /// A field of the body as text.
    #[track_caller]
    pub fn text_of(&self, field: &str) -> &str {
        self.body[field]
            .as_str()
            .unwrap_or_else(|| panic!("no text {field} in {}", self.text))
    }

    /// The pointers of a problem's errors.
    pub fn pointers(&self) -> Vec<&str> {
        self.body["errors"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|error| error["pointer"].as_str())
            .collect()
    }
}
