//! The floor: the calls of a renewal with the bare SDK, on items of the same size in the same indexes, and nothing else.
//!
//! It tells what grows because the database does from what grows because of us.

use std::collections::HashMap;
use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region};
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use futures::future::{BoxFuture, join_all};
use serde_json::Value;
use store::Connection;
use testkit::World;

use crate::cpu;
use crate::workers::Job;

use super::billers::{Biller, Billers};
use super::report::Sample;

type Item = HashMap<String, AttributeValue>;

/// Batches of ten that are measured at once.
const BATCHES: u64 = 10;
/// Reads of a first charge one by one: subscription, test clock, payment method.
const READS: u64 = 3;

/// What a renewal writes, to be written again under other keys.
#[derive(Debug, Clone)]
pub(super) struct Floor {
    batches: u64,
    invoice: Item,
    payment: Item,
    subscription: Item,
    /// What is read with one call: parties and settings, as far as they are there.
    together: Vec<Item>,
}

impl Floor {
    /// Finds a renewal's items in a small table.
    pub(super) fn of(world: &World) -> Self {
        let items = world.dump();
        let of = |entity_type: &str| {
            let found = items
                .iter()
                .find(|item| item["et"]["S"] == entity_type)
                .expect("an item of each type");
            let members = found.as_object().unwrap().iter();
            members
                .map(|(name, value)| (name.clone(), attribute(value)))
                .collect()
        };
        Self {
            batches: 0,
            invoice: of("inv"),
            payment: of("pay"),
            subscription: of("sub"),
            together: ["acct", "cust", "inv"].map(of).into(),
        }
    }

    /// What a hundred floors cost, under keys of their own.
    pub(super) fn sample(&mut self, workers: &Billers) -> Sample {
        let batch = |number: u64| -> Job<Biller> {
            let floor = self.clone();
            Box::new(move |worker: Arc<Biller>| -> BoxFuture<'static, ()> {
                Box::pin(async move { floor.batch(&worker, number).await })
            })
        };
        let first = self.batches;
        let before = cpu::read();
        workers.all((first..first + BATCHES).map(batch));
        self.batches += BATCHES;
        Sample {
            invoices: BATCHES * 10,
            units: workers.take(),
            cpu: cpu::read().since(before),
        }
    }

    async fn batch(&self, worker: &Arc<Biller>, number: u64) {
        let client = &worker.client;
        let counter = client
            .update_item()
            .table_name(TABLE)
            .key("PK", text("9#test#counter"))
            .key("SK", text("floor"))
            .update_expression("ADD n :by")
            .expression_attribute_values(":by", AttributeValue::N("10".to_owned()));
        Box::pin(counter.send()).await.unwrap();
        join_all((0..10).map(|slot| self.renewal(client, number, slot))).await;
    }

    async fn renewal(&self, client: &Client, batch: u64, slot: u64) {
        for _ in 0..READS {
            let get = client
                .get_item()
                .table_name(TABLE)
                .key("PK", self.subscription["PK"].clone())
                .key("SK", self.subscription["SK"].clone())
                .consistent_read(true);
            Box::pin(get.send()).await.unwrap();
        }
        let keys = self.together.iter().map(|item| {
            let key = ["PK", "SK"].map(|name| (name.to_owned(), item[name].clone()));
            HashMap::from(key)
        });
        let keys = KeysAndAttributes::builder()
            .set_keys(Some(keys.collect()))
            .consistent_read(true);
        let get = client
            .batch_get_item()
            .request_items(TABLE, keys.build().unwrap());
        Box::pin(get.send()).await.unwrap();
        let fresh = format!("{:016}", batch * 10 + slot);
        // The subscription is there from the batch before last, and moves in the due index.
        let kept = format!("{:016}", batch % 2 * 10 + slot);
        for (item, sk) in [
            (&self.payment, &fresh),
            (&self.payment, &fresh),
            (&self.invoice, &fresh),
            (&self.subscription, &kept),
        ] {
            let mut item = item.clone();
            let kind = item["et"].as_s().unwrap();
            item.insert("PK".to_owned(), text(format!("9#test#{kind}")));
            item.insert("SK".to_owned(), text(sk));
            for (name, value) in [("gp_sk", sk), ("due_sk", &fresh)] {
                if item.contains_key(name) {
                    item.insert(name.to_owned(), text(value));
                }
            }
            if item.contains_key("due_pk") {
                item.insert("due_pk".to_owned(), text("due#9#test"));
            }
            let put = client.put_item().table_name(TABLE).set_item(Some(item));
            Box::pin(put.send()).await.unwrap();
        }
    }
}

const TABLE: &str = "savvy";

/// A client that shares the worker's connection and nothing else of ours.
pub(super) fn client(connection: &Connection) -> Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(connection.region.clone()))
        .credentials_provider(connection.credentials.clone())
        .http_client(connection.http_client.clone())
        .endpoint_url(connection.endpoint_url.clone().unwrap());
    Client::from_conf(config.build())
}

fn text(value: impl AsRef<str>) -> AttributeValue {
    AttributeValue::S(value.as_ref().to_owned())
}

/// An attribute value from its JSON.
fn attribute(value: &Value) -> AttributeValue {
    let (kind, value) = value.as_object().unwrap().iter().next().unwrap();
    match (kind.as_str(), value) {
        ("S", Value::String(text)) => AttributeValue::S(text.clone()),
        ("N", Value::String(digits)) => AttributeValue::N(digits.clone()),
        ("BOOL", Value::Bool(truth)) => AttributeValue::Bool(*truth),
        ("L", Value::Array(list)) => AttributeValue::L(list.iter().map(attribute).collect()),
        ("M", Value::Object(map)) => AttributeValue::M(
            map.iter()
                .map(|(name, value)| (name.clone(), attribute(value)))
                .collect(),
        ),
        _ => AttributeValue::Null(true),
    }
}
