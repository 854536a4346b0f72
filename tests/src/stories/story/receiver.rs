//! A webhook receiver that checks every signature.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// The secret of the v3 document's own example.
pub(crate) const SECRET: &str = "whsec_your_secret_key";

/// Takes events on a port of its own. The first ones are refused with 500, as many as it was told; the rest get 200.
pub(crate) struct Receiver {
    pub(crate) url: String,
    received: Arc<Mutex<Vec<Value>>>,
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        Self::refusing(0).await
    }

    pub(crate) async fn refusing(refusals: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let received: Arc<Mutex<Vec<Value>>> = Arc::default();
        let sink = Arc::clone(&received);
        tokio::spawn(async move {
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(socket, Arc::clone(&sink), refusals));
            }
        });
        Self { url, received }
    }

    pub(crate) fn received(&self) -> Vec<Value> {
        self.received.lock().unwrap().clone()
    }

    pub(crate) async fn wait_for(&self, good: impl Fn(&[Value]) -> bool) {
        let begun = Instant::now();
        while !good(&self.received()) {
            let types: Vec<String> = self
                .received()
                .iter()
                .map(|event| event["type"].to_string())
                .collect();
            assert!(
                begun.elapsed() < Duration::from_secs(20),
                "only these came: {types:?}"
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

/// Requests of one connection, one after the other.
async fn serve(mut socket: TcpStream, sink: Arc<Mutex<Vec<Value>>>, refusals: usize) {
    let mut buffer = Vec::new();
    loop {
        let head_end = loop {
            if let Some(at) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                break at + 4;
            }
            if socket.read_buf(&mut buffer).await.unwrap_or(0) == 0 {
                return;
            }
        };
        let head = String::from_utf8(buffer[..head_end].to_vec())
            .unwrap()
            .to_lowercase();
        let raw = String::from_utf8(buffer[..head_end].to_vec()).unwrap();
        let header = |name: &str| {
            let line = raw
                .lines()
                .find(|line| line.to_lowercase().starts_with(&format!("{name}:")));
            line.unwrap_or_else(|| panic!("no {name} in {head}"))
                .split_once(':')
                .unwrap()
                .1
                .trim()
                .to_owned()
        };
        let length: usize = header("content-length").parse().unwrap();
        while buffer.len() < head_end + length {
            assert_ne!(socket.read_buf(&mut buffer).await.unwrap(), 0);
        }
        let body = String::from_utf8(buffer[head_end..head_end + length].to_vec()).unwrap();
        buffer.drain(..head_end + length);
        let event: Value = serde_json::from_str(&body).unwrap();
        let timestamp: i64 = header("webhook-timestamp").parse().unwrap();
        assert_eq!(header("webhook-id"), event["id"].as_str().unwrap());
        let signature =
            providers::webhook::sign(&[SECRET], &header("webhook-id"), timestamp, &body).unwrap();
        assert_eq!(header("webhook-signature"), signature);
        let now = store::Clock::Wall.now().seconds();
        assert!(
            (now - timestamp).abs() < 60,
            "a receiver would refuse a timestamp {} s off",
            now - timestamp
        );
        let nth = {
            let mut received = sink.lock().unwrap();
            received.push(event);
            received.len()
        };
        let answer: &[u8] = if nth > refusals {
            b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
        } else {
            b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 2\r\n\r\nno"
        };
        socket.write_all(answer).await.unwrap();
    }
}
