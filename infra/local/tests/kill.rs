//! The real process, killed while it is written to: what it acknowledged is there after the next start.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_http_client::Builder;
use serde_json::{Value, json};

const QUEUE: &str = "savvy-RelayFailuresQueue";
const TABLE: &str = "savvy-Table";
const WRITERS: usize = 4;
/// Acknowledged writes after which the process is killed, with others in flight.
const WRITES: usize = 200;

struct Local {
    process: Child,
    endpoint: String,
    api: String,
}

impl Local {
    fn start(data: &Path) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_local"))
            .args(["--port", "0", "--aws-port", "0", "--data"])
            .arg(data)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        let ready = output
            .lines()
            .map_while(Result::ok)
            .find(|line| line.contains("AWS endpoint"))
            .expect("the process says that it is ready");
        let endpoint = ready.split("AWS endpoint ").nth(1).unwrap();
        let api = ready
            .split("http://")
            .nth(1)
            .unwrap()
            .split(' ')
            .next()
            .unwrap();
        Self {
            api: api.to_owned(),
            endpoint: endpoint.trim_end_matches(')').to_owned(),
            process,
        }
    }

    fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

/// Calls the API of a running process with the demo key. One connection a call: nothing here is about speed.
fn call(api: &str, method: &str, path: &str, body: &Value) -> Value {
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let mut socket = TcpStream::connect(api).unwrap();
    let key = local::seed::test_key();
    write!(
        socket,
        "{method} {path} HTTP/1.1\r\nhost: {api}\r\nauthorization: Bearer {key}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut text = String::new();
    socket.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 2"), "{method} {path}: {text}");
    serde_json::from_str(body).unwrap()
}

/// Every record of a list.
fn all(api: &str, path: &str) -> Vec<Value> {
    let mut found = Vec::new();
    let mut cursor = String::new();
    loop {
        let mut page = call(
            api,
            "GET",
            &format!("{path}?limit=100{cursor}"),
            &Value::Null,
        );
        found.append(page["data"].as_array_mut().unwrap());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return found,
        }
    }
}

/// How often each value of a field is there.
fn tally(records: &[Value], key: impl Fn(&Value) -> String) -> BTreeMap<String, usize> {
    records.iter().fold(BTreeMap::new(), |mut tally, record| {
        *tally.entry(key(record)).or_default() += 1;
        tally
    })
}

fn queue_url(endpoint: &str) -> String {
    format!("{endpoint}/000000000000/{QUEUE}")
}

macro_rules! client {
    ($sdk:ident, $endpoint:expr) => {
        $sdk::Client::from_conf(
            $sdk::config::Builder::new()
                .behavior_version($sdk::config::BehaviorVersion::latest())
                .region($sdk::config::Region::new("us-east-1"))
                .credentials_provider($sdk::config::Credentials::new(
                    "local", "local", None, None, "local",
                ))
                .endpoint_url($endpoint)
                .http_client(Builder::new().build_http())
                .build(),
        )
    };
}

struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap_or_default();
    }
}

/// Messages and items that the process has acknowledged.
#[derive(Default)]
struct Acknowledged {
    sent: BTreeSet<String>,
    put: BTreeSet<String>,
}

/// Writes messages and items until the process is gone.
async fn write(endpoint: &str, writer: usize, acknowledged: &Mutex<Acknowledged>) {
    let (queues, table) = (
        client!(aws_sdk_sqs, endpoint),
        client!(aws_sdk_dynamodb, endpoint),
    );
    for number in 0.. {
        let name = format!("{writer}-{number}");
        let message = queues
            .send_message()
            .queue_url(queue_url(endpoint))
            .message_body(&name)
            .send();
        let item = table
            .put_item()
            .table_name(TABLE)
            .item("PK", AttributeValue::S(name.clone()))
            .item("SK", AttributeValue::S("-".to_owned()))
            .send();
        let (message, item) = tokio::join!(message, item);
        let mut acknowledged = acknowledged.lock().unwrap();
        if message.is_ok() {
            acknowledged.sent.insert(name.clone());
        }
        if item.is_err() {
            return;
        }
        acknowledged.put.insert(name);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_a_kill() {
    let scratch = Scratch(std::env::temp_dir().join(format!("local-kill-{}", std::process::id())));
    std::fs::create_dir_all(&scratch.0).unwrap();
    let data = scratch.0.join("savvy.db");

    let local = Local::start(&data);
    let endpoint = local.endpoint.clone();
    let acknowledged = Mutex::new(Acknowledged::default());
    let writers = (0..WRITERS).map(|writer| write(&endpoint, writer, &acknowledged));
    let kill_midway = async {
        while acknowledged.lock().unwrap().put.len() < WRITES {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        local.kill();
    };
    tokio::join!(futures::future::join_all(writers), kill_midway);
    let Acknowledged { sent, put } = acknowledged.into_inner().unwrap();

    let local = Local::start(&data);
    let queues = client!(aws_sdk_sqs, &local.endpoint);
    let mut received = BTreeSet::new();
    loop {
        let batch = queues
            .receive_message()
            .queue_url(queue_url(&local.endpoint))
            .max_number_of_messages(10)
            .send()
            .await
            .unwrap();
        if batch.messages().is_empty() {
            break;
        }
        received.extend(
            batch
                .messages()
                .iter()
                .filter_map(|message| message.body().map(str::to_owned)),
        );
    }
    assert!(received.is_superset(&sent));
    let table = client!(aws_sdk_dynamodb, &local.endpoint);
    for name in put {
        let item = table
            .get_item()
            .table_name(TABLE)
            .key("PK", AttributeValue::S(name.clone()))
            .key("SK", AttributeValue::S("-".to_owned()))
            .send()
            .await
            .unwrap();
        assert!(item.item().is_some(), "{name} is lost");
    }
    local.kill();
}

/// Subscriptions whose trial ends while the process is killed.
const SUBSCRIPTIONS: usize = 60;

fn subscribe(api: &str) {
    let plan = json!({ "id": "pro", "name": "Pro", "currency": "USD", "amount": 9999, "interval": "month" });
    call(api, "POST", "/v3/plans", &plan);
    let customer = call(
        api,
        "POST",
        "/v3/customers",
        &json!({ "email": "a@example.com" }),
    );
    let card =
        json!({ "number": "4242424242424242", "exp_month": 12, "exp_year": 2040, "cvc": "123" });
    let method =
        json!({ "customer_id": customer["id"], "type": "card", "card": card, "default": true });
    call(api, "POST", "/v3/payment-methods", &method);
    let subscription =
        json!({ "customer_id": customer["id"], "plan_id": "pro", "trial_period_days": 14 });
    for _ in 0..SUBSCRIPTIONS {
        call(api, "POST", "/v3/subscriptions", &subscription);
    }
}

#[test]
fn a_billing_run_that_is_killed_bills_every_subscription_once() {
    let scratch = Scratch(std::env::temp_dir().join(format!("local-bill-{}", std::process::id())));
    std::fs::create_dir_all(&scratch.0).unwrap();
    let data = scratch.0.join("savvy.db");

    let local = Local::start(&data);
    subscribe(&local.api);
    let clock = call(&local.api, "GET", "/v3/test-clock", &Value::Null);
    let now: models::Timestamp = clock["frozen_time"].as_str().unwrap().parse().unwrap();
    let to = json!({ "to": now.plus_days(20).to_string() });
    call(&local.api, "POST", "/v3/test-clock/advance", &to);
    while all(&local.api, "/v3/invoices").len() < 10 {
        std::thread::sleep(Duration::from_millis(2));
    }
    local.kill();

    let local = Local::start(&data);
    let arrived = |api: &str| call(api, "GET", "/v3/test-clock", &Value::Null)["status"] == "ready";
    while !arrived(&local.api) {
        std::thread::sleep(Duration::from_millis(50));
    }
    let invoices = all(&local.api, "/v3/invoices");
    let payments = all(&local.api, "/v3/payments");
    assert_eq!(invoices.len(), SUBSCRIPTIONS);
    assert!(invoices.iter().all(|invoice| invoice["status"] == "paid"));
    assert_eq!(
        tally(&invoices, |invoice| invoice["subscription_id"].to_string()).len(),
        SUBSCRIPTIONS
    );
    assert_eq!(payments.len(), SUBSCRIPTIONS);
    assert_eq!(
        tally(&payments, |payment| payment["invoice_id"].to_string()).len(),
        SUBSCRIPTIONS
    );

    // The log follows a moment later; then each event of each object is in it once.
    let told =
        |events: &[Value], kind: &str| events.iter().filter(|event| event["type"] == kind).count();
    let mut events = all(&local.api, "/v3/events");
    while told(&events, "subscription.updated") < SUBSCRIPTIONS
        || told(&events, "test_clock.ready") == 0
    {
        std::thread::sleep(Duration::from_millis(50));
        events = all(&local.api, "/v3/events");
    }
    let once = tally(&events, |event| {
        format!(
            "{} {} {}",
            event["type"], event["data"]["object"]["id"], event["sequence"]
        )
    });
    assert!(once.values().all(|count| *count == 1), "{once:#?}");
    for kind in ["invoice.paid", "payment.succeeded"] {
        assert_eq!(told(&events, kind), SUBSCRIPTIONS, "{kind}");
    }
    local.kill();
}
