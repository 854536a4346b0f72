//! From the stream of the table to the endpoints, step by step, each step when a test says so.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use api::Invocation;
use models::Timestamp;
use providers::webhook::{Egress, Sender, SystemLookup, Timeouts};
use serde_json::{Value, json};
use testkit::{Call, World, deliver};

use crate::generators::catalogue;

/// Messages of one batch, as the template has it.
const BATCH: usize = 10;

/// The workers of one process, and how far it has read the stream.
pub(crate) struct Pipeline {
    /// The world as it was at the beginning.
    pub(crate) world: World,
    /// The process in which the workers run.
    pub(crate) process: World,
    pub(crate) after: Option<String>,
    pub(crate) seconds: i64,
    processes: u64,
    relay: Invocation,
    fanout: Invocation,
    delivery: Invocation,
    sweep: Invocation,
}

/// A sender that loses its patience soon, so that no test waits for it.
fn sender() -> Sender {
    let patience = |millis| Duration::from_millis(millis);
    let timeouts = Timeouts {
        lookup: patience(300),
        connect: patience(300),
        total: patience(400),
    };
    Sender::with_timeouts(Egress::AlsoLoopback, Arc::new(SystemLookup), timeouts).unwrap()
}

impl Pipeline {
    pub(crate) async fn start() -> Self {
        Self::over(World::new().await)
    }

    pub(crate) fn over(world: World) -> Self {
        let process = world.process(50);
        let [relay, fanout, delivery, sweep] = workers(&process);
        Self {
            world,
            process,
            after: None,
            seconds: 0,
            processes: 0,
            relay,
            fanout,
            delivery,
            sweep,
        }
    }

    /// A new process in the place of the old one, which has died.
    pub(crate) fn restart(&mut self) {
        self.processes += 1;
        let now = self.world.later(self.seconds);
        self.process = now.process(50 + self.processes);
        [self.relay, self.fanout, self.delivery, self.sweep] = workers(&self.process);
    }

    /// Time passes, and a new process works on.
    pub(crate) fn pass(&mut self, seconds: i64) {
        self.seconds += seconds;
        self.restart();
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.process.config.clock.now()
    }

    /// A caller of all routes, now.
    pub(crate) fn api(&mut self) -> Call {
        self.processes += 1;
        let process = self
            .world
            .later(self.seconds)
            .process(5000 + self.processes);
        process.call(catalogue::all())
    }

    /// What the stream still has for the relay.
    pub(crate) fn unread(&self) -> Vec<Value> {
        self.world.changes(self.after.as_deref())
    }

    /// Hands one batch of the stream to the relay. Where it fails, the stream is read again from there. Returns whether there
    /// was anything.
    pub(crate) async fn relay(&mut self, most: usize) -> bool {
        let unread = self.unread();
        let batch: Vec<Value> = unread.into_iter().take(most).collect();
        let Some(last) = batch.last().map(sequence) else {
            return false;
        };
        let wanted: Vec<&Value> = batch.iter().filter(|change| is_told(change)).collect();
        let event = json!({ "Records": wanted });
        let event = serde_json::value::to_raw_value(&event).unwrap();
        if let Ok(answer) = (self.relay)(event).await {
            let answer: Value = serde_json::from_str(answer.get()).unwrap();
            let failed = answer["batchItemFailures"][0]["itemIdentifier"].as_str();
            self.after = match failed {
                None => Some(last),
                Some(failed) => batch
                    .iter()
                    .map(sequence)
                    .take_while(|number| number != failed)
                    .last()
                    .or_else(|| self.after.clone()),
            };
        }
        true
    }

    pub(crate) async fn fan_out(&self) -> bool {
        let fanout = Arc::clone(&self.fanout);
        self.work("webhook-fanout", &fanout).await
    }

    pub(crate) async fn deliver(&self) -> bool {
        let delivery = Arc::clone(&self.delivery);
        self.work("webhook-delivery", &delivery).await
    }

    /// So many workers deliver a batch each, all at the same time.
    pub(crate) async fn deliver_together(&self, workers: usize, batch: usize) {
        let inbox = &self.world.inbox;
        let batches = (0..workers).map(|_| inbox.take_from("webhook-delivery", batch));
        let batches: Vec<Vec<String>> = batches.collect();
        let work = batches.iter().map(|batch| deliver(&self.delivery, batch));
        let failed = futures::future::join_all(work).await;
        inbox.put_to("webhook-delivery", failed.into_iter().flatten());
    }

    async fn work(&self, queue: &str, worker: &Invocation) -> bool {
        let batch = self.world.inbox.take_from(queue, BATCH);
        if batch.is_empty() {
            return false;
        }
        let failed = deliver(worker, &batch).await;
        self.world.inbox.put_to(queue, failed);
        true
    }

    /// What was to begin at once, and what the tick of the minute finds.
    pub(crate) async fn sweep(&self) {
        for event in self.world.inbox.take_from("due-sweep", usize::MAX) {
            let raw = serde_json::value::RawValue::from_string(event.clone()).unwrap();
            if (self.sweep)(raw).await.is_err() {
                self.world.inbox.put_to("due-sweep", [event]);
            }
        }
        let tick = serde_json::value::to_raw_value(&json!({})).unwrap();
        drop((self.sweep)(tick).await);
    }

    /// Works until nothing moves any more, without a tick.
    pub(crate) async fn settle(&mut self) {
        for _ in 0..200 {
            let mut moved = self.relay(100).await;
            for event in self.world.inbox.take_from("due-sweep", usize::MAX) {
                let raw = serde_json::value::RawValue::from_string(event).unwrap();
                (self.sweep)(raw).await.unwrap();
                moved = true;
            }
            moved |= self.fan_out().await;
            moved |= self.deliver().await;
            if !moved {
                return;
            }
        }
        panic!("it never settles");
    }

    /// Works on, tick by tick, until no delivery waits for anything.
    pub(crate) async fn finish(&mut self) {
        self.settle().await;
        while let Some(next) = self.next_retry() {
            let wait = next.seconds().saturating_sub(self.now().seconds());
            // The sweep comes every minute.
            let tick = u32::try_from(wait.max(0)).unwrap().next_multiple_of(60);
            self.pass(i64::from(tick.max(60)));
            self.sweep().await;
            self.settle().await;
        }
    }

    /// Works on, a day at a time, until no delivery waits for anything.
    pub(crate) async fn finish_by_days(&mut self) {
        self.settle().await;
        while self.next_retry().is_some() {
            self.pass(90_000);
            self.sweep().await;
            self.settle().await;
        }
    }

    /// When the next delivery is due.
    pub(crate) fn next_retry(&self) -> Option<Timestamp> {
        let waiting = self.items("del").into_iter();
        waiting
            .filter_map(|item| {
                item["next_retry"]["S"]
                    .as_str()
                    .map(|at| at.parse().unwrap())
            })
            .min()
    }

    /// Items of one type in our test mode.
    pub(crate) fn items(&self, entity_type: &str) -> Vec<Value> {
        let all = self.world.dump().into_iter();
        all.filter(|item| item["et"]["S"] == entity_type).collect()
    }

    /// Ids of the events in the log, and of those in the feed, in its order. The feed has no gap.
    pub(crate) async fn log_and_feed(&self) -> (BTreeSet<String>, Vec<String>) {
        let logged = self.items("evt").into_iter();
        let logged = logged.map(|item| item["id"]["S"].as_str().unwrap().to_owned());
        let context = self.world.app.scheduled(self.world.ours.test(), None);
        let (mut feed, mut position) = (Vec::new(), 0);
        loop {
            let page = context.events_after(position, 100).await.unwrap();
            if page.events.is_empty() {
                return (logged.collect(), feed);
            }
            for (at, event) in page.events {
                position += 1;
                assert_eq!(at, position, "the feed has a gap");
                feed.push(event.id.to_string());
            }
        }
    }

    /// Deliveries by event, with their status.
    pub(crate) fn deliveries(&self) -> BTreeMap<String, String> {
        let items = self.items("del").into_iter();
        items
            .map(|item| {
                let text = |name: &str| item[name]["S"].as_str().unwrap().to_owned();
                (text("id"), text("status"))
            })
            .collect()
    }
}

fn workers(process: &World) -> [Invocation; 4] {
    let config = &process.config;
    [
        outbox_relay::function(config).unwrap(),
        webhook_fanout::function(config).unwrap(),
        webhook_delivery::worker(process.app.clone(), sender()),
        due_sweep::function(config).unwrap(),
    ]
}

fn sequence(change: &Value) -> String {
    let number = &change["dynamodb"]["SequenceNumber"];
    number.as_str().unwrap().to_owned()
}

/// The filter of the template.
fn is_told(change: &Value) -> bool {
    let image = &change["dynamodb"]["NewImage"];
    image["ev"]["S"].is_string() || image["at_once"]["N"].is_string()
}
