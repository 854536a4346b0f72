//! What a function is told by its environment. Read once, at the start; a missing value stops the process then.

use std::collections::BTreeMap;
use std::sync::Arc;

use models::{Error, IdSource, Result};
use providers::webhook::Egress;
use store::{Clock, Connection, Credentials};

/// The settings of one function.
#[derive(Debug, Clone)]
pub struct Config {
    variables: BTreeMap<String, String>,
    /// How AWS is reached.
    pub connection: Connection,
    /// Where the time comes from.
    pub clock: Clock,
    /// How far webhooks may reach. No variable sets it: only the code of the local process does.
    pub egress: Egress,
    /// Whether limits on calls are applied. No variable sets it: only tests that make more calls leave them out.
    pub rate_limits: bool,
    /// Where ids come from. Functions in one process share it, so that ids under a test clock are in the order of creation.
    pub ids: Arc<IdSource>,
}

impl Config {
    /// From the environment of a Lambda function.
    pub fn from_env() -> Result<Self> {
        let variables: BTreeMap<String, String> = std::env::vars().collect();
        let get = |name: &str| variables.get(name).cloned();
        let credentials = Credentials::new(
            get("AWS_ACCESS_KEY_ID").unwrap_or_else(|| "local".to_owned()),
            get("AWS_SECRET_ACCESS_KEY").unwrap_or_else(|| "local".to_owned()),
            get("AWS_SESSION_TOKEN"),
            None,
            "environment",
        );
        let region = get("AWS_REGION").unwrap_or_else(|| "us-east-1".to_owned());
        let connection = Connection::new(region, get("AWS_ENDPOINT_URL"), credentials);
        Ok(Self::new(variables, connection))
    }

    /// With variables given by whoever runs several functions in one process.
    pub fn new(variables: BTreeMap<String, String>, connection: Connection) -> Self {
        Self {
            variables,
            connection,
            clock: Clock::Wall,
            egress: Egress::PublicOnly,
            rate_limits: true,
            ids: Arc::new(IdSource::system()),
        }
    }

    /// The same with one more variable.
    #[must_use]
    pub fn with_variable(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    /// A variable that the function cannot do without.
    pub fn require(&self, name: &str) -> Result<&str> {
        self.get(name)
            .ok_or_else(|| Error::internal(format_args!("the variable {name} is not set")))
    }

    /// A variable, where it is set and not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }
}
