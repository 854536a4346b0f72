//! One HTTP POST to an endpoint of a customer.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use models::{Error, Result};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::guard::{self, Egress};

/// How long an endpoint may take. Shorter than the function's own time-out, so that the outcome is always written down.
const TIMEOUT: Duration = Duration::from_secs(15);
/// How much of an answer is read: only to keep the connection, nobody looks at it.
const MAX_ANSWER_BYTES: usize = 65_536;

/// One message as it goes over the wire.
#[derive(Debug)]
pub struct Message<'a> {
    /// Where to.
    pub url: &'a str,
    /// The event's id: the same in every attempt.
    pub id: &'a str,
    /// When this attempt is made, in Unix seconds.
    pub timestamp_seconds: i64,
    /// See [`super::sign`].
    pub signature: &'a str,
    /// The event as JSON.
    pub body: String,
}

/// What an endpoint answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The status code, or why there was none.
    pub outcome: std::result::Result<u16, String>,
    /// Milliseconds until then.
    pub response_time_ms: u32,
}

/// Posts messages. One for the life of a process: it keeps connections open.
#[derive(Debug, Clone)]
pub struct Sender {
    client: reqwest::Client,
    egress: Egress,
}

impl Sender {
    /// A sender that reaches as far as `egress` lets it.
    pub fn new(egress: Egress) -> Result<Self> {
        // Fails where a provider is installed already, which is as good.
        drop(rustls::crypto::ring::default_provider().install_default());
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(TIMEOUT)
            .connect_timeout(Duration::from_secs(5))
            .dns_resolver(PublicResolver { egress })
            .user_agent("Savvy-Webhooks/1.0")
            .build()
            .map_err(Error::internal)?;
        Ok(Self { client, egress })
    }

    /// Posts a message with the three headers of Standard Webhooks. Never fails: a failure is an outcome.
    pub async fn post(&self, message: Message<'_>) -> Reply {
        let begun = Instant::now();
        let outcome = self.attempt(message).await;
        let response_time_ms = u32::try_from(begun.elapsed().as_millis()).unwrap_or(u32::MAX);
        Reply {
            outcome,
            response_time_ms,
        }
    }

    async fn attempt(&self, message: Message<'_>) -> std::result::Result<u16, String> {
        // Again, and not only when the endpoint was created: what is in the table may be older than the rule.
        let url = guard::check_url(message.url, self.egress)
            .map_err(|refused| format!("the URL {refused}"))?;
        let mut response = self
            .client
            .post(url)
            .header("content-type", "application/json")
            .header("webhook-id", message.id)
            .header("webhook-timestamp", message.timestamp_seconds)
            .header("webhook-signature", message.signature)
            .body(message.body)
            .send()
            .await
            .map_err(|error| describe(&error))?;
        let status = response.status().as_u16();
        let mut read = 0_usize;
        while let Ok(Some(chunk)) = response.chunk().await {
            read = read.saturating_add(chunk.len());
            if read > MAX_ANSWER_BYTES {
                break;
            }
        }
        Ok(status)
    }
}

/// A cause that the owner of the endpoint can act upon, without the addresses behind it.
fn describe(error: &reqwest::Error) -> String {
    let refused = std::iter::successors(std::error::Error::source(error), |cause| cause.source())
        .any(<dyn std::error::Error>::is::<NotPublic>);
    let text = if refused {
        "the host does not lead to a public address"
    } else if error.is_timeout() {
        "the endpoint did not answer in time"
    } else if error.is_connect() {
        "the connection could not be made"
    } else {
        "the connection broke before an answer came"
    };
    text.to_owned()
}

#[derive(Debug, thiserror::Error)]
#[error("the host does not lead to a public address")]
struct NotPublic;

/// Resolves a name and lets only public addresses pass; with one forbidden answer among good ones, none.
#[derive(Debug, Clone, Copy)]
struct PublicResolver {
    egress: Egress,
}

impl Resolve for PublicResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let egress = self.egress;
        Box::pin(async move {
            let found: Vec<SocketAddr> =
                tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            if found
                .iter()
                .any(|address| !guard::allows(egress, address.ip()))
            {
                return Err(NotPublic.into());
            }
            let addresses: Addrs = Box::new(found.into_iter());
            Ok(addresses)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    fn message(url: &str) -> Message<'_> {
        Message {
            url,
            id: "evt_rs_1",
            timestamp_seconds: 1_614_265_330,
            signature: "v1,abc",
            body: "{}".into(),
        }
    }

    async fn answering(answer: &'static str) -> (String, tokio::task::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        #[expect(clippy::disallowed_methods, reason = "a receiver for one test")]
        let request = tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut buffer = vec![0; 4096];
            let mut text = String::new();
            while !text.ends_with("{}") {
                let n = socket.read(&mut buffer).await.unwrap();
                text.push_str(&String::from_utf8_lossy(&buffer[..n]));
            }
            socket.write_all(answer.as_bytes()).await.unwrap();
            text
        });
        (url, request)
    }

    #[tokio::test]
    async fn posts_with_the_three_headers() {
        let (url, request) = answering("HTTP/1.1 204 No Content\r\n\r\n").await;
        let sender = Sender::new(Egress::AlsoLoopback).unwrap();
        let reply = sender.post(message(&url)).await;
        assert_eq!(reply.outcome, Ok(204));
        let text = request.await.unwrap();
        for header in [
            "webhook-id: evt_rs_1",
            "webhook-timestamp: 1614265330",
            "webhook-signature: v1,abc",
        ] {
            assert!(text.contains(header), "{text}");
        }
    }

    #[tokio::test]
    async fn a_redirect_is_an_answer_and_is_not_followed() {
        let answer =
            "HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n";
        let (url, _request) = answering(answer).await;
        let reply = Sender::new(Egress::AlsoLoopback)
            .unwrap()
            .post(message(&url))
            .await;
        assert_eq!(reply.outcome, Ok(302));
    }

    #[tokio::test]
    async fn the_deployed_sender_does_not_connect_to_this_machine() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let sender = Sender::new(Egress::PublicOnly).unwrap();
        for url in [
            format!("http://127.0.0.1:{port}/"),
            format!("https://localhost:{port}/"),
        ] {
            assert!(sender.post(message(&url)).await.outcome.is_err());
        }
        let refused = PublicResolver {
            egress: Egress::PublicOnly,
        }
        .resolve("localhost".parse().unwrap())
        .await;
        assert!(refused.is_err());
    }
}
