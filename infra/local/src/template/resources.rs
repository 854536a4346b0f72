//! The resources of the template, each in the words of its service.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Function, Queue, Redrive, Rule, Table, Target};
use super::{duration, events, flag, integer, last_of_arn, policies, string};
use crate::Error;
use crate::pattern::Pattern;

pub(super) fn table(name: String, properties: &Value) -> Table {
    let mut create = json!({ "TableName": name, "BillingMode": "PAY_PER_REQUEST" });
    if let Some(create) = create.as_object_mut() {
        for key in [
            "AttributeDefinitions",
            "KeySchema",
            "GlobalSecondaryIndexes",
            "LocalSecondaryIndexes",
        ] {
            if let Some(value) = properties.get(key) {
                create.insert(key.to_owned(), value.clone());
            }
        }
        if let Some(view) = properties.pointer("/StreamSpecification/StreamViewType") {
            let stream = json!({ "StreamEnabled": true, "StreamViewType": view });
            create.insert("StreamSpecification".to_owned(), stream);
        }
    }
    let ttl = properties.get("TimeToLiveSpecification");
    Table {
        has_stream: properties.get("StreamSpecification").is_some(),
        ttl_attribute: ttl
            .filter(|ttl| flag(ttl, "Enabled"))
            .and_then(|ttl| string(ttl, "AttributeName"))
            .map(str::to_owned),
        name,
        create,
    }
}

pub(super) fn queue(name: String, properties: &Value) -> Result<Queue, Error> {
    if flag(properties, "FifoQueue") {
        return Err(Error::Template(format!(
            "{name} is a FIFO queue, which is not provided here"
        )));
    }
    let milliseconds = |key: &str, default: i64| {
        integer(properties, key)
            .unwrap_or(default)
            .saturating_mul(1000)
    };
    let redrive = match properties.get("RedrivePolicy") {
        None => None,
        Some(policy) => Some(Redrive {
            dead_letter_queue: last_of_arn(
                string(policy, "deadLetterTargetArn").unwrap_or_default(),
            ),
            max_receives: integer(policy, "maxReceiveCount")
                .ok_or_else(|| Error::Template(format!("{name} has no maxReceiveCount")))?,
        }),
    };
    Ok(Queue {
        visibility_ms: milliseconds("VisibilityTimeout", 30),
        delay_ms: milliseconds("DelaySeconds", 0),
        retention_ms: milliseconds("MessageRetentionPeriod", 345_600),
        redrive,
        name,
    })
}

pub(super) fn rule(name: String, properties: &Value) -> Result<Rule, Error> {
    let pattern = properties
        .get("EventPattern")
        .ok_or_else(|| Error::Template(format!("rule {name} has no pattern")))?;
    let mut targets = Vec::new();
    for target in properties
        .get("Targets")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let arn = string(target, "Arn").unwrap_or_default();
        if !arn.starts_with("arn:aws:sqs:") {
            return Err(Error::Template(format!(
                "rule {name} has the target {arn}, which is not a queue"
            )));
        }
        if let Some(changed) = ["Input", "InputPath", "InputTransformer"]
            .into_iter()
            .find(|key| target.get(key).is_some())
        {
            return Err(Error::Template(format!(
                "{changed} of rule {name} is not understood here"
            )));
        }
        targets.push(Target::Queue(last_of_arn(arn)));
    }
    Ok(Rule {
        bus: string(properties, "EventBusName")
            .unwrap_or("default")
            .to_owned(),
        pattern: Pattern::parse(pattern)
            .map_err(|error| Error::Template(format!("rule {name}: {error}")))?,
        targets,
        name,
    })
}

pub(super) fn function(
    logical: &str,
    resource: &Value,
    properties: &Value,
    globals: &Value,
) -> Result<(Function, Vec<Rule>), Error> {
    let code = string(properties, "CodeUri").unwrap_or_default();
    let binary = resource
        .pointer("/Metadata/BuildProperties/Binary")
        .and_then(Value::as_str);
    let name = code
        .rsplit_once("functions/")
        .map(|(_, name)| name.trim_end_matches('/'))
        .or(binary)
        .ok_or_else(|| Error::Template(format!("{logical} does not say which crate it is")))?
        .to_owned();
    let mut environment = BTreeMap::new();
    for variables in [
        globals.pointer("/Function/Environment/Variables"),
        properties.pointer("/Environment/Variables"),
    ] {
        for (key, value) in variables.and_then(Value::as_object).into_iter().flatten() {
            let value = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            environment.insert(key.clone(), value);
        }
    }
    let seconds = integer(properties, "Timeout")
        .or_else(|| integer(globals.get("Function")?, "Timeout"))
        .unwrap_or(3);
    let asynchronous = properties.get("EventInvokeConfig");
    let mut function = Function {
        timeout: duration(seconds),
        environment,
        grants: policies::read(logical, properties, globals)?,
        queues: Vec::new(),
        streams: Vec::new(),
        schedules: Vec::new(),
        asynchronous_retries: asynchronous
            .and_then(|config| integer(config, "MaximumRetryAttempts"))
            .unwrap_or(2),
        on_failure_queue: asynchronous.and_then(events::on_failure_queue),
        name,
    };
    let mut rules = Vec::new();
    for (event, source) in properties
        .get("Events")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        events::read(logical, event, source, &mut function, &mut rules)?;
    }
    Ok((function, rules))
}
