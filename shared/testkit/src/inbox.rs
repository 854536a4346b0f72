//! The queues of a world: what is sent is kept, until somebody hands it to a worker as Lambda does.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use api::Invocation;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};

/// All queues of a world in one: the bodies of messages, oldest first.
#[derive(Debug, Clone, Default)]
pub struct Inbox(Arc<Mutex<VecDeque<String>>>);

impl Inbox {
    /// A client that keeps what is sent to a queue, and passes on what goes elsewhere.
    pub(crate) fn before(&self, inner: SharedHttpClient) -> SharedHttpClient {
        SharedHttpClient::new(Sorting {
            inner,
            inbox: self.clone(),
        })
    }

    /// Messages that wait.
    pub fn len(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The oldest messages.
    pub fn take(&self, most: usize) -> Vec<String> {
        let mut messages = self.0.lock().unwrap();
        let count = most.min(messages.len());
        messages.drain(..count).collect()
    }

    /// Puts messages at the end: they come again.
    pub fn put(&self, bodies: impl IntoIterator<Item = String>) {
        self.0.lock().unwrap().extend(bodies);
    }
}

/// Hands one batch to a worker as Lambda does. Returns the messages that failed and would come again.
pub async fn deliver(worker: &Invocation, bodies: &[String]) -> Vec<String> {
    let records: Vec<Value> = bodies
        .iter()
        .enumerate()
        .map(|(index, body)| json!({ "messageId": index.to_string(), "body": body }))
        .collect();
    let event = serde_json::value::to_raw_value(&json!({ "Records": records })).unwrap();
    let answer = worker(event).await.unwrap();
    let answer: Value = serde_json::from_str(answer.get()).unwrap();
    let failed = answer["batchItemFailures"].as_array().into_iter().flatten();
    failed
        .map(|failure| failure["itemIdentifier"].as_str().unwrap())
        .map(|index| bodies[index.parse::<usize>().unwrap()].clone())
        .collect()
}

#[derive(Debug)]
struct Sorting {
    inner: SharedHttpClient,
    inbox: Inbox,
}

impl HttpClient for Sorting {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Sorted {
            inner: self.inner.http_connector(settings, components),
            inbox: self.inbox.clone(),
        })
    }
}

#[derive(Debug)]
struct Sorted {
    inner: SharedHttpConnector,
    inbox: Inbox,
}

impl HttpConnector for Sorted {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        if target != "AmazonSQS.SendMessageBatch" {
            return self.inner.call(request);
        }
        let body: Value = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
        let entries = body["Entries"].as_array().unwrap();
        self.inbox.put(
            entries
                .iter()
                .map(|entry| entry["MessageBody"].as_str().unwrap().to_owned()),
        );
        let sent: Vec<Value> = entries
            .iter()
            .map(|entry| json!({ "Id": entry["Id"], "MessageId": entry["Id"], "MD5OfMessageBody": "" }))
            .collect();
        let answer = json!({ "Successful": sent, "Failed": [] }).to_string();
        HttpConnectorFuture::ready(Ok(HttpResponse::new(
            http::StatusCode::OK.into(),
            SdkBody::from(answer),
        )))
    }
}
