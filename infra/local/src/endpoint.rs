//! The one address that AWS clients talk to. The operation in `X-Amz-Target` says which service is meant.

use std::net::SocketAddr;
use std::sync::Arc;

use http::{HeaderMap, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

use crate::dynamodb::Dynamo;
use crate::eventbridge::Buses;
use crate::reply::{Body, Refusal, aws_json, full};
use crate::sqs::Sqs;

/// Ten messages of SQS and ten events of a bus are far below this.
const MAXIMUM_BYTES: usize = 2 * 1024 * 1024;

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
    /// The database answers on a listener of its own: its request handling is only reachable through a socket.
    database: Uri,
    client: Client<HttpConnector, Incoming>,
    sqs: Sqs,
    buses: Arc<Buses>,
}

impl Endpoint {
    /// Forwards to the database at the given address and answers everything else itself.
    pub fn new(
        dynamo: Arc<Dynamo>,
        database: SocketAddr,
        sqs: Sqs,
        buses: Arc<Buses>,
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
        })
    }

    pub(crate) async fn answer(&self, request: Request<Incoming>) -> Response<Body> {
        let target = target(request.headers());
        match target.split_once('.') {
            Some(("DynamoDB_20120810" | "DynamoDBStreams_20120810", operation)) => {
                let writes = WRITES.contains(&operation);
                let response = self.forward(request).await;
                if writes {
                    self.dynamo.written.send_replace(());
                }
                response
            }
            Some(("AmazonSQS", operation)) => aws_json(match input(request).await {
                Ok(input) => self.sqs.answer(operation, &input).await,
                Err(refusal) => Err(refusal),
            }),
            Some(("AWSEvents", operation)) => aws_json(
                input(request)
                    .await
                    .and_then(|input| self.buses.answer(operation, &input)),
            ),
            _ if target.is_empty() && request.method() == http::Method::GET => {
                Response::new(full("healthy\n"))
            }
            _ => aws_json(Err(Refusal::new(
                "UnknownOperationException",
                format!("there is no service for {target:?} here"),
            ))),
        }
    }

    async fn forward(&self, mut request: Request<Incoming>) -> Response<Body> {
        *request.uri_mut() = self.database.clone();
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

async fn input(request: Request<Incoming>) -> Result<Value, Refusal> {
    let body = Limited::new(request.into_body(), MAXIMUM_BYTES)
        .collect()
        .await
        .map_err(|error| Refusal {
            status: StatusCode::PAYLOAD_TOO_LARGE,
            ..Refusal::new("RequestEntityTooLargeException", error.to_string())
        })?;
    serde_json::from_slice(&body.to_bytes())
        .map_err(|error| Refusal::new("SerializationException", error.to_string()))
}
