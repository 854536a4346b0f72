//! What DynamoDB would charge: a connector that asks for the consumed capacity of every call and adds it up.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use serde_json::{Value, json};

/// Request units, in tenths: an eventually consistent read of one item is half a unit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Units {
    /// Read units, in tenths.
    pub read_tenths: u64,
    /// Write units, in tenths.
    pub write_tenths: u64,
    /// Calls by action.
    pub calls: BTreeMap<String, u64>,
}

impl Units {
    /// Calls in all: round trips to the table.
    pub fn round_trips(&self) -> u64 {
        self.calls.values().sum()
    }
}

/// Adds up what the calls of a connection cost.
#[derive(Debug, Clone)]
pub struct Meter {
    inner: SharedHttpClient,
    total: Arc<Mutex<Units>>,
}

impl Meter {
    pub(crate) fn over(inner: SharedHttpClient) -> Self {
        Self {
            inner,
            total: Arc::default(),
        }
    }

    /// What was spent since the last time this was asked.
    pub fn take(&self) -> Units {
        std::mem::take(&mut *self.total.lock().unwrap())
    }
}

impl HttpClient for Meter {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(Metered {
            inner,
            total: Arc::clone(&self.total),
        })
    }
}

#[derive(Debug)]
struct Metered {
    inner: SharedHttpConnector,
    total: Arc<Mutex<Units>>,
}

impl HttpConnector for Metered {
    fn call(&self, mut request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let action = target.rsplit('.').next().unwrap_or_default().to_owned();
        let body: Option<Value> = request
            .body()
            .bytes()
            .and_then(|bytes| serde_json::from_slice(bytes).ok());
        if let Some(Value::Object(mut members)) = body {
            members.insert("ReturnConsumedCapacity".into(), json!("TOTAL"));
            let text = Value::Object(members).to_string();
            request
                .headers_mut()
                .insert("content-length", text.len().to_string());
            *request.body_mut() = SdkBody::from(text);
        }
        let (inner, total) = (self.inner.clone(), Arc::clone(&self.total));
        HttpConnectorFuture::new(async move {
            let mut response = inner.call(request).await?;
            let bytes = ByteStream::new(response.take_body())
                .collect()
                .await
                .expect("a whole response")
                .into_bytes();
            let reply: Value = serde_json::from_slice(&bytes).unwrap_or_default();
            let tenths = tenths(&reply["ConsumedCapacity"]);
            {
                let mut total = total.lock().unwrap();
                *total.calls.entry(action.clone()).or_default() += 1;
                match action.as_str() {
                    "GetItem" | "BatchGetItem" | "Query" => total.read_tenths += tenths,
                    _ => total.write_tenths += tenths,
                }
            }
            *response.body_mut() = SdkBody::from(bytes);
            Ok(response)
        })
    }
}

fn tenths(capacity: &Value) -> u64 {
    match capacity {
        Value::Array(tables) => tables.iter().map(tenths).sum(),
        Value::Object(table) => {
            let text = table
                .get("CapacityUnits")
                .map(Value::to_string)
                .unwrap_or_default();
            let (whole, part) = text.split_once('.').unwrap_or((&text, "0"));
            whole.parse::<u64>().unwrap_or_default() * 10 + u64::from(part.as_bytes()[0] - b'0')
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}
