//! What stands for SQS: a server that keeps what is sent, and batches as Lambda hands them over.

use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::http;

/// A queue on threads of its own.
#[derive(Debug)]
pub(super) struct Queue {
    url: String,
    messages: Arc<Mutex<Vec<String>>>,
}

impl Queue {
    pub(super) fn start() -> Self {
        let messages = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&messages);
        let address = http::serve("queue", move |body| {
            let call: Value = serde_json::from_slice(body).unwrap();
            let entries = call["Entries"].as_array().unwrap();
            let bodies = entries.iter().map(|entry| entry["MessageBody"].as_str());
            let bodies = bodies.map(|body| body.unwrap().to_owned());
            kept.lock().unwrap().extend(bodies);
            let sent: Vec<Value> = entries
                .iter()
                .map(|entry| {
                    json!({ "Id": entry["Id"], "MessageId": entry["Id"], "MD5OfMessageBody": "" })
                })
                .collect();
            json!({ "Successful": sent, "Failed": [] }).to_string()
        });
        Self {
            url: format!("http://{address}/"),
            messages,
        }
    }

    /// What was sent.
    pub(super) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.messages.lock().unwrap())
    }

    /// A client that sends calls of SQS here, and others where they go.
    pub(super) fn before(&self, inner: SharedHttpClient) -> SharedHttpClient {
        SharedHttpClient::new(Sorting {
            inner,
            url: self.url.clone(),
        })
    }
}

/// The event in which Lambda hands a batch over.
pub(super) fn batch(bodies: &[String]) -> Box<RawValue> {
    let records: Vec<Value> = bodies
        .iter()
        .enumerate()
        .map(|(index, body)| {
            json!({
                "messageId": format!("059f36b4-87a3-44ab-83d2-66197{index:07}"),
                "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a".repeat(6),
                "body": body,
                "attributes": {
                    "ApproximateReceiveCount": "1",
                    "SentTimestamp": "1545082649183",
                    "SenderId": "AIDAIENQZJOLO23YVJ4VO",
                    "ApproximateFirstReceiveTimestamp": "1545082649185",
                },
                "messageAttributes": {},
                "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:queue",
                "awsRegion": "us-east-1",
            })
        })
        .collect();
    serde_json::value::to_raw_value(&json!({ "Records": records })).unwrap()
}

#[derive(Debug)]
struct Sorting {
    inner: SharedHttpClient,
    url: String,
}

impl HttpClient for Sorting {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Sorted {
            inner: self.inner.http_connector(settings, components),
            url: self.url.clone(),
        })
    }
}

#[derive(Debug)]
struct Sorted {
    inner: SharedHttpConnector,
    url: String,
}

impl HttpConnector for Sorted {
    fn call(&self, mut request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        if target.starts_with("AmazonSQS") {
            request.set_uri(self.url.as_str()).unwrap();
        }
        self.inner.call(request)
    }
}
