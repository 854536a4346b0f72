//! The one address that AWS clients talk to. The operation in `X-Amz-Target` says which service is meant.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

use crate::access::Access;
use crate::dynamodb::Dynamo;
use crate::eventbridge::Buses;
use crate::reply::{Body, Refusal, aws_json, full, json};
use crate::sqs::Sqs;

/// DynamoDB takes requests up to this size, and the others far smaller ones.
const MAXIMUM_BYTES: usize = 16 * 1024 * 1024;

/// Operations after which the stream may have something new.
const WRITES: [&str; 8] = [
    "PutItem",
    "UpdateItem",
    "DeleteItem",
    "BatchWriteItem",
    "TransactWriteItems",
    "ExecuteStatement",
    "ExecuteTransaction",
    "BatchExecuteStatement",
];

/// The services behind the address.
#[derive(Debug)]
pub struct Endpoint {
    dynamo: Arc<Dynamo>,
    /// The database's own server: its handling of everything unusual is only reachable through a socket.
    database: Uri,
    client: Client<HttpConnector, Full<Bytes>>,
    sqs: Sqs,
    buses: Arc<Buses>,
    access: Arc<Access>,
}

impl Endpoint {
    /// Forwards what it does not answer itself to the database's own server at the given address.
    pub fn new(
        dynamo: Arc<Dynamo>,
        database: SocketAddr,
        sqs: Sqs,
        buses: Arc<Buses>,
        access: Arc<Access>,
    ) -> Result<Self, crate::Error> {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let database = format!("http://{database}/")
            .parse()
            .map_err(|error: http::uri::InvalidUri| crate::Error::Database(error.to_string()))?;
        Ok(Self {
            dynamo,
            database,
            client: Client::builder(TokioExecutor::new()).build(connector),
            sqs,
            buses,
            access,
        })
    }

    pub(crate) async fn answer(&self, request: Request<Incoming>) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let target = target(&parts.headers);
        let body = match Limited::new(body, MAXIMUM_BYTES).collect().await {
            Ok(body) => body.to_bytes(),
            Err(error) => {
                return aws_json(Err(Refusal {
                    status: StatusCode::PAYLOAD_TOO_LARGE,
                    ..Refusal::new("RequestEntityTooLargeException", error.to_string())
                }));
            }
        };
        let caller = self.access.caller(&parts.headers);
        match target.split_once('.') {
            Some(("DynamoDB_20120810" | "DynamoDBStreams_20120810", operation)) => {
                if let Err(refusal) = caller.check_dynamodb(operation, &body) {
                    return aws_json(Err(refusal));
                }
                let response = match self.dynamo.answer(operation, &body) {
                    Some(answer) => json(answer),
                    None => self.forward(parts, body).await,
                };
                if WRITES.contains(&operation) {
                    self.dynamo.written.send_replace(());
                }
                response
            }
            Some(("AmazonSQS", operation)) => {
                let input = input(&body);
                let allowed = input.and_then(|input| {
                    caller.check_sqs(operation, &input)?;
                    Ok(input)
                });
                aws_json(match allowed {
                    Ok(input) => self.sqs.answer(operation, &input).await,
                    Err(refusal) => Err(refusal),
                })
            }
            Some(("AWSEvents", operation)) => aws_json(input(&body).and_then(|input| {
                caller.check_events(operation, &input)?;
                self.buses.answer(operation, &input)
            })),
            _ if target.is_empty() && parts.method == http::Method::GET => {
                Response::new(full("healthy\n"))
            }
            _ => aws_json(Err(Refusal::new(
                "UnknownOperationException",
                format!("there is no service for {target:?} here"),
            ))),
        }
    }

    async fn forward(&self, mut parts: Parts, body: Bytes) -> Response<Body> {
        parts.uri = self.database.clone();
        let request = Request::from_parts(parts, Full::new(body));
        match self.client.request(request).await {
            Ok(response) => response.map(BodyExt::boxed),
            Err(error) => aws_json(Err(Refusal {
                status: StatusCode::SERVICE_UNAVAILABLE,
                ..Refusal::internal(error.to_string())
            })),
        }
    }
}

fn target(headers: &HeaderMap) -> String {
    headers
        .get("x-amz-target")
        .and_then(|target| target.to_str().ok())
        .unwrap_or_default()
        .to_owned()
}

fn input(body: &[u8]) -> Result<Value, Refusal> {
    serde_json::from_slice(body)
        .map_err(|error| Refusal::new("SerializationException", error.to_string()))
}
