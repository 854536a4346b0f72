//! The functions of the product, wired to the local cloud.

use api::{App, Config, Invocation};
use models::Timestamp;
use providers::webhook::Egress;
use store::{Clock, Connection, Credentials};

use crate::Error;
use crate::cloud::Aws;
use crate::invoke::Functions;

/// Builds one function from its settings: what its `main.rs` hands to the Lambda runtime.
type Build = fn(&Config) -> models::Result<Invocation>;

/// Every function, by the name of its crate.
const FUNCTIONS: &[(&str, Build)] = &[
    ("billing", billing::function),
    ("billing-run", billing_run::function),
    ("crm", crm::function),
    ("docs", docs::function),
    ("due-sweep", due_sweep::function),
    ("outbox-relay", outbox_relay::function),
    ("payments", payments::function),
    ("platform", platform::function),
    ("webhook-delivery", webhook_delivery::function),
    ("webhook-fanout", webhook_fanout::function),
    ("webhooks", webhooks::function),
];

/// The settings of a function: its environment as the template gives it, and what only this process may set: a clock that
/// stands still, and webhooks to this machine.
pub fn config(aws: &Aws, function: &str, clock: Option<Timestamp>) -> Config {
    let credentials = Credentials::new("local", "local", None, None, "local");
    let connection =
        Connection::new(crate::template::REGION, Some(aws.endpoint_url()), credentials);
    let mut config = Config::new(aws.environment(function), connection);
    config.clock = clock.map_or(Clock::Wall, Clock::Fixed);
    config.egress = Egress::AlsoLoopback;
    config
}

/// Every function of the product behind its event.
pub fn wire(aws: &Aws, clock: Option<Timestamp>) -> Result<Functions, Error> {
    let mut invocations = Vec::with_capacity(FUNCTIONS.len());
    for (name, build) in FUNCTIONS {
        let function = build(&config(aws, name, clock)).map_err(Error::Function)?;
        invocations.push(((*name).to_owned(), function));
    }
    Ok(Functions::new(aws.template(), invocations))
}

/// The application that the demo business is created with.
pub fn app(aws: &Aws, clock: Option<Timestamp>, ids: models::IdSource) -> Result<App, Error> {
    let config = config(aws, "platform", clock);
    let sandbox = providers::gateway::Sandbox::new();
    App::with(&config, std::sync::Arc::new(ids), sandbox).map_err(Error::Function)
}
