//! The HTTP API: requests to payload 2.0 events, and replies of functions to responses.

use std::net::SocketAddr;

use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use serde_json::value::RawValue;
use tokio_util::task::TaskTracker;

use crate::clock::Clock;
use crate::invoke::Functions;
use crate::reply::{Body, full};
use crate::router::Router;
use crate::template::Template;

mod payload;

/// API Gateway takes no larger body.
const MAXIMUM_BYTES: usize = 10 * 1024 * 1024;

/// The routes of the template in front of the functions.
#[derive(Debug)]
pub struct Gateway {
    router: Router,
    functions: Functions,
    clock: Clock,
    tracker: TaskTracker,
}

impl Gateway {
    /// Routes of functions that are not part of this process answer 500, as they would if their deployment were broken.
    pub(crate) fn new(
        template: &Template,
        functions: Functions,
        clock: Clock,
        tracker: TaskTracker,
    ) -> Self {
        let mut router = Router::default();
        for route in &template.routes {
            router.add(&route.path, &route.function);
        }
        Self {
            router,
            functions,
            clock,
            tracker,
        }
    }

    pub(crate) async fn answer(
        &self,
        request: Request<Incoming>,
        domain: SocketAddr,
    ) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let Some(found) = self.router.find(parts.uri.path()) else {
            return problem(StatusCode::NOT_FOUND, "Not Found");
        };
        let body = match Limited::new(body, MAXIMUM_BYTES).collect().await {
            Ok(body) => body.to_bytes(),
            Err(error) if error.is::<http_body_util::LengthLimitError>() => {
                return problem(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large");
            }
            Err(error) => {
                tracing::debug!(%error, "a request broke off");
                return problem(StatusCode::BAD_REQUEST, "Bad Request");
            }
        };
        let function = found.destination.function.clone();
        let arrived = payload::Arrived {
            parts: &parts,
            body: &body,
            route_key: &found.destination.route_key,
            path_parameters: found.parameters,
            domain,
            now: self.clock.now(),
            request_id: crate::ids::uuid(),
        };
        let request_id = arrived.request_id.clone();
        let reply = match arrived.event() {
            Ok(event) => self.invoke(function.clone(), event).await,
            Err(error) => Err(error.to_string()),
        };
        let mut response = match reply.and_then(|reply| payload::response(&reply)) {
            Ok(response) => response,
            Err(error) => {
                tracing::error!(function, error, "a request failed");
                problem(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
            }
        };
        if let Ok(id) = HeaderValue::from_str(&request_id) {
            response.headers_mut().insert("apigw-requestid", id);
        }
        response
    }
}

impl Gateway {
    /// Invokes a function that runs to its end even if the client does not wait for it, as in Lambda.
    async fn invoke(
        &self,
        function: String,
        event: Box<RawValue>,
    ) -> Result<Box<RawValue>, String> {
        let functions = self.functions.clone();
        let invocation = self
            .tracker
            .spawn(async move { functions.invoke(&function, event).await });
        match invocation.await {
            Ok(reply) => reply.map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// An answer of the gateway itself.
fn problem(status: StatusCode, message: &str) -> Response<Body> {
    let mut response = Response::new(full(serde_json::json!({ "message": message }).to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(
        http::header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    response
}

/// Adds a header if HTTP allows it; a function that replies with one that it does not allow loses only that.
fn add_header(headers: &mut HeaderMap, name: &str, value: &str) {
    if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
        headers.append(name, value);
    }
}
