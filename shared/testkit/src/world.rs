//! The world itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use api::{App, Config};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use axum::Router;
use models::event::Actor;
use models::platform::{Account, ApiKey, CredentialKind, NewApiKey, ScopeSet, SecretDigest};
use models::{Id, IdSource, Mode, Scope, Timestamp};
use providers::webhook::Egress;
use providers::{Sandboxes, email, gateway, sms};
use store::{Clock, Connection, CredentialLookup, Credentials, Origin};

use crate::inbox::Inbox;
use crate::meter::Meter;
use crate::request::Call;
use crate::table;

/// The table's name in every world.
const TABLE: &str = "savvy";
/// The operator's key in every world.
const OPERATOR_KEY: &str = "rs_operator_key_of_the_tests";

/// Seconds after which what a crashed process held is anybody's: its idempotency key, and its lease on a payment.
pub const AFTER_A_CRASH: i64 = 40;

/// A business with its keys.
#[derive(Debug, Clone)]
pub struct Tenant {
    /// Its id.
    pub business: models::Business,
    /// A key for test mode with every scope.
    pub test_key: String,
    /// A key for live mode with every scope.
    pub live_key: String,
}

impl Tenant {
    /// Its test mode.
    pub fn test(&self) -> Scope {
        Scope {
            business: self.business,
            mode: Mode::Test,
        }
    }
}

/// An embedded DynamoDB, a clock that stands still, chance with a seed, and two businesses.
#[expect(missing_debug_implementations, reason = "the database has none")]
pub struct World {
    /// What a function runs with.
    pub config: Config,
    /// The state of handlers and workers.
    pub app: App,
    /// The sandbox gateway, which counts, except in a world to measure.
    pub sandbox: gateway::Sandbox,
    /// The sandbox of text messages, which counts, too.
    pub sms: sms::Sandbox,
    /// The sandbox of e-mails, which counts, too.
    pub mail: email::Sandbox,
    /// The business that the test is about.
    pub ours: Tenant,
    /// Somebody else's business.
    pub theirs: Tenant,
    /// What the table would charge.
    pub meter: Meter,
    /// What was sent to queues.
    pub inbox: Inbox,
    /// The database itself, to look into.
    pub database: dynoxide::Database,
    /// Where it is served.
    url: String,
    /// Whether answers are held to the documents, which takes time.
    held: bool,
}

impl World {
    /// A world at noon of 15 January 2026.
    pub async fn new() -> Self {
        Self::at("2026-01-15T12:00:00Z").await
    }

    /// A world at that moment.
    pub async fn at(now: &str) -> Self {
        let database = table::database(&table::definition(TABLE));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let served = database.clone();
        tokio::spawn(async move {
            dynoxide::server::serve_with_shutdown(listener, served, std::future::pending()).await
        });
        Self::over(database, url, now.parse().unwrap(), Sandboxes::counting()).await
    }

    /// A world to measure: its database has a thread of its own, called `dynamodb`, so that its time can be told from ours,
    /// and keeps no stream, for it reads all records of a stream to number the next one. Its gateway remembers nothing, and
    /// its answers are not held to the documents.
    pub async fn to_measure(now: &str) -> Self {
        let database = table::database(&table::without_stream(TABLE));
        let (tell, told) = std::sync::mpsc::channel();
        let served = database.clone();
        let serve = move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .thread_name("dynamodb")
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
                tell.send(listener.local_addr().unwrap()).unwrap();
                dynoxide::server::serve_with_shutdown(listener, served, std::future::pending())
                    .await
            })
        };
        std::thread::Builder::new()
            .name("dynamodb".to_owned())
            .spawn(serve)
            .unwrap();
        let url = format!("http://{}", told.recv().unwrap());
        let world = Self::over(database, url, now.parse().unwrap(), Sandboxes::default()).await;
        Self {
            held: false,
            ..world
        }
    }

    async fn over(
        database: dynoxide::Database,
        url: String,
        now: Timestamp,
        sandboxes: Sandboxes,
    ) -> Self {
        let inbox = Inbox::default();
        let (config, meter) = config(&url, Clock::Fixed(now), &inbox);
        let app = App::with(&config, Arc::new(IdSource::seeded(7)), &sandboxes).unwrap();
        let ours = tenant(&app, 1, now).await;
        let theirs = tenant(&app, 2, now).await;
        meter.take();
        Self {
            config,
            app,
            sandbox: sandboxes.gateway,
            sms: sandboxes.sms,
            mail: sandboxes.mail,
            ours,
            theirs,
            meter,
            inbox,
            database,
            url,
            held: true,
        }
    }

    /// The same world at the same time, seen by another process: a connection, a meter and chance of its own.
    #[must_use]
    pub fn process(&self, seed: u64) -> Self {
        let (config, meter) = config(&self.url, self.config.clock, &self.inbox);
        let ids = Arc::new(IdSource::seeded(seed));
        Self {
            app: App::with(&config, ids, &self.sandboxes()).unwrap(),
            config,
            meter,
            ..self.share()
        }
    }

    /// The same world, served by a process with another variable in its environment.
    #[must_use]
    pub fn with_variable(&self, name: &str, value: &str) -> Self {
        let config = self.config.clone().with_variable(name, value);
        let ids = Arc::new(IdSource::seeded(9));
        Self {
            app: App::with(&config, ids, &self.sandboxes()).unwrap(),
            config,
            ..self.share()
        }
    }

    /// The same world, served by another process that applies the limits on calls.
    #[must_use]
    pub fn limited(&self) -> Self {
        let (mut config, meter) = config(&self.url, self.config.clock, &self.inbox);
        config.rate_limits = true;
        let ids = Arc::new(IdSource::seeded(10));
        Self {
            app: App::with(&config, ids, &self.sandboxes()).unwrap(),
            config,
            meter,
            ..self.share()
        }
    }

    /// The same world that many seconds later, served by another process: same table, same gateway.
    #[must_use]
    pub fn later(&self, seconds: i64) -> Self {
        let mut config = self.config.clone();
        config.clock = Clock::Fixed(config.clock.now().plus_seconds(seconds));
        let ids = Arc::new(IdSource::seeded(8));
        Self {
            app: App::with(&config, ids, &self.sandboxes()).unwrap(),
            config,
            ..self.share()
        }
    }

    /// The same world at that moment, earlier or later, seen by another process with chance of its own.
    #[must_use]
    pub fn moment(&self, now: Timestamp, seed: u64) -> Self {
        let (config, meter) = config(&self.url, Clock::Fixed(now), &self.inbox);
        let ids = Arc::new(IdSource::seeded(seed));
        Self {
            app: App::with(&config, ids, &self.sandboxes()).unwrap(),
            config,
            meter,
            ..self.share()
        }
    }

    fn sandboxes(&self) -> Sandboxes {
        Sandboxes {
            gateway: self.sandbox.clone(),
            sms: self.sms.clone(),
            mail: self.mail.clone(),
        }
    }

    fn share(&self) -> Self {
        Self {
            config: self.config.clone(),
            app: self.app.clone(),
            sandbox: self.sandbox.clone(),
            sms: self.sms.clone(),
            mail: self.mail.clone(),
            ours: self.ours.clone(),
            theirs: self.theirs.clone(),
            meter: self.meter.clone(),
            inbox: self.inbox.clone(),
            database: self.database.clone(),
            url: self.url.clone(),
            held: self.held,
        }
    }

    /// A caller of those routes with our test key.
    pub fn call(&self, routes: impl Into<Router<App>>) -> Call {
        Call::new(
            api::finish(routes.into(), self.app.clone()),
            self.ours.test_key.clone(),
            self.held,
        )
    }

    /// The operator's key.
    pub const fn operator_key(&self) -> &'static str {
        OPERATOR_KEY
    }

    /// A key of our test mode with these scopes only.
    pub async fn key_with(&self, scopes: &[&str]) -> String {
        let scopes = scopes
            .iter()
            .try_fold(ScopeSet::default(), |set, scope| set.with(scope))
            .unwrap();
        let secret = format!(
            "rs_test_key_with_{}",
            scopes.names().join("_").replace(':', "_")
        );
        let number = 900 + u64::try_from(secret.len()).unwrap();
        key(&self.app, self.ours.test(), &secret, scopes, number).await;
        secret
    }

    /// The token of a new partner in our test mode.
    pub async fn partner(&self, name: &str, number: u64) -> String {
        let token = format!("token_of_partner_{number}_{}", self.ours.business.number());
        let context = self.app.context(self.ours.test(), Origin::system());
        let new = NewApiKey {
            name: name.to_owned(),
            mode: Mode::Test,
            scopes: ScopeSet::ALL,
            expires_at: None,
            allowed_origins: Vec::new(),
        };
        let digest = SecretDigest {
            hash: store::keys::sha256(&token),
            last4: "test".to_owned(),
        };
        let hash = digest.hash.clone();
        let mut record = ApiKey::new(Id::new(number).unwrap(), new, digest, context.wall());
        record.kind = CredentialKind::MemberToken;
        let credential = record.credential(self.ours.business);
        let mut writes = context.writes().await.unwrap();
        writes.create(&record, None).unwrap();
        writes
            .create(&CredentialLookup { hash, credential }, None)
            .unwrap();
        assert!(context.write(&writes).await.unwrap());
        token
    }

    /// The largest item of each type, in bytes as DynamoDB counts them.
    pub fn sizes(&self) -> BTreeMap<String, usize> {
        let mut sizes = BTreeMap::new();
        for item in self.dump() {
            let entity_type = item["et"]["S"].as_str().unwrap_or_default().to_owned();
            let item: dynoxide::Item = serde_json::from_value(item).unwrap();
            let size = sizes.entry(entity_type).or_default();
            *size = dynoxide::types::item_size(&item).max(*size);
        }
        sizes
    }

    /// What the stream of the table tells of after that record, or from its beginning: as Lambda hands it to a function.
    pub fn changes(&self, after: Option<&str>) -> Vec<serde_json::Value> {
        use dynoxide::actions::get_records::GetRecordsRequest;
        use dynoxide::actions::get_shard_iterator::GetShardIteratorRequest;
        let request = GetShardIteratorRequest {
            stream_arn: dynoxide::streams::stream_arn(TABLE, "local"),
            shard_id: dynoxide::streams::shard_id(TABLE),
            shard_iterator_type: after
                .map_or("TRIM_HORIZON", |_| "AFTER_SEQUENCE_NUMBER")
                .to_owned(),
            sequence_number: after.map(str::to_owned),
        };
        let begins = self.database.get_shard_iterator(request).unwrap();
        let request = GetRecordsRequest {
            shard_iterator: begins.shard_iterator.unwrap(),
            limit: Some(1000),
        };
        let read = self.database.get_records(request).unwrap();
        read.records
            .iter()
            .map(|record| serde_json::to_value(record).unwrap())
            .collect()
    }

    /// Writes an item as it is: one that no writer of ours makes.
    pub fn put(&self, item: &serde_json::Value) {
        let request = serde_json::json!({ "TableName": TABLE, "Item": item });
        let request = serde_json::from_value(request).unwrap();
        self.database.put_item(request).unwrap();
    }

    /// Every item of the table: to look for what should not be there.
    pub fn dump(&self) -> Vec<serde_json::Value> {
        let mut items = Vec::new();
        let mut request = serde_json::json!({ "TableName": TABLE });
        loop {
            let scan = self
                .database
                .scan(serde_json::from_value(request.clone()).unwrap());
            let mut found = serde_json::to_value(scan.unwrap()).unwrap();
            if let Some(page) = found["Items"].as_array_mut() {
                items.append(page);
            }
            // A page ends after a megabyte.
            if found["LastEvaluatedKey"].is_null() {
                return items;
            }
            request["ExclusiveStartKey"] = found["LastEvaluatedKey"].take();
        }
    }
}

/// The settings of a process, and what counts its calls.
fn config(url: &str, clock: Clock, inbox: &Inbox) -> (Config, Meter) {
    let credentials = Credentials::new("local", "local", None, None, "test");
    let mut connection = Connection::new("us-east-1", Some(url.to_owned()), credentials);
    let meter = Meter::over(inbox.before(connection.http_client.clone()));
    connection.http_client = SharedHttpClient::new(meter.clone());
    let variables = [
        ("TABLE_NAME", TABLE.to_owned()),
        ("OPERATOR_KEY_SHA256", store::keys::sha256(OPERATOR_KEY)),
        ("BILLING_QUEUE_URL", format!("{url}/queue/billing")),
        (
            "NOTIFICATIONS_QUEUE_URL",
            format!("{url}/queue/notifications"),
        ),
        (
            "WEBHOOK_DELIVERY_QUEUE_URL",
            format!("{url}/queue/webhook-delivery"),
        ),
        (
            "WEBHOOK_FANOUT_QUEUE_URL",
            format!("{url}/queue/webhook-fanout"),
        ),
        ("EVENT_BUS_NAME", "savvy-events".to_owned()),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value));
    let mut config = Config::new(BTreeMap::from(variables), connection);
    config.clock = clock;
    config.egress = Egress::AlsoLoopback;
    config.rate_limits = false;
    (config, meter)
}

async fn tenant(app: &App, number: u64, now: Timestamp) -> Tenant {
    let business = Id::new(number).unwrap();
    let account = Account {
        id: business,
        name: format!("Business {number}"),
        email: "owner@example.com".to_owned(),
        country: "US".to_owned(),
        currency: "USD".parse().unwrap(),
        time_zone: "America/New_York".to_owned(),
        created: now,
        rate_limit: None,
    };
    let scope = |mode| Scope { business, mode };
    let context = app.context(
        scope(Mode::Live),
        Origin {
            actor: Actor::system(),
            request: None,
        },
    );
    let mut writes = context.writes().await.unwrap();
    writes.create(&account, None).unwrap();
    assert!(context.write(&writes).await.unwrap());
    let test_key = format!("rs_test_key_of_business_{number}");
    let live_key = format!("rs_live_key_of_business_{number}");
    key(app, scope(Mode::Test), &test_key, ScopeSet::ALL, 1).await;
    key(app, scope(Mode::Live), &live_key, ScopeSet::ALL, 1).await;
    Tenant {
        business,
        test_key,
        live_key,
    }
}

async fn key(app: &App, scope: Scope, secret: &str, scopes: ScopeSet, number: u64) {
    let context = app.context(scope, Origin::system());
    let id = Id::new(number).unwrap();
    let hash = store::keys::sha256(secret);
    let new = NewApiKey {
        name: "Key of the tests".to_owned(),
        mode: scope.mode,
        scopes,
        expires_at: None,
        allowed_origins: Vec::new(),
    };
    let digest = SecretDigest {
        hash: hash.clone(),
        last4: "test".to_owned(),
    };
    let record = ApiKey::new(id, new, digest, context.wall());
    let credential = record.credential(scope.business);
    let mut writes = context.writes().await.unwrap();
    writes.create(&record, None).unwrap();
    writes
        .create(&CredentialLookup { hash, credential }, None)
        .unwrap();
    assert!(context.write(&writes).await.unwrap());
}
