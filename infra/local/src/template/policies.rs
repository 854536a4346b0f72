//! The `Policies` of a function: what its role may do, and on what.
//!
//! A policy that is not understood stops the start. A right that is overlooked here would refuse on a laptop what works when
//! deployed; a right that is made up here would be missed only after the deployment.

use std::fmt;

use serde_json::Value;

use super::{Template, arn, string};
use crate::Error;

/// One action on one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The action as policies name it, for example `dynamodb:GetItem`.
    pub action: String,
    pub resource: Resource,
}

/// What an action is done to, by its local name: owned in a grant, borrowed from a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource<S = String> {
    Table(S),
    /// An index is a resource of its own: a right on the table does not extend to it.
    Index {
        table: S,
        index: S,
    },
    Queue(S),
    Bus(S),
}

impl Resource {
    /// The resource of an ARN. A wildcard is just a name here, which no resource of the template has.
    fn of_arn(text: &str) -> Option<Self> {
        if let Some(path) = text.strip_prefix(&arn("dynamodb", "table/")) {
            return match path.split('/').collect::<Vec<_>>().as_slice() {
                [table] => Some(Self::Table((*table).to_owned())),
                [table, "index", index] => Some(Self::Index {
                    table: (*table).to_owned(),
                    index: (*index).to_owned(),
                }),
                _ => None,
            };
        }
        if let Some(queue) = text.strip_prefix(&arn("sqs", "")) {
            return Some(Self::Queue(queue.to_owned()));
        }
        let bus = text.strip_prefix(&arn("events", "event-bus/"))?;
        Some(Self::Bus(bus.to_owned()))
    }

    /// The same with borrowed names, to be compared with that of a request.
    pub(crate) fn borrowed(&self) -> Resource<&str> {
        match self {
            Self::Table(table) => Resource::Table(table),
            Self::Index { table, index } => Resource::Index { table, index },
            Self::Queue(queue) => Resource::Queue(queue),
            Self::Bus(bus) => Resource::Bus(bus),
        }
    }

    /// Whether the action exists and can be done to this kind of resource. Transactions are missing on purpose: what they do
    /// is granted by the actions that they consist of.
    fn takes(&self, action: &str) -> bool {
        match self {
            Self::Table(_) => matches!(
                action,
                "dynamodb:BatchGetItem"
                    | "dynamodb:BatchWriteItem"
                    | "dynamodb:ConditionCheckItem"
                    | "dynamodb:DeleteItem"
                    | "dynamodb:GetItem"
                    | "dynamodb:PutItem"
                    | "dynamodb:Query"
                    | "dynamodb:Scan"
                    | "dynamodb:UpdateItem"
            ),
            Self::Index { .. } => matches!(action, "dynamodb:Query" | "dynamodb:Scan"),
            Self::Queue(_) => matches!(
                action,
                "sqs:ChangeMessageVisibility"
                    | "sqs:DeleteMessage"
                    | "sqs:GetQueueAttributes"
                    | "sqs:GetQueueUrl"
                    | "sqs:ReceiveMessage"
                    | "sqs:SendMessage"
            ),
            Self::Bus(_) => action == "events:PutEvents",
        }
    }
}

impl<S: fmt::Display> fmt::Display for Resource<S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let arn = match self {
            Self::Table(table) => arn("dynamodb", &format!("table/{table}")),
            Self::Index { table, index } => {
                arn("dynamodb", &format!("table/{table}/index/{index}"))
            }
            Self::Queue(queue) => arn("sqs", &queue.to_string()),
            Self::Bus(bus) => arn("events", &format!("event-bus/{bus}")),
        };
        formatter.write_str(&arn)
    }
}

impl fmt::Display for Grant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} on {}", self.action, self.resource)
    }
}

/// The grants of a function. One without policies may do nothing.
pub(super) fn read(
    logical: &str,
    properties: &Value,
    globals: &Value,
) -> Result<Vec<Grant>, Error> {
    let unknown = |what: String| Error::Template(format!("policies of {logical}: {what}"));
    // A role from elsewhere replaces the policies, and a boundary cuts them.
    let elsewhere = ["Role", "PermissionsBoundary"].into_iter().find(|key| {
        let global = globals.pointer(&format!("/Function/{key}"));
        properties.get(key).or(global).is_some()
    });
    if let Some(key) = elsewhere {
        return Err(unknown(format!("{key} is not understood here")));
    }
    let mut grants = Vec::new();
    for policy in properties.get("Policies").map_or(&[][..], each) {
        only(policy, &["Version", "Statement"]).map_err(unknown)?;
        for statement in each(policy.get("Statement").unwrap_or(&Value::Null)) {
            statement_grants(statement, &mut grants).map_err(unknown)?;
        }
    }
    Ok(grants)
}

fn statement_grants(statement: &Value, grants: &mut Vec<Grant>) -> Result<(), String> {
    only(statement, &["Sid", "Effect", "Action", "Resource"])?;
    if string(statement, "Effect") != Some("Allow") {
        return Err("only the effect Allow is understood here".to_owned());
    }
    for action in texts(statement, "Action")? {
        for name in texts(statement, "Resource")? {
            let resource = Resource::of_arn(name)
                .filter(|resource| resource.takes(action))
                .ok_or_else(|| format!("{action} on {name} is not understood here"))?;
            let action = action.to_owned();
            grants.push(Grant { action, resource });
        }
    }
    Ok(())
}

/// What a policy refers to has to exist, or the right would be one to nothing.
pub(super) fn check(template: &Template) -> Result<(), Error> {
    let has_index = |table: &str, index: &str| {
        let create = template.tables.iter().find(|known| known.name == table);
        ["GlobalSecondaryIndexes", "LocalSecondaryIndexes"]
            .into_iter()
            .filter_map(|kind| create?.create.get(kind)?.as_array())
            .flatten()
            .any(|known| string(known, "IndexName") == Some(index))
    };
    for function in &template.functions {
        for grant in &function.grants {
            let exists = match &grant.resource {
                Resource::Table(table) => template.tables.iter().any(|known| known.name == *table),
                Resource::Index { table, index } => has_index(table, index),
                Resource::Queue(queue) => template.queues.iter().any(|known| known.name == *queue),
                Resource::Bus(bus) => bus == "default" || template.buses.contains(bus),
            };
            if !exists {
                return Err(Error::Template(format!(
                    "policies of {}: there is no {}",
                    function.name, grant.resource
                )));
            }
        }
    }
    Ok(())
}

/// Policies may leave out the brackets around a list of one.
fn each(value: &Value) -> &[Value] {
    value
        .as_array()
        .map_or(std::slice::from_ref(value), Vec::as_slice)
}

fn texts<'v>(statement: &'v Value, key: &str) -> Result<Vec<&'v str>, String> {
    each(statement.get(key).unwrap_or(&Value::Null))
        .iter()
        .map(|value| {
            value
                .as_str()
                .ok_or_else(|| format!("{key} is not a string or a list of them"))
        })
        .collect()
}

/// A condition or an exception that nobody reads would make a right larger than it is.
fn only(value: &Value, keys: &[&str]) -> Result<(), String> {
    let Some(object) = value.as_object() else {
        return Err(format!("{value} is not understood here"));
    };
    match object.keys().find(|key| !keys.contains(&key.as_str())) {
        None => Ok(()),
        Some(key) => Err(format!("{key} is not understood here")),
    }
}
