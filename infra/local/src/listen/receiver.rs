//! The server that Savvy sends to.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use serde_json::Value;
use tokio_util::task::TaskTracker;

use super::Voice;
use super::target::Target;
use crate::clock::Clock;
use crate::reply::{Body, full};

/// More than any event has.
const MAXIMUM_BYTES: usize = 4 * 1024 * 1024;

/// Takes deliveries, shows them and passes them on.
#[derive(Debug)]
pub(super) struct Receiver {
    /// The one path that deliveries come to.
    pub(super) path: String,
    /// Where they go from here.
    pub(super) target: Option<Target>,
    pub(super) voice: Voice,
    /// What is being forwarded.
    pub(super) tracker: TaskTracker,
}

/// One attempt to deliver an event.
#[derive(Clone, Debug)]
pub(super) struct Message {
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Message {
    /// The id that all attempts of an event share.
    pub(super) fn id(&self) -> &str {
        let id = self.headers.get("webhook-id");
        id.and_then(|id| id.to_str().ok()).unwrap_or("?")
    }

    fn kind(&self) -> String {
        let event: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        let kind = event.get("type").and_then(Value::as_str);
        kind.unwrap_or("?").to_owned()
    }
}

impl Receiver {
    pub(super) async fn take(self: Arc<Self>, request: Request<Incoming>) -> Response<Body> {
        let (parts, body) = request.into_parts();
        if parts.uri.path() != self.path || parts.method != Method::POST {
            return empty(StatusCode::NOT_FOUND);
        }
        let body = match Limited::new(body, MAXIMUM_BYTES).collect().await {
            Ok(body) => body.to_bytes(),
            Err(error) => {
                self.say(&format!("a delivery broke off: {error}"));
                return empty(StatusCode::BAD_REQUEST);
            }
        };
        let message = Message {
            headers: parts.headers,
            body,
        };
        self.say(&format!("--> {}  {}", message.kind(), message.id()));
        self.voice.body(&String::from_utf8_lossy(&message.body));
        if self.target.is_none() {
            return empty(StatusCode::OK);
        }
        // Savvy may hang up before the target answers. What it answered is worth knowing even so.
        let this = Arc::clone(&self);
        let forwarding = self
            .tracker
            .spawn(async move { this.forward(&message).await });
        forwarding
            .await
            .unwrap_or_else(|_panic| empty(StatusCode::BAD_GATEWAY))
    }

    async fn forward(&self, message: &Message) -> Response<Body> {
        let Some(target) = &self.target else {
            return empty(StatusCode::OK);
        };
        let (line, response) = target.forward(message).await;
        self.say(&format!("<-- {line}  {}", message.id()));
        response
    }

    fn say(&self, line: &str) {
        let now = Clock::system().now();
        self.voice.say(&format!("{now:.0}  {line}"));
    }
}

pub(super) fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(full(""));
    *response.status_mut() = status;
    response
}
