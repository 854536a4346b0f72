//! The functions of the product, wired to the local cloud.

use std::collections::BTreeMap;
use std::sync::Arc;

use api::{App, Build, Config};
use models::{IdSource, Timestamp};
use providers::Sandboxes;
use providers::webhook::Egress;
use store::{Clock, Connection, Credentials};

use crate::Error;
use crate::access::DEVELOPER;
use crate::cloud::Aws;
use crate::invoke::Functions;

/// Every function, by the name of its crate.
const FUNCTIONS: &[(&str, Build)] = &[
    ("billing", billing::function),
    ("billing-run", billing_run::function),
    ("communications", communications::function),
    ("crm", crm::function),
    ("docs", docs::function),
    ("due-sweep", due_sweep::function),
    ("enterprise", enterprise::function),
    ("members", members::function),
    ("notifications", notifications::function),
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
    let variables = aws.environment(function);
    let variable = |name: &str| variables.get(name).cloned().unwrap_or_default();
    let credentials = Credentials::new(
        variable("AWS_ACCESS_KEY_ID"),
        variable("AWS_SECRET_ACCESS_KEY"),
        None,
        None,
        "local",
    );
    let connection = Connection::new(
        crate::template::REGION,
        Some(aws.endpoint_url()),
        credentials,
    );
    let mut config = Config::new(variables, connection);
    config.clock = clock.map_or(Clock::Wall, Clock::Fixed);
    config.egress = Egress::AlsoLoopback;
    config
}

/// The environment of all functions in one, a line for each variable: what they share has one value, and what one alone
/// has does not disturb the others.
pub fn environment(aws: &Aws) -> String {
    let mut all = BTreeMap::new();
    for (name, _) in FUNCTIONS {
        all.extend(aws.environment(name));
    }
    all.remove("AWS_LAMBDA_FUNCTION_NAME");
    // A developer's own credentials may do everything.
    all.insert("AWS_ACCESS_KEY_ID".to_owned(), "local".to_owned());
    all.iter().fold(String::new(), |mut text, (name, value)| {
        text.extend([name.as_str(), "=", value.as_str(), "\n"]);
        text
    })
}

/// Every function of the product behind its event.
pub fn wire(aws: &Aws, clock: Option<Timestamp>) -> Result<Functions, Error> {
    let mut invocations = Vec::with_capacity(FUNCTIONS.len());
    let ids = Arc::new(IdSource::system());
    for (name, build) in FUNCTIONS {
        let mut config = config(aws, name, clock);
        config.ids = Arc::clone(&ids);
        let function = build(&config).map_err(Error::Function)?;
        invocations.push(((*name).to_owned(), function));
    }
    Ok(Functions::new(aws.template(), invocations))
}

/// The application that the demo business is created with: by the developer, who needs no grant for it.
pub fn app(aws: &Aws, clock: Option<Timestamp>, ids: IdSource) -> Result<App, Error> {
    let mut config = config(aws, "platform", clock);
    config.connection.credentials = Credentials::new(DEVELOPER, DEVELOPER, None, None, "local");
    App::with(&config, Arc::new(ids), &Sandboxes::default()).map_err(Error::Function)
}
