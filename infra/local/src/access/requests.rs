//! What a request needs: its actions and its resources, in the words of policies.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::{Caller, Role, denied};
use crate::eventbridge::bus_of;
use crate::reply::Refusal;
use crate::sqs::queue_of;
use crate::template::Resource;

/// The names in a request to DynamoDB. Everything else is skipped without being stored, which is all that this costs; the
/// names are borrowed, so one with an escape is not read, and no client writes one.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Names<'b> {
    table_name: Option<&'b str>,
    index_name: Option<&'b str>,
    #[serde(borrow)]
    request_items: Option<BTreeMap<&'b str, &'b RawValue>>,
    #[serde(borrow)]
    transact_items: Option<Vec<Member<'b>>>,
}

/// A member of a transaction.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Member<'b> {
    #[serde(borrow)]
    get: Option<Part<'b>>,
    #[serde(borrow)]
    put: Option<Part<'b>>,
    #[serde(borrow)]
    update: Option<Part<'b>>,
    #[serde(borrow)]
    delete: Option<Part<'b>>,
    #[serde(borrow)]
    condition_check: Option<Part<'b>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Part<'b> {
    table_name: &'b str,
}

impl<'a> Caller<'a> {
    /// Whether the caller may send this to DynamoDB.
    pub(crate) fn check_dynamodb(self, operation: &str, body: &[u8]) -> Result<(), Refusal> {
        match self.role("dynamodb")? {
            None => Ok(()),
            Some(role) => role.check_dynamodb(operation, body),
        }
    }

    /// Whether the caller may send this to SQS.
    pub(crate) fn check_sqs(self, operation: &str, input: &Value) -> Result<(), Refusal> {
        let Some(role) = self.role("sqs")? else {
            return Ok(());
        };
        // There is no right to a batch: it is that to a single message.
        let action = operation.strip_suffix("Batch").unwrap_or(operation);
        let queue = queue_of(input).ok();
        let queue = queue.or_else(|| input.get("QueueName")?.as_str());
        role.need("sqs", action, queue.map(Resource::Queue))
    }

    /// Whether the caller may send this to EventBridge: all entries or none, although their errors come one by one.
    pub(crate) fn check_events(self, operation: &str, input: &Value) -> Result<(), Refusal> {
        let Some(role) = self.role("events")? else {
            return Ok(());
        };
        let Some(entries) = input.get("Entries").and_then(Value::as_array) else {
            return role.need("events", operation, None);
        };
        entries.iter().try_for_each(|entry| {
            let bus = entry.get("EventBusName").and_then(Value::as_str);
            role.need("events", operation, Some(Resource::Bus(bus_of(bus))))
        })
    }

    /// The role that limits the caller, or `None` for one who may do everything.
    fn role(self, service: &str) -> Result<Option<&'a Role>, Refusal> {
        match self {
            Self::Developer => Ok(None),
            Self::Function(role) => Ok(Some(role)),
            Self::Unknown(function) => Err(denied(
                service,
                "InvalidClientTokenId",
                format!(
                    "The security token included in the request is invalid: there is no function {function}."
                ),
            )),
        }
    }
}

impl Role {
    fn check_dynamodb(&self, operation: &str, body: &[u8]) -> Result<(), Refusal> {
        let names: Names<'_> = serde_json::from_slice(body).map_err(|error| {
            Refusal::new(
                "com.amazon.coral.service#SerializationException",
                error.to_string(),
            )
        })?;
        match operation {
            "TransactGetItems" | "TransactWriteItems" => {
                let members = names.transact_items.unwrap_or_default();
                members
                    .iter()
                    .try_for_each(|member| self.check_member(member))
            }
            "BatchGetItem" | "BatchWriteItem" => {
                let tables = names.request_items.unwrap_or_default();
                let mut tables = tables.into_keys().map(Resource::Table);
                tables.try_for_each(|table| self.need("dynamodb", operation, Some(table)))
            }
            _ => {
                let resource = names.table_name.map(|table| match names.index_name {
                    Some(index) => Resource::Index { table, index },
                    None => Resource::Table(table),
                });
                self.need("dynamodb", operation, resource)
            }
        }
    }

    /// A transaction is no action of its own.
    fn check_member(&self, member: &Member<'_>) -> Result<(), Refusal> {
        let parts = [
            ("GetItem", &member.get),
            ("PutItem", &member.put),
            ("UpdateItem", &member.update),
            ("DeleteItem", &member.delete),
            ("ConditionCheckItem", &member.condition_check),
        ];
        parts.into_iter().try_for_each(|(action, part)| match part {
            Some(part) => self.need("dynamodb", action, Some(Resource::Table(part.table_name))),
            None => Ok(()),
        })
    }
}
