//! `ministack`: an emulator of AWS that is not ours, to hold the real adapters to.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use providers::webhook::{Egress, Sender};
use serde_json::Value;
use store::{Connection, Credentials};

/// The emulator, which ends with the test.
pub(crate) struct Ministack {
    process: Child,
    pub(crate) url: String,
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
    /// The emulator; `None`, with a word about it, where it is not installed. In CI it has to be.
    pub(crate) async fn find() -> Option<Self> {
        if let Some(program) = program() {
            return Some(Self::start(&program).await);
        }
        let required = std::env::var("NEXTEST_PROFILE").is_ok_and(|profile| profile == "ci");
        assert!(!required, "ministack is not installed: see .ci/run");
        eprintln!("SKIPPED: ministack is not installed, so nothing was sent to it; see .ci/run");
        None
    }

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
        while ministack.sent("ses/messages").await.is_none() {
            assert!(
                begun.elapsed() < Duration::from_mins(1),
                "it does not start"
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        ministack
    }

    /// What it was given to send: `sns/sms-messages` or `ses/messages`.
    pub(crate) async fn sent(&self, what: &str) -> Option<Value> {
        let url = format!("{}/_ministack/{what}", self.url);
        let client = reqwest::Client::builder()
            .no_proxy()
            .timeout(Duration::from_secs(5));
        let client = client.build().unwrap();
        let answer = client.get(url).send().await.ok()?;
        serde_json::from_str(&answer.text().await.ok()?).ok()
    }

    /// How a client of the product reaches it.
    pub(crate) fn connection(&self) -> Connection {
        let credentials = Credentials::new("test", "test", None, None, "test");
        Connection::new("us-east-1", Some(self.url.clone()), credentials)
    }
}
