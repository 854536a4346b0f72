//! A caller of the API of a running local process, with the key of its demo business.

use std::time::Duration;

use http::Method;
use serde_json::Value;

use crate::{Error, seed};

/// How long an answer may take. The process is on this machine, but may be busy with a test clock.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Calls the process at one port.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    client: reqwest::Client,
    port: u16,
}

/// What the API answered.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Method and path, for messages.
    request: String,
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Caller {
    pub(crate) fn new(port: u16) -> Result<Self, Error> {
        Ok(Self {
            client: client(TIMEOUT)?,
            port,
        })
    }

    /// Where the process is looked for.
    pub(crate) fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The answer to a request, whatever its status.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<String>,
    ) -> Result<Answer, Error> {
        let request = format!("{method} {path}");
        let mut call = self
            .client
            .request(method, format!("{}{path}", self.address()))
            .bearer_auth(seed::test_key());
        if let Some(body) = body {
            call = call.header("content-type", "application/json").body(body);
        }
        let absent = |error: reqwest::Error| {
            if error.is_connect() {
                Error::NoProcess {
                    address: self.address(),
                    port: self.port,
                }
            } else {
                Error::Http("the local process did not answer", error)
            }
        };
        let answer = call.send().await.map_err(absent)?;
        let status = answer.status().as_u16();
        let text = answer.text().await.map_err(absent)?;
        let body = serde_json::from_str(&text).unwrap_or_default();
        if status == 401 || body == Value::Null {
            let found = format!("{request} was answered with {status}");
            return Err(Error::NotSavvy(self.address(), found));
        }
        Ok(Answer {
            request,
            status,
            body,
        })
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Value, Error> {
        self.send(Method::GET, path, None).await?.good()
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Result<Value, Error> {
        let body = Some(body.to_string());
        self.send(Method::POST, path, body).await?.good()
    }

    pub(crate) async fn delete(&self, path: &str) -> Result<Value, Error> {
        self.send(Method::DELETE, path, None).await?.good()
    }
}

impl Answer {
    /// The body of an answer that did what was asked for.
    pub(crate) fn good(self) -> Result<Value, Error> {
        if self.status < 300 {
            return Ok(self.body);
        }
        Err(Error::Refused {
            detail: self.detail(),
            request: self.request,
            status: self.status,
        })
    }

    /// What a problem says, with each of its fields.
    fn detail(&self) -> String {
        let fields = rows(&self.body, "/errors")
            .map(|field| format!("\n  {} {}", text(field, "/pointer"), text(field, "/detail")));
        [text(&self.body, "/detail")]
            .into_iter()
            .chain(fields)
            .collect()
    }
}

/// A client that goes where it is sent: through no proxy, and after no redirect.
pub(crate) fn client(timeout: Duration) -> Result<reqwest::Client, Error> {
    // Fails where a provider is installed already, which is as good.
    drop(rustls::crypto::ring::default_provider().install_default());
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .timeout(timeout)
        .build()
        .map_err(|error| Error::Http("HTTP client", error))
}

/// The text that a JSON pointer leads to; empty where there is none.
pub(crate) fn text(value: &Value, pointer: &str) -> String {
    let found = value.pointer(pointer).and_then(Value::as_str);
    found.unwrap_or_default().to_owned()
}

/// The entries of the array that a JSON pointer leads to.
pub(crate) fn rows<'a>(value: &'a Value, pointer: &str) -> impl Iterator<Item = &'a Value> {
    let found = value.pointer(pointer).and_then(Value::as_array);
    found.into_iter().flatten()
}
