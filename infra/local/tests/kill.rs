//! The real process, killed while it is written to: what it acknowledged is there after the next start.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_http_client::Builder;

const QUEUE: &str = "savvy-RelayFailuresQueue";
const TABLE: &str = "savvy-Table";
const WRITERS: usize = 4;
/// Acknowledged writes after which the process is killed, with others in flight.
const WRITES: usize = 200;

struct Local {
    process: Child,
    endpoint: String,
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
        Self {
            endpoint: endpoint.trim_end_matches(')').to_owned(),
            process,
        }
    }

    fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
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
