//! The bus: `PutEvents`, the rules of the template, and their targets.

use std::sync::Arc;

use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::asynchronous;
use crate::ids;
use crate::queues::{Outgoing, Queues};
use crate::reply::Refusal;
use crate::template::{ACCOUNT, REGION, Rule, Target, Template};

const MAXIMUM_ENTRIES: usize = 10;
const MAXIMUM_BYTES: usize = 262_144;

/// The event buses and their rules.
#[derive(Debug)]
pub struct Buses {
    names: Vec<String>,
    rules: Vec<Rule>,
    queues: Arc<Queues>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    source: Option<String>,
    detail_type: Option<String>,
    detail: Option<String>,
    event_bus_name: Option<String>,
    #[serde(default)]
    resources: Vec<String>,
    /// Seconds since 1970, possibly with a fraction.
    time: Option<serde_json::Number>,
}

impl Buses {
    /// Takes the rules out of the template.
    pub fn new(template: &mut Template, queues: Arc<Queues>) -> Self {
        let mut names = vec!["default".to_owned()];
        names.extend(template.buses.iter().cloned());
        Self {
            names,
            rules: std::mem::take(&mut template.rules),
            queues,
        }
    }

    pub(crate) fn answer(&self, operation: &str, input: &Value) -> Result<Value, Refusal> {
        match operation {
            "PutEvents" => self.put_events(input),
            unknown => Err(Refusal::new(
                "UnknownOperationException",
                format!("{unknown} is not provided here"),
            )),
        }
    }

    /// Every target of a matching rule has the event stored before this answers, so a publisher that got its answer can
    /// forget the event.
    fn put_events(&self, input: &Value) -> Result<Value, Refusal> {
        let entries = input
            .get("Entries")
            .and_then(Value::as_array)
            .map(Vec::as_slice)
            .unwrap_or_default();
        if entries.is_empty() || entries.len() > MAXIMUM_ENTRIES {
            return Err(Refusal::new(
                "ValidationException",
                "1 validation error detected: Value at 'entries' failed to satisfy constraint: Member must have length between 1 and 10",
            ));
        }
        let bytes = entries.iter().map(size).fold(0, usize::saturating_add);
        if bytes > MAXIMUM_BYTES {
            return Err(Refusal {
                status: StatusCode::PAYLOAD_TOO_LARGE,
                ..Refusal::new(
                    "ValidationException",
                    "Total size of the entries in the request is over the limit.",
                )
            });
        }
        let mut outgoing = Vec::new();
        let mut results = Vec::with_capacity(entries.len());
        let mut failed = 0_i64;
        for entry in entries {
            match self.event(entry) {
                Ok((bus, event)) => {
                    outgoing.extend(self.deliveries(&bus, &event));
                    results.push(json!({ "EventId": event.get("id") }));
                }
                Err((code, message)) => {
                    failed = failed.saturating_add(1);
                    results.push(json!({ "ErrorCode": code, "ErrorMessage": message }));
                }
            }
        }
        if !outgoing.is_empty() {
            self.queues.send(&outgoing).map_err(|error| Refusal {
                kind: "InternalException".to_owned(),
                ..Refusal::internal(error.to_string())
            })?;
        }
        Ok(json!({ "FailedEntryCount": failed, "Entries": results }))
    }

    /// The event as targets see it, with the bus that it goes to.
    fn event(&self, entry: &Value) -> Result<(String, Value), (&'static str, String)> {
        let invalid = |message: &str| ("InvalidArgument", message.to_owned());
        let entry =
            Entry::deserialize(entry).map_err(|error| ("InvalidArgument", error.to_string()))?;
        let required = |value: Option<String>, message: &str| {
            value
                .filter(|value| !value.is_empty())
                .ok_or_else(|| invalid(message))
        };
        let source = required(
            entry.source,
            "Parameter Source is not valid. Reason: Source is a required argument.",
        )?;
        let detail_type = required(
            entry.detail_type,
            "Parameter DetailType is not valid. Reason: DetailType is a required argument.",
        )?;
        let detail = required(
            entry.detail,
            "Parameter Detail is not valid. Reason: Detail is a required argument.",
        )?;
        let detail: Value = serde_json::from_str(&detail)
            .ok()
            .filter(Value::is_object)
            .ok_or_else(|| ("MalformedDetail", "Detail is malformed.".to_owned()))?;
        let bus = bus_of(entry.event_bus_name.as_deref()).to_owned();
        if !self.names.contains(&bus) {
            return Err((
                "EventBusNotFound",
                format!("Event bus {bus} does not exist."),
            ));
        }
        let event = json!({
            "version": "0",
            "id": ids::uuid(),
            "detail-type": detail_type,
            "source": source,
            "account": ACCOUNT,
            "time": seconds(entry.time.as_ref())
                .unwrap_or_else(|| self.queues.clock().now()).strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            "region": REGION,
            "resources": entry.resources,
            "detail": detail,
        });
        Ok((bus, event))
    }

    fn deliveries(&self, bus: &str, event: &Value) -> Vec<Outgoing> {
        let body = event.to_string();
        self.rules
            .iter()
            .filter(|rule| rule.bus == bus && rule.pattern.matches(event))
            .flat_map(|rule| &rule.targets)
            .map(|target| Outgoing {
                queue: match target {
                    Target::Queue(name) => name.clone(),
                    Target::Function(name) => asynchronous::queue_name(name),
                },
                body: body.clone(),
                attributes: None,
                delay_ms: None,
            })
            .collect()
    }
}

/// The name of the bus that an entry gives, as a name or as an ARN.
pub(crate) fn bus_of(given: Option<&str>) -> &str {
    given
        .unwrap_or("default")
        .rsplit('/')
        .next()
        .unwrap_or_default()
}

/// The clients send seconds as a number that may have a fraction; events carry whole seconds.
fn seconds(time: Option<&serde_json::Number>) -> Option<jiff::Timestamp> {
    let time = time?.to_string();
    let whole = time.split(['.', 'e', 'E']).next()?;
    jiff::Timestamp::from_second(whole.parse().ok()?).ok()
}

/// Bytes of an entry as EventBridge counts them: its time and its texts, in UTF-8.
fn size(entry: &Value) -> usize {
    const TIME: usize = 14;
    let text = |name: &str| entry.get(name).and_then(Value::as_str).map_or(0, str::len);
    let time = entry.get("Time").map_or(0, |_| TIME);
    ["Source", "DetailType", "Detail"]
        .into_iter()
        .map(text)
        .fold(time, usize::saturating_add)
}
