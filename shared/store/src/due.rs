//! The due index: what must happen next, in order of its time.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
// The SDK's futures are tens of kilobytes; boxed here, no caller's future carries them.
use futures::FutureExt;
use models::webhooks::DeliveryId;
use models::{Error, Result, Scope, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::item::{attr, text};
use crate::keys::{self, Key};
use crate::table::{Table, unavailable};

models::choices! {
    /// What kind of record is due, by its entity type. Each has its worker: whoever adds one says there what becomes of it.
    pub enum DueKind {
        /// The delivery of an event to a webhook endpoint.
        Delivery = "del",
        /// An e-mail.
        Email = "mail",
        /// An invoice.
        Invoice = "inv",
        /// A text message.
        Message = "msg",
        /// A payment that the gateway has not answered.
        Payment = "pay",
        /// Events that are sent again to a webhook endpoint.
        Recovery = "recovery",
        /// A refund that the gateway has not answered.
        Refund = "refund",
        /// A payment of a schedule.
        ScheduleRow = "sched",
        /// A subscription.
        Subscription = "sub",
        /// A test clock: it is never in the index, but its writes may be sent on at once.
        TestClock = "clock",
    }
}

impl DueKind {
    /// The kind of the records of that entity type.
    pub fn of(entity_type: &str) -> Result<Self> {
        models::choice::of(Self::ALL, entity_type).map_err(Error::internal)
    }
}

/// Something that is due, as the index knows it. The item itself decides: whoever acts reads it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DueItem {
    /// Where the item is.
    pub key: Key,
    /// What it is: the record's `TYPE`.
    pub entity_type: String,
    /// Since when.
    pub at: Timestamp,
}

/// A due item on its way to the worker of its kind: the body of a queue's message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DueMessage {
    /// Partition key of the item.
    pub pk: String,
    /// Sort key of the item.
    pub sk: String,
    /// What it is.
    #[serde(rename = "entity_type")]
    pub kind: DueKind,
    /// The moment on the test clock at which it is due; `None` in real time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}

impl DueMessage {
    /// The key of the item.
    pub fn key(&self) -> Key {
        Key {
            pk: self.pk.clone(),
            sk: self.sk.clone(),
        }
    }
}

/// A message about a record of a business.
pub trait OfBusiness {
    /// Whose record it is, and in which mode: `<business>#<mode>`.
    fn business(&self) -> &str;
}

impl OfBusiness for DueMessage {
    fn business(&self) -> &str {
        keys::business_of(&self.pk)
    }
}

impl OfBusiness for DeliveryMessage {
    fn business(&self) -> &str {
        keys::business_of(&self.pk)
    }
}

/// A delivery on its way to its worker: a due item's message, and the event where there is room for it. The worker then need
/// not read it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DeliveryMessage {
    /// Partition key of the delivery.
    pub pk: String,
    /// Sort key of the delivery.
    pub sk: String,
    /// That it is one.
    #[serde(rename = "entity_type")]
    pub kind: DueKind,
    /// The moment on the test clock at which it is due; `None` in real time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// The event as it is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<Box<RawValue>>,
}

/// Bytes of an event that travel with its delivery at most. Ten messages go to SQS in one call, which takes 256 KiB.
const MAX_EVENT_BYTES: usize = 16 * 1024;

impl DeliveryMessage {
    /// The first attempt to deliver an event. `at` is the moment on the test clock at which it is made.
    pub fn first(
        scope: &Scope,
        id: DeliveryId,
        at: Option<Timestamp>,
        event: Option<&RawValue>,
    ) -> Self {
        let key = keys::delivery(scope, id.endpoint, id.event);
        Self {
            pk: key.pk,
            sk: key.sk,
            kind: DueKind::Delivery,
            at,
            event: event
                .filter(|event| event.get().len() <= MAX_EVENT_BYTES)
                .map(ToOwned::to_owned),
        }
    }

    /// The key of the delivery.
    pub fn key(&self) -> Key {
        Key {
            pk: self.pk.clone(),
            sk: self.sk.clone(),
        }
    }
}

impl DueItem {
    /// The message that asks for its turn. `clocked` says that a test clock is passing its time.
    /// An error where no worker knows its kind.
    pub fn message(&self, clocked: bool) -> Result<DueMessage> {
        Ok(DueMessage {
            pk: self.key.pk.clone(),
            sk: self.key.sk.clone(),
            kind: DueKind::of(&self.entity_type)?,
            at: clocked.then_some(self.at),
        })
    }
}

impl Table {
    /// What is due at or before `until` in a partition of the index, earliest first: one page, and where the next begins.
    pub async fn due(
        &self,
        partition: &str,
        until: Timestamp,
        after: Option<&DueItem>,
        limit: i32,
    ) -> Result<Vec<DueItem>> {
        let start = after.map(|item| {
            let part =
                |name: &str, value: &str| (name.to_owned(), AttributeValue::S(value.to_owned()));
            [
                part(attr::DUE_PK, partition),
                part(
                    attr::DUE_SK,
                    &keys::due_sort(item.at, &item.entity_type, &item.key),
                ),
                part(attr::PK, &item.key.pk),
                part(attr::SK, &item.key.sk),
            ]
            .into()
        });
        let query = self.due_query(partition, until, limit);
        due_items(query.set_exclusive_start_key(start)).await
    }

    /// What became due last, at or before `until`: one page, latest first.
    pub async fn due_last(
        &self,
        partition: &str,
        until: Timestamp,
        limit: i32,
    ) -> Result<Vec<DueItem>> {
        let query = self.due_query(partition, until, limit);
        due_items(query.scan_index_forward(false)).await
    }

    fn due_query(&self, partition: &str, until: Timestamp, limit: i32) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.name)
            .index_name("by_due")
            .key_condition_expression("due_pk = :pk AND due_sk < :until")
            .expression_attribute_values(":pk", AttributeValue::S(partition.to_owned()))
            .expression_attribute_values(":until", AttributeValue::S(keys::due_until(until)))
            .limit(limit)
    }
}

async fn due_items(query: QueryFluentBuilder) -> Result<Vec<DueItem>> {
    let output = query.send().boxed().await.map_err(unavailable)?;
    output
        .items
        .unwrap_or_default()
        .iter()
        .map(|item| {
            let part = |name| text(item, name).unwrap_or_default();
            let (at, rest) = part(attr::DUE_SK).split_once('#').unwrap_or_default();
            let entity_type = rest.split('#').next().unwrap_or_default().to_owned();
            let at = Timestamp::from_key(at)
                .ok_or_else(|| Error::internal("a due item without a time"))?;
            let key = Key {
                pk: part(attr::PK).to_owned(),
                sk: part(attr::SK).to_owned(),
            };
            Ok(DueItem {
                key,
                entity_type,
                at,
            })
        })
        .collect()
}
