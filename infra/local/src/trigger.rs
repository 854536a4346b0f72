//! `local trigger`: makes an event happen in a running local process.
//!
//! It happens: the calls of [`scenarios`] do what a caller would do, so the event's objects are there afterwards and can be
//! asked for. Where there is no scenario, those who listen are sent a test event.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use models::event::EventType;
use models::webhooks::EventFilter;
use serde_json::{Value, json};

use crate::Error;
use crate::args::DEFAULT_PORT;
use crate::caller::{Caller, rows, text};
use crate::terminal::Terminal;

use scenarios::Scenario;
use steps::Step;

mod nearest;
pub mod scenarios;
mod steps;

/// How long the event may take to appear in the log.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often it is looked for.
const INTERVAL: Duration = Duration::from_millis(100);

/// Makes an event happen in the running process.
#[derive(Clone, Debug, clap::Args)]
pub struct Trigger {
    /// Type of the event, e.g. invoice.paid.
    #[arg(required_unless_present = "list")]
    pub event: Option<String>,
    /// Print every type, and what would be done for it.
    #[arg(long)]
    pub list: bool,
    /// Port of the API of the running process.
    #[arg(long, default_value_t = DEFAULT_PORT)]
    pub port: u16,
}

/// Does what the command line says.
pub async fn trigger(trigger: &Trigger, terminal: &Terminal) -> Result<(), Error> {
    let Some(name) = trigger.event.as_deref().filter(|_| !trigger.list) else {
        list(terminal);
        return Ok(());
    };
    let kind: EventType = name
        .parse()
        .map_err(|_unknown| Error::UnknownEvent(nearest::advice(name)))?;
    let caller = Caller::new(trigger.port)?;
    match scenarios::of(kind) {
        Some(scenario) => play(&caller, scenario, terminal).await,
        None => send_test(&caller, kind, terminal).await,
    }
}

fn list(terminal: &Terminal) {
    for kind in EventType::ALL {
        let what = match scenarios::of(*kind) {
            Some(scenario) => scenario.summary(),
            None => "a test event to each endpoint that listens to it".to_owned(),
        };
        terminal.print(&format!("{:<28}{what}", kind.as_str()));
    }
}

/// Makes the calls of a scenario and waits for its event.
async fn play(caller: &Caller, scenario: &Scenario, terminal: &Terminal) -> Result<(), Error> {
    let mut made = BTreeMap::new();
    for step in scenario.steps {
        take(caller, step, &mut made, terminal).await?;
    }
    let kind = scenario.event.as_str();
    let path = format!("/v3/events?limit=100&type={kind}");
    let begun = Instant::now();
    loop {
        let events = caller.get(&path).await?;
        if let Some(event) = rows(&events, "/data").find(|event| is_of(event, &made)) {
            terminal.print(&format!("{kind}  {}", text(event, "/id")));
            return Ok(());
        }
        if begun.elapsed() > PATIENCE {
            let detail = format!("the calls were answered, but no {kind} came of them");
            return Err(Error::Missing(detail));
        }
        tokio::time::sleep(INTERVAL).await;
    }
}

/// Makes one call, and remembers what it made.
async fn take(
    caller: &Caller,
    step: &Step,
    made: &mut BTreeMap<&'static str, String>,
    terminal: &Terminal,
) -> Result<(), Error> {
    let path = step.path(made);
    let answer = caller.send(step.method(), &path, step.body(made)).await?;
    let line = format!("{} {path}", step.method());
    let found = if step.is_declined() && answer.status == 402 {
        let reason = text(&answer.body, "/detail");
        let payment = text(&answer.body, "/payment_id");
        terminal.print(&format!("{line}  {payment}  {reason}"));
        payment
    } else {
        let body = answer.good()?;
        let id = text(&body, "/id");
        terminal.print(&format!("{line}  {id}"));
        id
    };
    made.insert(step.name(), found);
    Ok(())
}

/// Whether an event tells of something that this command made.
fn is_of(event: &Value, made: &BTreeMap<&'static str, String>) -> bool {
    let object = text(event, "/data/object/id");
    !object.is_empty() && made.values().any(|id| *id == object)
}

/// Sends a test event to everyone who listens to its type.
async fn send_test(caller: &Caller, kind: EventType, terminal: &Terminal) -> Result<(), Error> {
    let endpoints = caller.get("/v3/webhooks?limit=100").await?;
    let mut listening = rows(&endpoints, "/data")
        .filter(|endpoint| hears(endpoint, kind))
        .peekable();
    if listening.peek().is_none() {
        return Err(Error::NobodyListens {
            kind: kind.as_str(),
            port: caller.port(),
        });
    }
    terminal.print("No calls bring this about. Those who listen to it are sent a test event:");
    for endpoint in listening {
        let id = text(endpoint, "/id");
        let path = format!("/v3/webhooks/{id}/test");
        let sent = caller.post(&path, &json!({ "event_type": kind })).await?;
        let event = text(&sent, "/event_id");
        terminal.print(&format!("POST {path}  {event}"));
    }
    Ok(())
}

/// Whether an enabled endpoint listens to that type.
fn hears(endpoint: &Value, kind: EventType) -> bool {
    let mut filters =
        rows(endpoint, "/events").filter_map(|text| EventFilter::parse(text.as_str()?));
    endpoint.get("enabled") == Some(&Value::Bool(true))
        && filters.any(|filter| filter.matches(kind))
}
