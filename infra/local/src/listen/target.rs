//! The server under development that deliveries are forwarded to.

use std::fmt;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use http::header::{
    CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, EXPECT, HOST, RETRY_AFTER, TE, TRANSFER_ENCODING,
};
use http::{Response, StatusCode};
use url::Url;

use super::receiver::{Message, empty};
use crate::Error;
use crate::caller;
use crate::reply::{Body, full};

/// How long Savvy waits for an answer.
const SAVVY_WAITS: Duration = Duration::from_secs(15);
/// How long the target may take: longer than that, so that its developer sees how late it was.
const TIMEOUT: Duration = Duration::from_mins(1);
/// How much of an answer is passed on. Savvy reads no more.
const MAXIMUM_ANSWER_BYTES: usize = 65_536;

/// An address, and the client that goes there.
#[derive(Debug)]
pub(super) struct Target {
    url: Url,
    client: reqwest::Client,
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.url.fmt(f)
    }
}

impl Target {
    /// Reads `--forward-to`: an address, also without its `http://`, or a port of this machine.
    pub(super) fn parse(text: &str) -> Result<Self, Error> {
        Ok(Self {
            url: parse(text).map_err(|why| Error::ForwardTo(text.to_owned(), why))?,
            client: caller::client(TIMEOUT)?,
        })
    }

    /// Forwards a message as it is. The line says what came of it; the response is what Savvy is to be answered.
    pub(super) async fn forward(&self, message: &Message) -> (String, Response<Body>) {
        let begun = Instant::now();
        let answer = self.send(message).await;
        let took = begun.elapsed();
        match answer {
            Ok(response) => {
                let status = response.status();
                let remark = remark(status, took);
                let line = format!("[{}] {} ms{remark}", status.as_u16(), took.as_millis());
                (line, response)
            }
            Err(error) => {
                let why = if error.is_timeout() {
                    format!("gave no answer in {} s", TIMEOUT.as_secs())
                } else if error.is_connect() {
                    format!("cannot be reached: {}", root(&error))
                } else {
                    format!("broke the connection: {}", root(&error))
                };
                let line = format!("[502] {} ms  {self} {why}", took.as_millis());
                (line, empty(StatusCode::BAD_GATEWAY))
            }
        }
    }

    async fn send(&self, message: &Message) -> reqwest::Result<Response<Body>> {
        let mut headers = message.headers.clone();
        // Those of the connection that it came through, and the host of that.
        for name in [
            HOST,
            CONNECTION,
            CONTENT_LENGTH,
            TRANSFER_ENCODING,
            TE,
            EXPECT,
        ] {
            headers.remove(name);
        }
        let request = self
            .client
            .post(self.url.clone())
            .headers(headers)
            .body(message.body.clone());
        let mut answer = request.send().await?;
        let mut body = BytesMut::new();
        // The status counts, also where the body breaks off: for Savvy it is no different.
        while body.len() < MAXIMUM_ANSWER_BYTES
            && let Ok(Some(chunk)) = answer.chunk().await
        {
            body.extend_from_slice(&chunk);
        }
        Ok(passed_on(&answer, body.freeze()))
    }
}

/// Of an answer, what Savvy looks at.
fn passed_on(answer: &reqwest::Response, body: Bytes) -> Response<Body> {
    let mut response = Response::new(full(body));
    *response.status_mut() = answer.status();
    for name in [CONTENT_TYPE, RETRY_AFTER] {
        if let Some(value) = answer.headers().get(&name) {
            response.headers_mut().insert(name, value.clone());
        }
    }
    response
}

/// What a developer may not expect of an answer.
fn remark(status: StatusCode, took: Duration) -> &'static str {
    if took > SAVVY_WAITS {
        " (too late: Savvy waits 15 s)"
    } else if status.is_redirection() {
        " (a redirect is not followed: it counts as a failure)"
    } else if status == StatusCode::GONE {
        " (this disables the endpoint)"
    } else {
        ""
    }
}

fn parse(text: &str) -> Result<Url, String> {
    let is_port = text.parse::<u16>().is_ok();
    let address = if is_port {
        format!("http://127.0.0.1:{text}")
    } else if text.contains("://") {
        text.to_owned()
    } else {
        format!("http://{text}")
    };
    let url = Url::parse(&address).map_err(|error| error.to_string())?;
    match url.scheme() {
        "http" | "https" => Ok(url),
        other => Err(format!(
            "must begin with http:// or https://, not {other}://"
        )),
    }
}

/// The error at the bottom, which says what happened.
fn root(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_target_is_an_address_or_a_port() {
        for (text, address) in [
            (
                "http://localhost:3000/hook?a=b",
                "http://localhost:3000/hook?a=b",
            ),
            ("https://localhost/", "https://localhost/"),
            ("localhost:3000/hook", "http://localhost:3000/hook"),
            ("[::1]:3000", "http://[::1]:3000/"),
            ("3000", "http://127.0.0.1:3000/"),
        ] {
            assert_eq!(parse(text).unwrap().as_str(), address);
        }
        for wrong in ["", "ftp://localhost", "http://", "http://local host"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
