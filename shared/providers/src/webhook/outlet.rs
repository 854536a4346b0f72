//! The connections to endpoints: how they are made, how long they are kept.

use std::cell::Cell;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use models::{Error, Result};
use reqwest::{Client, Request, Response};
use rustls::ClientConfig;
use rustls_platform_verifier::BuilderVerifierExt;
use tower::{Layer, Service};

use super::resolver::Guarded;
use super::sender::Timeouts;

/// How long a connection may wait for its next message. Short, because Lambda freezes the process between messages, and who
/// is at the other end, or between, forgets the connection meanwhile.
const KEEP: Duration = Duration::from_secs(15);
/// Connections that may wait for their next message to one host.
const KEEP_PER_HOST: usize = 16;

/// Connections that reach equally far.
#[derive(Debug)]
pub(super) struct Outlet {
    pub(super) resolver: Guarded,
    tls: ClientConfig,
    timeouts: Timeouts,
    pool: Mutex<Pool>,
}

#[derive(Debug)]
struct Pool {
    client: Client,
    used_seconds: i64,
}

impl Outlet {
    pub(super) fn new(resolver: Guarded, tls: ClientConfig, timeouts: Timeouts) -> Result<Self> {
        let client = client(&resolver, &tls, timeouts, KEEP_PER_HOST).map_err(Error::internal)?;
        let used_seconds = i64::MAX;
        Ok(Self {
            resolver,
            tls,
            timeouts,
            pool: Mutex::new(Pool {
                client,
                used_seconds,
            }),
        })
    }

    /// Sends over a kept connection, if there is one that has not waited for too long. `now_seconds` is the wall clock: that
    /// of the machine stands still while the process is frozen.
    pub(super) async fn send(&self, request: Request, now_seconds: i64) -> Sent {
        let client = self.pooled(now_seconds);
        DIALLED
            .scope(Cell::new(false), async {
                let outcome = client.execute(request).await;
                Sent {
                    outcome,
                    dialled: DIALLED.with(Cell::get),
                }
            })
            .await
    }

    /// Sends over a connection of its own.
    pub(super) async fn send_apart(&self, request: Request) -> reqwest::Result<Response> {
        client(&self.resolver, &self.tls, self.timeouts, 0)?
            .execute(request)
            .await
    }

    fn pooled(&self, now_seconds: i64) -> Client {
        let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        let idle = now_seconds.saturating_sub(pool.used_seconds);
        if idle.unsigned_abs() > KEEP.as_secs()
            && pool.used_seconds != i64::MAX
            && let Ok(client) = client(&self.resolver, &self.tls, self.timeouts, KEEP_PER_HOST)
        {
            pool.client = client;
        }
        pool.used_seconds = now_seconds;
        pool.client.clone()
    }
}

/// What came of sending a request over connections that are kept.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) outcome: reqwest::Result<Response>,
    /// Whether a connection was opened for it. Otherwise it went over one that had been used before.
    pub(super) dialled: bool,
}

/// How all connections trust: what the system trusts, read once.
pub(crate) fn tls() -> Result<ClientConfig> {
    // Fails where a provider is installed already, which is as good.
    drop(rustls::crypto::ring::default_provider().install_default());
    let builder = ClientConfig::builder().with_platform_verifier();
    let mut tls = builder.map_err(Error::internal)?.with_no_client_auth();
    tls.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(tls)
}

fn client(
    resolver: &Guarded,
    tls: &ClientConfig,
    timeouts: Timeouts,
    keep_per_host: usize,
) -> reqwest::Result<Client> {
    Client::builder()
        .tls_backend_preconfigured(tls.clone())
        .http1_only()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .referer(false)
        .retry(reqwest::retry::never())
        .connect_timeout(timeouts.connect)
        .tcp_nodelay(true)
        .pool_idle_timeout(KEEP)
        .pool_max_idle_per_host(keep_per_host)
        .dns_resolver(resolver.clone())
        .connector_layer(Noting)
        .user_agent(models::webhooks::USER_AGENT)
        .build()
}

tokio::task_local! {
    /// Whether the request that this task sends has begun to open a connection.
    static DIALLED: Cell<bool>;
}

/// Notes that a connection is being opened.
#[derive(Debug, Clone, Copy)]
struct Noting;

#[derive(Debug, Clone)]
struct Noted<S>(S);

impl<S> Layer<S> for Noting {
    type Service = Noted<S>;

    fn layer(&self, inner: S) -> Noted<S> {
        Noted(inner)
    }
}

impl<S: Service<R>, R> Service<R> for Noted<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<std::result::Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: R) -> S::Future {
        // Nobody asks where there is no such scope.
        DIALLED
            .try_with(|dialled| dialled.set(true))
            .unwrap_or_default();
        self.0.call(request)
    }
}
