//! One HTTP POST to an endpoint of a customer.

use std::error::Error as Cause;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use models::Result;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Request, Response};

use super::answer;
use super::guard::{self, Egress};
use super::header::header_is_usable;
use super::message::{EndpointResponse, Failure, FailureKind, Message, Reply};
use super::outlet::{self, Outlet};
use super::redaction::Redaction;
use super::resolver::{Guarded, Lookup, SystemLookup};

/// Header of a message: the event's id.
const WEBHOOK_ID: HeaderName = HeaderName::from_static("webhook-id");
/// Header of a message: when it was sent.
const WEBHOOK_TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
/// Header of a message: see [`super::sign`].
const WEBHOOK_SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");

/// How long an endpoint may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// Until its name is resolved.
    pub lookup: Duration,
    /// Until the connection is made, the look-up included.
    pub connect: Duration,
    /// Until the answer is there to its end. Shorter than the function's own time-out, so that the outcome is always written
    /// down.
    pub total: Duration,
}

impl Default for Timeouts {
    /// 3, 5 and 15 seconds.
    fn default() -> Self {
        Self {
            lookup: Duration::from_secs(3),
            connect: Duration::from_secs(5),
            total: Duration::from_secs(15),
        }
    }
}

/// Posts messages. One for the life of a process: it keeps connections open.
#[derive(Debug, Clone)]
pub struct Sender(Arc<Outlets>);

#[derive(Debug)]
struct Outlets {
    public: Outlet,
    /// Where the process allows it; for messages of test mode only.
    loopback: Option<Outlet>,
    timeouts: Timeouts,
}

impl Sender {
    /// A sender that reaches as far as `egress` lets it.
    pub fn new(egress: Egress) -> Result<Self> {
        Self::with_lookup(egress, Arc::new(SystemLookup))
    }

    /// The same with addresses from elsewhere.
    pub fn with_lookup(egress: Egress, lookup: Arc<dyn Lookup>) -> Result<Self> {
        Self::with_timeouts(egress, lookup, Timeouts::default())
    }

    /// The same with less patience, or more.
    pub fn with_timeouts(
        egress: Egress,
        lookup: Arc<dyn Lookup>,
        timeouts: Timeouts,
    ) -> Result<Self> {
        let tls = outlet::tls()?;
        let timeout = timeouts.lookup;
        let guarded = Guarded {
            lookup,
            egress,
            timeout,
        };
        let to = |egress| {
            let resolver = Guarded {
                egress,
                ..guarded.clone()
            };
            Outlet::new(resolver, tls.clone(), timeouts)
        };
        let public = to(Egress::PublicOnly)?;
        let loopback = match egress {
            Egress::PublicOnly => None,
            Egress::AlsoLoopback => Some(to(Egress::AlsoLoopback)?),
        };
        Ok(Self(Arc::new(Outlets {
            public,
            loopback,
            timeouts,
        })))
    }

    /// Posts a message with the three headers of Standard Webhooks. Never fails: a failure is an outcome.
    ///
    /// Where a kept connection turns out to be dead before an answer begins, the message is posted once more over a new
    /// one; the receiver knows it by its id if it came twice.
    pub async fn post(&self, mut message: Message<'_>) -> Reply {
        let begun = Instant::now();
        let body = Bytes::from(std::mem::take(&mut message.body));
        let outcome = self.attempt(&message, body, begun).await;
        let response_time_ms = u32::try_from(begun.elapsed().as_millis()).unwrap_or(u32::MAX);
        let outcome = match outcome {
            Ok(response) => Ok(read(response, &message).await),
            Err(failure) => Err(failure),
        };
        Reply {
            outcome,
            response_time_ms,
        }
    }

    async fn attempt(
        &self,
        message: &Message<'_>,
        body: Bytes,
        begun: Instant,
    ) -> std::result::Result<Response, Failure> {
        let outlet = self.outlet(message);
        let egress = outlet.resolver.egress;
        let mut first = request(message, egress, body.clone())?;
        *first.timeout_mut() = Some(self.0.timeouts.total);
        let sent = outlet.send(first, message.timestamp_seconds).await;
        let error = match sent.outcome {
            Ok(response) => return Ok(response),
            Err(error) => failure(&error),
        };
        let left = self.0.timeouts.total.saturating_sub(begun.elapsed());
        if sent.dialled || error.kind != FailureKind::Broken || left.is_zero() {
            return Err(error);
        }
        let mut second = request(message, egress, body)?;
        *second.timeout_mut() = Some(left);
        outlet
            .send_apart(second)
            .await
            .map_err(|error| failure(&error))
    }

    fn outlet(&self, message: &Message<'_>) -> &Outlet {
        match (message.mode, &self.0.loopback) {
            (models::Mode::Test, Some(outlet)) => outlet,
            (models::Mode::Test | models::Mode::Live, _) => &self.0.public,
        }
    }
}

async fn read(response: Response, message: &Message<'_>) -> EndpointResponse {
    let secrets = message.secrets.iter().copied();
    let redaction = Redaction::of(secrets.chain(message.headers.values().map(String::as_str)));
    answer::read(response, message.timestamp_seconds, &redaction).await
}

fn request(
    message: &Message<'_>,
    egress: Egress,
    body: Bytes,
) -> std::result::Result<Request, Failure> {
    // Again, and not only when the endpoint was created: what is in the table may be older than the rule.
    let url = guard::check_url(message.url, egress)
        .map_err(|refused| failed(FailureKind::Refused, &format!("the URL {refused}")))?;
    let mut request = Request::new(Method::POST, url);
    *request.headers_mut() = headers(message)
        .map_err(|_error| failed(FailureKind::Refused, "the message cannot be sent"))?;
    *request.body_mut() = Some(body.into());
    Ok(request)
}

/// Our headers, then those of the owner: none of these can take the place of one of ours.
fn headers(
    message: &Message<'_>,
) -> std::result::Result<HeaderMap, reqwest::header::InvalidHeaderValue> {
    let mut headers = HeaderMap::with_capacity(message.headers.len() + 8);
    headers.insert(
        reqwest::header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    headers.insert(WEBHOOK_ID, HeaderValue::from_str(message.id)?);
    headers.insert(WEBHOOK_TIMESTAMP, message.timestamp_seconds.into());
    headers.insert(WEBHOOK_SIGNATURE, HeaderValue::from_str(message.signature)?);
    for (name, value) in message.headers {
        if header_is_usable(name, value).is_ok()
            && let Ok(name) = HeaderName::from_bytes(name.as_bytes())
            && let Ok(mut value) = HeaderValue::from_str(value)
        {
            value.set_sensitive(true);
            headers.append(name, value);
        }
    }
    Ok(headers)
}

fn failed(kind: FailureKind, detail: &str) -> Failure {
    Failure {
        kind,
        detail: detail.to_owned(),
    }
}

/// A cause that the owner of the endpoint can act upon, without the addresses behind it.
fn failure(error: &reqwest::Error) -> Failure {
    if error.is_dns() {
        let detail = "the host does not lead to a public address";
        failed(FailureKind::Unresolved, detail)
    } else if error.is_connect() {
        let detail = match tls_error(error) {
            Some(rustls::Error::InvalidCertificate(_)) => {
                "the certificate of the endpoint is not valid"
            }
            Some(_) => "no encrypted connection could be agreed upon",
            None => "the connection could not be made",
        };
        failed(FailureKind::Connect, detail)
    } else if error.is_timeout() {
        let detail = "the endpoint did not answer in time";
        failed(FailureKind::Timeout, detail)
    } else if error.is_builder() {
        failed(FailureKind::Refused, "the URL is not a valid absolute URL")
    } else {
        let detail = "the connection broke before an answer came";
        failed(FailureKind::Broken, detail)
    }
}

/// What lies below an error. What an I/O error wraps is not its source: its source is that of what it wraps.
fn below<'e>(cause: &&'e (dyn Cause + 'static)) -> Option<&'e (dyn Cause + 'static)> {
    let cause: &'e (dyn Cause + 'static) = *cause;
    match cause.downcast_ref().and_then(std::io::Error::get_ref) {
        Some(wrapped) => Some(wrapped),
        None => cause.source(),
    }
}

fn tls_error(error: &reqwest::Error) -> Option<&rustls::Error> {
    let mut causes = std::iter::successors(error.source(), below);
    causes.find_map(|cause| cause.downcast_ref())
}

#[cfg(test)]
mod tests;
