//! The SAM template as plain structs: what there is to build, with every name already the local one.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value};
use serde_yaml_ng::Value as Yaml;

use crate::Error;
use crate::intrinsics::Resolver;
use crate::pattern::Pattern;

pub use crate::intrinsics::{ACCOUNT, REGION, STACK, arn, queue_url};

use api::Api;
use resources::{function, queue, rule, table};

pub use policies::{Grant, Resource};

mod api;
mod events;
mod policies;
mod resources;

/// The template that is deployed, compiled in so that the local process needs no file beside it.
pub const TEMPLATE: &str = include_str!("../../template.yaml");

/// Everything that the template declares and the local cloud provides.
#[derive(Debug)]
pub struct Template {
    pub tables: Vec<Table>,
    pub queues: Vec<Queue>,
    /// Names of the event buses besides `default`.
    pub buses: Vec<String>,
    pub rules: Vec<Rule>,
    pub functions: Vec<Function>,
    /// The routes of the HTTP API.
    pub routes: Vec<Route>,
}

/// A table with its indexes, stream and expiry.
#[derive(Debug)]
pub struct Table {
    pub name: String,
    /// The body of `CreateTable`; a stack uses the same words.
    pub create: Value,
    pub ttl_attribute: Option<String>,
    pub has_stream: bool,
}

/// A queue. Durations are in milliseconds, because that is what the queues count in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queue {
    pub name: String,
    pub visibility_ms: i64,
    pub delay_ms: i64,
    pub retention_ms: i64,
    pub redrive: Option<Redrive>,
}

/// Where a message goes that was received too often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redrive {
    pub dead_letter_queue: String,
    pub max_receives: i64,
}

/// A rule of a bus.
#[derive(Debug)]
pub struct Rule {
    pub name: String,
    pub bus: String,
    pub pattern: Pattern,
    pub targets: Vec<Target>,
}

/// What a rule hands a matching event to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    Queue(String),
    Function(String),
}

/// A Lambda function, under the name of its crate.
#[derive(Debug)]
pub struct Function {
    pub name: String,
    pub timeout: Duration,
    pub environment: BTreeMap<String, String>,
    /// What the function may do; everything else is refused.
    pub grants: Vec<Grant>,
    pub queues: Vec<QueueMapping>,
    pub streams: Vec<StreamMapping>,
    pub schedules: Vec<Schedule>,
    /// How often an asynchronous invocation is repeated after a failure.
    pub asynchronous_retries: i64,
    /// The queue that hears of asynchronous invocations that failed for good.
    pub on_failure_queue: Option<String>,
}

/// A route of the HTTP API, for whatever method. The path is `$default` for what nothing else matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    pub path: String,
    /// The function that answers, under the name of its crate.
    pub function: String,
}

/// An event source mapping from a queue.
#[derive(Clone, Debug)]
pub struct QueueMapping {
    pub queue: String,
    pub batch_size: usize,
    pub window: Duration,
    pub reports_item_failures: bool,
}

/// An event source mapping from the stream of a table.
#[derive(Clone, Debug)]
pub struct StreamMapping {
    pub table: String,
    pub batch_size: usize,
    pub window: Duration,
    pub filters: Vec<Pattern>,
    pub from_trim_horizon: bool,
    pub reports_item_failures: bool,
    pub bisects: bool,
    /// `None` repeats a failing batch for ever, as Lambda does unless told otherwise.
    pub maximum_retries: Option<u32>,
    pub on_failure_queue: Option<String>,
}

/// A rate schedule.
#[derive(Clone, Debug)]
pub struct Schedule {
    pub name: String,
    pub every: Duration,
    /// The payload, if the template gives one.
    pub input: Option<Value>,
    /// Scheduler and rules send different events by default.
    pub is_scheduler: bool,
}

impl Template {
    /// Reads a template. Queue addresses are those of an endpoint on `aws_port`, and `parameters` are the values that a
    /// deployment would be asked for.
    pub fn parse(
        source: &str,
        aws_port: u16,
        parameters: &BTreeMap<String, String>,
    ) -> Result<Self, Error> {
        let document: Yaml =
            serde_yaml_ng::from_str(source).map_err(|error| Error::Template(error.to_string()))?;
        let resolver = Resolver::new(&document, parameters, aws_port);
        let section = |name: &str| -> Result<Value, Error> {
            match document.get(name) {
                Some(value) => Ok(resolver.resolve(value)?.unwrap_or_default()),
                None => Ok(Value::Null),
            }
        };
        let globals = section("Globals")?;
        let resources = section("Resources")?;
        let mut template = Self {
            tables: Vec::new(),
            queues: Vec::new(),
            buses: Vec::new(),
            rules: Vec::new(),
            functions: Vec::new(),
            routes: Vec::new(),
        };
        let mut api = Api::default();
        for (logical, resource) in resources.as_object().into_iter().flatten() {
            let empty = Value::Object(Map::new());
            let properties = resource.get("Properties").unwrap_or(&empty);
            let name = resolver.physical_name(logical)?;
            match string(resource, "Type").unwrap_or_default() {
                "AWS::DynamoDB::Table" => template.tables.push(table(name, properties)),
                "AWS::SQS::Queue" => template.queues.push(queue(name, properties)?),
                "AWS::Events::EventBus" => template.buses.push(name),
                "AWS::Events::Rule" => template.rules.push(rule(name, properties)?),
                "AWS::Serverless::Function" => {
                    let (function, rules) = function(logical, resource, properties, &globals)?;
                    api.functions.insert(logical.clone(), function.name.clone());
                    template.functions.push(function);
                    template.rules.extend(rules);
                }
                "AWS::Serverless::HttpApi" => api.read(properties)?,
                "AWS::Lambda::Permission" => api.permit(properties),
                // These would grant something beside the policies of a function, which are all that is read.
                kind if kind.starts_with("AWS::IAM::") || kind == "AWS::Serverless::Connector" => {
                    return Err(Error::Template(format!(
                        "{logical} has the type {kind}, which is not understood here"
                    )));
                }
                _ => {}
            }
        }
        template.routes = api.routes()?;
        template.check()?;
        policies::check(&template)?;
        Ok(template)
    }

    /// The function of a crate.
    pub fn function(&self, name: &str) -> Option<&Function> {
        self.functions.iter().find(|function| function.name == name)
    }

    /// What the template refers to has to exist, or messages would go nowhere.
    fn check(&self) -> Result<(), Error> {
        let known = |name: &String| self.queues.iter().any(|queue| queue.name == *name);
        let used = self
            .queues
            .iter()
            .filter_map(|queue| {
                queue
                    .redrive
                    .as_ref()
                    .map(|redrive| &redrive.dead_letter_queue)
            })
            .chain(self.functions.iter().flat_map(|function| {
                let mappings = function.queues.iter().map(|mapping| &mapping.queue);
                let streams = function
                    .streams
                    .iter()
                    .filter_map(|mapping| mapping.on_failure_queue.as_ref());
                mappings
                    .chain(streams)
                    .chain(function.on_failure_queue.as_ref())
            }))
            .chain(self.rules.iter().flat_map(|rule| &rule.targets).filter_map(
                |target| match target {
                    Target::Queue(name) => Some(name),
                    Target::Function(_) => None,
                },
            ));
        for name in used {
            if !known(name) {
                return Err(Error::Template(format!("no queue {name}")));
            }
        }
        for mapping in self.functions.iter().flat_map(|function| &function.streams) {
            if !self
                .tables
                .iter()
                .any(|table| table.name == mapping.table && table.has_stream)
            {
                return Err(Error::Template(format!(
                    "no table {} with a stream",
                    mapping.table
                )));
            }
        }
        Ok(())
    }
}

fn string<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    value.get(key)?.as_str()
}

/// Numbers are sometimes written as strings, and parameters always are.
fn integer(value: &Value, key: &str) -> Option<i64> {
    let value = value.get(key)?;
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

fn flag(value: &Value, key: &str) -> bool {
    value
        .get(key)
        .is_some_and(|flag| flag == &Value::Bool(true) || flag == "true")
}

fn duration(seconds: i64) -> Duration {
    Duration::from_secs(u64::try_from(seconds).unwrap_or_default())
}

fn last_of_arn(arn: &str) -> String {
    arn.rsplit(':').next().unwrap_or_default().to_owned()
}
