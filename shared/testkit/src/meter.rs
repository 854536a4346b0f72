//! What DynamoDB would charge, and what happens when it does not answer: a connector that asks for the consumed capacity of
//! every call and adds it up, and that can lose answers or die at a chosen call.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::AddAssign;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
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
    /// Write units by what was written, in tenths: the entity type of the item; the name of a counter, which has none; and
    /// for a transaction, whose units DynamoDB tells in one sum, all its types joined by `+`.
    pub written_tenths: BTreeMap<String, u64>,
}

impl Units {
    /// Calls in all: round trips to the table.
    pub fn round_trips(&self) -> u64 {
        self.calls.values().sum()
    }

    /// Write units of items of that type, in tenths.
    pub fn written(&self, entity_type: &str) -> u64 {
        self.written_tenths
            .get(entity_type)
            .copied()
            .unwrap_or_default()
    }
}

impl AddAssign for Units {
    fn add_assign(&mut self, other: Self) {
        self.read_tenths += other.read_tenths;
        self.write_tenths += other.write_tenths;
        for (action, count) in other.calls {
            *self.calls.entry(action).or_default() += count;
        }
        for (entity_type, tenths) in other.written_tenths {
            *self.written_tenths.entry(entity_type).or_default() += tenths;
        }
    }
}

/// What goes wrong next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The answer to the call with this number (from 0) is lost; the client may ask again.
    LoseAnswer(u64),
    /// The process dies just before the call with this number.
    DieBefore(u64),
    /// The process dies just after the call with this number was done, before it hears of it.
    DieAfter(u64),
}

impl Fault {
    /// Faults at each of so many calls. Who dies after one dies before the next.
    pub fn everywhere(calls: u64) -> impl Iterator<Item = Self> {
        (0..calls).flat_map(|call| [Self::DieAfter(call), Self::LoseAnswer(call)])
    }
}

/// Adds up what the calls of a connection cost, and makes faults.
#[derive(Debug, Clone)]
pub struct Meter {
    inner: SharedHttpClient,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    total: Units,
    calls: u64,
    fault: Option<Fault>,
    meanwhile: Option<Meanwhile>,
}

/// What others do while an answer is lost.
struct Meanwhile(Pin<Box<dyn Future<Output = ()> + Send>>);

impl fmt::Debug for Meanwhile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Meanwhile")
    }
}

/// What becomes of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Answered,
    Lost,
    Refused,
    DoneAndDead,
}

impl State {
    fn next_fate(&mut self) -> Fate {
        let call = self.calls;
        self.calls += 1;
        match self.fault {
            Some(Fault::LoseAnswer(at)) if call == at => Fate::Lost,
            Some(Fault::DieBefore(at)) if call >= at => Fate::Refused,
            Some(Fault::DieAfter(at)) if call > at => Fate::Refused,
            Some(Fault::DieAfter(at)) if call == at => Fate::DoneAndDead,
            Some(_) | None => Fate::Answered,
        }
    }
}

impl Meter {
    /// A meter of what a function with these settings calls.
    pub fn of(config: &mut api::Config) -> Self {
        let meter = Self::over(config.connection.http_client.clone());
        config.connection.http_client = SharedHttpClient::new(meter.clone());
        meter
    }

    pub(crate) fn over(inner: SharedHttpClient) -> Self {
        Self {
            inner,
            state: Arc::default(),
        }
    }

    /// What was spent since the last time this was asked.
    pub fn take(&self) -> Units {
        std::mem::take(&mut self.state.lock().unwrap().total)
    }

    /// Counts calls from 0 again, and lets one of them go wrong; `None` heals.
    pub fn fault(&self, fault: Option<Fault>) {
        let mut state = self.state.lock().unwrap();
        (state.calls, state.fault) = (0, fault);
    }

    /// Has others do something after the next answer that is lost, and before the client asks again.
    pub fn meanwhile(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.state.lock().unwrap().meanwhile = Some(Meanwhile(Box::pin(work)));
    }

    /// Calls since the last time a fault was chosen.
    pub fn calls(&self) -> u64 {
        self.state.lock().unwrap().calls
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
            state: Arc::clone(&self.state),
        })
    }
}

#[derive(Debug)]
struct Metered {
    inner: SharedHttpConnector,
    state: Arc<Mutex<State>>,
}

impl HttpConnector for Metered {
    fn call(&self, mut request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let action = target.rsplit('.').next().unwrap_or_default().to_owned();
        let body: Option<Value> = request
            .body()
            .bytes()
            .and_then(|bytes| serde_json::from_slice(bytes).ok());
        let written = body.as_ref().map(written).unwrap_or_default();
        if let Some(Value::Object(mut members)) = body {
            members.insert("ReturnConsumedCapacity".into(), json!("TOTAL"));
            let text = Value::Object(members).to_string();
            request
                .headers_mut()
                .insert("content-length", text.len().to_string());
            *request.body_mut() = SdkBody::from(text);
        }
        let (inner, state) = (self.inner.clone(), Arc::clone(&self.state));
        let fate = state.lock().unwrap().next_fate();
        HttpConnectorFuture::new(async move {
            if fate == Fate::Refused {
                return Err(ConnectorError::user("the process is dead".into()));
            }
            let mut response = inner.call(request).await?;
            let bytes = ByteStream::new(response.take_body())
                .collect()
                .await
                .expect("a whole response")
                .into_bytes();
            let reply: Value = serde_json::from_slice(&bytes).unwrap_or_default();
            state
                .lock()
                .unwrap()
                .total
                .add(&action, written, tenths(&reply["ConsumedCapacity"]));
            match fate {
                Fate::Lost => {
                    let meanwhile = state.lock().unwrap().meanwhile.take();
                    if let Some(Meanwhile(work)) = meanwhile {
                        work.await;
                    }
                    Err(ConnectorError::io("the answer was lost".into()))
                }
                Fate::DoneAndDead => Err(ConnectorError::user("the process is dead".into())),
                Fate::Answered | Fate::Refused => {
                    *response.body_mut() = SdkBody::from(bytes);
                    Ok(response)
                }
            }
        })
    }
}

impl Units {
    fn add(&mut self, action: &str, written: String, tenths: u64) {
        *self.calls.entry(action.to_owned()).or_default() += 1;
        match action {
            "GetItem" | "BatchGetItem" | "Query" => self.read_tenths += tenths,
            _ => {
                self.write_tenths += tenths;
                *self.written_tenths.entry(written).or_default() += tenths;
            }
        }
    }
}

/// What a request writes, by entity type.
fn written(body: &Value) -> String {
    let of_put = |put: &Value| put["Item"]["et"]["S"].as_str().map(str::to_owned);
    if let Some(actions) = body["TransactItems"].as_array() {
        let types: BTreeSet<String> = actions
            .iter()
            .filter_map(|action| of_put(&action["Put"]))
            .collect();
        return types.into_iter().collect::<Vec<_>>().join("+");
    }
    // An item without a type is a counter: `<business>#<mode>#counter`.
    let of_key = || body["Key"]["PK"]["S"].as_str()?.rsplit('#').next();
    of_put(body)
        .or_else(|| of_key().map(str::to_owned))
        .unwrap_or_default()
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
