//! The real adapter of text messages against an emulator of SNS that is not ours: `ministack`.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use providers::sms::{Settings, Sms, Sns, Text};
use providers::webhook::{Egress, Sender};
use serde_json::Value;
use store::{Connection, Credentials};

/// The emulator, which ends with the test.
struct Ministack {
    process: Child,
    url: String,
}

impl Drop for Ministack {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// Where `.ci/run` installs it, or what `MINISTACK` says.
fn program() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let installed = root.join("target/ministack/bin/ministack");
    let named = std::env::var_os("MINISTACK").map(PathBuf::from);
    named.or(Some(installed)).filter(|path| path.exists())
}

impl Ministack {
    async fn start(program: &Path) -> Self {
        // Whoever sends webhooks gives the process its TLS, which this client wants although it speaks plain HTTP.
        Sender::new(Egress::AlsoLoopback).unwrap();
        // A free port, given back before the emulator takes it.
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let process = Command::new(program)
            .env("GATEWAY_PORT", port.to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let ministack = Self {
            process,
            url: format!("http://127.0.0.1:{port}"),
        };
        let begun = Instant::now();
        while ministack.sent().await.is_none() {
            assert!(
                begun.elapsed() < Duration::from_mins(1),
                "it does not start"
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        ministack
    }

    /// What it was given to send.
    async fn sent(&self) -> Option<Value> {
        let url = format!("{}/_ministack/sns/sms-messages", self.url);
        let client = reqwest::Client::builder()
            .no_proxy()
            .timeout(Duration::from_secs(5));
        let client = client.build().unwrap();
        let answer = client.get(url).send().await.ok()?;
        serde_json::from_str(&answer.text().await.ok()?).ok()
    }
}

#[tokio::test]
async fn the_real_adapter_sends_what_sns_takes() {
    let Some(program) = program() else {
        let required = std::env::var("NEXTEST_PROFILE").is_ok_and(|profile| profile == "ci");
        assert!(!required, "ministack is not installed: see .ci/run");
        eprintln!("SKIPPED: ministack is not installed, so no message was sent to it; see .ci/run");
        return;
    };
    let ministack = Ministack::start(&program).await;
    let credentials = Credentials::new("test", "test", None, None, "test");
    let connection = Connection::new("us-east-1", Some(ministack.url.clone()), credentials);
    let sns = Sms::Sns(Sns::new(Settings {
        region: connection.region.clone(),
        endpoint_url: connection.endpoint_url.clone(),
        credentials: connection.credentials.clone(),
        http_client: connection.http_client.clone(),
        sender_id: Some("Savvy".to_owned()),
    }));
    let text = |number| Text {
        idempotency_key: "msg_rs_1",
        number,
        body: "Acme: 20.00 USD for Basic is due on 2026-02-25.",
    };
    let reference = sns.send(text("+14165551234")).await.unwrap().unwrap();
    assert!(!reference.is_empty());
    let sent = ministack.sent().await.unwrap();
    let messages = sent["sms_messages"]["+14165551234"].as_array().unwrap();
    assert_eq!(messages.len(), 1, "{sent}");
    assert!(sent.to_string().contains("20.00 USD for Basic"));
    // One that is not there says nothing about the message.
    drop(ministack);
    assert!(sns.send(text("+14165551234")).await.is_err());
}
