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

/// All queues of a world in one: what was sent, oldest first, and to which queue. The rules of the event bus are here too: an
/// event of a business goes to the queue `webhook-fanout`, and what begins at once to `due-sweep`, as if that were one.
#[derive(Debug, Clone, Default)]
pub struct Inbox(Arc<Mutex<VecDeque<Sent>>>);

#[derive(Debug)]
struct Sent {
    queue: String,
    body: String,
}

impl Inbox {
    /// A client that keeps what is sent to a queue or a bus, and passes on what goes elsewhere.
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

    /// The oldest messages, of whatever queue.
    pub fn take(&self, most: usize) -> Vec<String> {
        let mut messages = self.0.lock().unwrap();
        let count = most.min(messages.len());
        messages.drain(..count).map(|sent| sent.body).collect()
    }

    /// The oldest messages of one queue.
    pub fn take_from(&self, queue: &str, most: usize) -> Vec<String> {
        let mut messages = self.0.lock().unwrap();
        let mut taken = Vec::new();
        let mut kept = VecDeque::with_capacity(messages.len());
        for sent in messages.drain(..) {
            if sent.queue == queue && taken.len() < most {
                taken.push(sent.body);
            } else {
                kept.push_back(sent);
            }
        }
        *messages = kept;
        taken
    }

    /// Puts messages at the end: they come again.
    pub fn put(&self, bodies: impl IntoIterator<Item = String>) {
        self.put_to("", bodies);
    }

    /// Puts messages at the end of one queue.
    pub fn put_to(&self, queue: &str, bodies: impl IntoIterator<Item = String>) {
        let sent = bodies.into_iter().map(|body| Sent {
            queue: queue.to_owned(),
            body,
        });
        self.0.lock().unwrap().extend(sent);
    }

    /// Keeps the messages of a call and answers as SQS.
    fn queue(&self, call: &Value) -> Value {
        let url = call["QueueUrl"].as_str().unwrap();
        let queue = url.rsplit('/').next().unwrap();
        let entries = call["Entries"].as_array().unwrap();
        let bodies = entries.iter().map(|entry| entry["MessageBody"].as_str());
        self.put_to(queue, bodies.map(|body| body.unwrap().to_owned()));
        let sent: Vec<Value> = entries
            .iter()
            .map(|entry| json!({ "Id": entry["Id"], "MessageId": entry["Id"], "MD5OfMessageBody": "" }))
            .collect();
        json!({ "Successful": sent, "Failed": [] })
    }

    /// Sends the events of a call where the rules say, and answers as EventBridge.
    fn bus(&self, call: &Value) -> Value {
        let entries = call["Entries"].as_array().unwrap();
        for entry in entries {
            let detail: Value = serde_json::from_str(entry["Detail"].as_str().unwrap()).unwrap();
            let queue = match entry["Source"].as_str().unwrap() {
                "savvy" => "webhook-fanout",
                "savvy.work" => "due-sweep",
                other => panic!("no rule for the source {other}"),
            };
            let event = json!({
                "source": entry["Source"], "detail-type": entry["DetailType"], "detail": detail,
            });
            self.put_to(queue, [event.to_string()]);
        }
        let sent: Vec<Value> = entries.iter().map(|_| json!({ "EventId": "1" })).collect();
        json!({ "FailedEntryCount": 0, "Entries": sent })
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
        let answer: fn(&Inbox, &Value) -> Value = match target {
            "AmazonSQS.SendMessageBatch" => Inbox::queue,
            "AWSEvents.PutEvents" => Inbox::bus,
            _ => return self.inner.call(request),
        };
        let call: Value = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
        let answer = answer(&self.inbox, &call).to_string();
        HttpConnectorFuture::ready(Ok(HttpResponse::new(
            http::StatusCode::OK.into(),
            SdkBody::from(answer),
        )))
    }
}
