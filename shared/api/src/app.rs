//! What lives as long as the process: the table, the providers, the clock, chance, and the credentials seen lately.

use std::sync::Arc;

use http::HeaderMap;
use http::header::HOST;
use models::{IdSource, Mode, Result, Scope};
use operations::{Context, Providers};
use providers::Sandboxes;
use providers::webhook::Egress;
use store::{Clock, Origin, Session, Table};

use crate::config::Config;
use crate::configured;
use crate::cors::Cors;
use crate::credential_cache::CredentialCache;
use crate::limits::{self, Limits};

/// The state of every handler and worker.
#[derive(Debug, Clone)]
pub struct App(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    table: Table,
    clock: Clock,
    ids: Arc<IdSource>,
    test: Providers,
    live: Providers,
    egress: Egress,
    operator_key_sha256: Option<String>,
    public_url: Option<String>,
    cors: Cors,
    credentials: CredentialCache,
    limits: Limits,
}

impl App {
    /// Everything a function needs, from its settings.
    pub fn new(config: &Config) -> Result<Self> {
        Self::with(config, Arc::clone(&config.ids), &Sandboxes::default())
    }

    /// The same with chance and sandboxes that a test holds in its hands.
    pub fn with(config: &Config, ids: Arc<IdSource>, sandboxes: &Sandboxes) -> Result<Self> {
        Ok(Self(Arc::new(Inner {
            table: Table::new(&config.connection, config.require("TABLE_NAME")?),
            clock: config.clock,
            ids,
            test: configured::test(sandboxes),
            live: configured::live(config)?,
            egress: config.egress,
            operator_key_sha256: config
                .get("OPERATOR_KEY_SHA256")
                .map(str::to_ascii_lowercase),
            public_url: config.get("PUBLIC_URL").map(str::to_owned),
            cors: Cors::new(config.get("CORS_ORIGINS").unwrap_or_default()),
            credentials: CredentialCache::default(),
            limits: Limits::new(config.rate_limits),
        })))
    }

    /// Where ids come from.
    pub(crate) fn ids(&self) -> &Arc<IdSource> {
        &self.0.ids
    }

    /// The table, for what belongs to no business: credentials, and the index of what is due.
    pub fn table(&self) -> &Table {
        &self.0.table
    }

    /// Where the time comes from.
    pub fn clock(&self) -> Clock {
        self.0.clock
    }

    /// How far webhooks may reach.
    pub fn egress(&self) -> Egress {
        self.0.egress
    }

    /// The origins whose pages may read answers.
    pub(crate) fn cors(&self) -> &Cors {
        &self.0.cors
    }

    /// Where addresses of pages begin: what the installation was told, or else the domain of the API, which is the `Host` of every
    /// request that came through API Gateway, whatever its caller said.
    pub fn pages_url(&self, headers: &HeaderMap) -> String {
        if let Some(url) = &self.0.public_url {
            return url.trim_end_matches('/').to_owned();
        }
        let host = headers.get(HOST).and_then(|value| value.to_str().ok());
        let host = host.unwrap_or("localhost");
        let name = host.split(':').next().unwrap_or_default();
        let scheme = match name {
            "127.0.0.1" | "localhost" => "http",
            _ => "https",
        };
        format!("{scheme}://{host}")
    }

    pub(crate) fn credentials(&self) -> &CredentialCache {
        &self.0.credentials
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// Where limits are counted, and when.
    pub(crate) fn now(&self) -> limits::Now<'_> {
        limits::Now {
            table: &self.0.table,
            at: self.0.clock.now(),
        }
    }

    pub(crate) fn operator_key_sha256(&self) -> Option<&str> {
        self.0.operator_key_sha256.as_deref()
    }

    /// Forgets a credential that was revoked or rotated, so that this process refuses it at once.
    pub fn forget_credential(&self, hash: &str) {
        self.0.credentials.forget(hash);
    }

    /// A unit of work for a business. Test mode pays through the sandbox; live mode has no gateway until one is configured.
    pub fn context(&self, scope: Scope, via: Origin) -> Context {
        self.wrap(self.session(scope, via))
    }

    /// A unit of work for a business that is only now being made: live mode, under an id of its own.
    pub fn new_business(&self, via: Origin) -> Result<Context> {
        let business = self.0.ids.mint(self.0.clock.now(), None)?;
        let scope = Scope {
            business,
            mode: Mode::Live,
        };
        Ok(self.context(scope, via))
    }

    /// Scheduled work for a business; `at` is the moment on its test clock, where it has one.
    pub fn scheduled(&self, scope: Scope, at: Option<models::Timestamp>) -> Context {
        let session = self.session(scope, Origin::system());
        self.wrap(match at {
            Some(at) => session.at(at),
            None => session,
        })
    }

    fn session(&self, scope: Scope, via: Origin) -> Session {
        Session::new(
            self.0.table.clone(),
            scope,
            via,
            self.0.clock,
            Arc::clone(&self.0.ids),
        )
    }

    fn wrap(&self, session: Session) -> Context {
        let providers = match session.mode() {
            Mode::Test => self.0.test.clone(),
            Mode::Live => self.0.live.clone(),
        };
        Context::new(session, providers)
    }
}
