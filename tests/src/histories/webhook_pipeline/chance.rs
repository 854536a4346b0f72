//! Schedules by chance: changes, batches of any size, messages twice, late and out of order, processes that die, two at once.

use std::collections::BTreeSet;

use serde_json::json;
use testkit::Fault;

use super::pipeline::Pipeline;
use super::receiver::{Manner, Receiver};
use super::{endpoint, happen};
use crate::histories::chance::{Chance, seeds};

/// Schedules that are tried.
const SEEDS: u64 = 200;
const STEPS: u64 = 14;

struct Schedule {
    chance: Chance,
    pipeline: Pipeline,
    receiver: Receiver,
    happened: u64,
}

impl Schedule {
    async fn begin(seed: u64) -> Self {
        // It refuses what its number says, up to twice.
        let receiver = Receiver::start(move |got, nth| {
            let sum: u64 = got.id.bytes().map(u64::from).sum();
            let refusals = usize::try_from((sum + seed) % 3).unwrap();
            let status = if nth < refusals { 500 } else { 200 };
            Manner::Answer(status, "")
        })
        .await;
        let mut pipeline = Pipeline::start().await;
        let mut chance = Chance::seeded(seed);
        for number in 0..=chance.below(2) {
            let url = format!("{}/{number}", receiver.url);
            endpoint(&pipeline.api(), &url).await;
        }
        Self {
            chance,
            pipeline,
            receiver,
            happened: 0,
        }
    }

    async fn step(&mut self) {
        match self.chance.below(8) {
            0 | 1 => {
                happen(&self.pipeline.api(), self.happened).await;
                self.happened += 1;
            }
            2 => self.relay().await,
            3 => self.work("webhook-fanout").await,
            4 | 5 => self.work("webhook-delivery").await,
            6 => self.mix(),
            _ => {
                self.pipeline
                    .pass(i64::try_from(1 + self.chance.below(4000)).unwrap());
                self.pipeline.sweep().await;
            }
        }
    }

    /// The relay reads a part of the stream, and perhaps reads it again, or dies.
    async fn relay(&mut self) {
        let most = usize::try_from(1 + self.chance.below(4)).unwrap();
        let place = self.pipeline.after.clone();
        let fault = self.fault();
        self.pipeline.relay(most).await;
        if self.died(fault) || self.chance.one_in(4) {
            self.pipeline.after = place;
        }
    }

    /// A worker takes a batch. It may die, and its messages come again; or they come again although it did not.
    async fn work(&mut self, queue: &str) {
        let inbox = self.pipeline.world.inbox.clone();
        let batch = inbox.take_from(queue, 10);
        inbox.put_to(queue, batch.clone());
        let fault = self.fault();
        if queue == "webhook-fanout" {
            self.pipeline.fan_out().await;
        } else {
            self.pipeline.deliver().await;
        }
        if self.died(fault) || self.chance.one_in(5) {
            inbox.put_to(queue, batch);
        }
    }

    /// Messages overtake each other, and some are copied.
    fn mix(&mut self) {
        let inbox = &self.pipeline.world.inbox;
        for queue in ["webhook-fanout", "webhook-delivery"] {
            let mut messages = inbox.take_from(queue, usize::MAX);
            self.chance.shuffle(&mut messages);
            if let Some(copy) = messages.first().cloned() {
                messages.push(copy);
            }
            inbox.put_to(queue, messages);
        }
    }

    fn fault(&mut self) -> Option<Fault> {
        let fault = self.chance.fault(9);
        self.pipeline.process.meter.fault(fault);
        fault
    }

    /// Whether the process died of it; then another one is there.
    fn died(&mut self, fault: Option<Fault>) -> bool {
        let calls = self.pipeline.process.meter.calls();
        self.pipeline.process.meter.fault(None);
        let died = match fault {
            Some(Fault::DieBefore(call) | Fault::DieAfter(call)) => calls > call,
            Some(Fault::LoseAnswer(_)) | None => false,
        };
        if died {
            self.pipeline.restart();
        }
        died
    }

    async fn assert_all_is_well(mut self, seed: u64) {
        self.pipeline.finish_by_days().await;
        let (logged, feed) = self.pipeline.log_and_feed().await;
        let happened = usize::try_from(self.happened).unwrap();
        assert_eq!(logged.len(), happened, "seed {seed}");
        assert_eq!(feed.len(), happened, "seed {seed}: the feed is not the log");
        assert_eq!(
            feed.into_iter().collect::<BTreeSet<_>>(),
            logged,
            "seed {seed}"
        );
        let endpoints = self.pipeline.items("we").len();
        let deliveries = self.pipeline.deliveries();
        assert_eq!(deliveries.len(), happened * endpoints, "seed {seed}");
        let all = deliveries.values().all(|status| status == "delivered");
        assert!(all, "seed {seed} {deliveries:?}");
        for number in 0..endpoints {
            let got = self.receiver.got_at(&format!("/{number}"));
            let ids: BTreeSet<String> = got.iter().map(|got| got.id.clone()).collect();
            assert_eq!(ids, logged, "seed {seed}");
            let named = got.iter().all(|got| got.event()["id"] == json!(got.id));
            assert!(named, "seed {seed}");
        }
    }
}

/// A quarter of the seeds, so that they are tried at the same time.
async fn quarter(number: u64) {
    for seed in seeds(SEEDS) {
        if seed % 4 == number {
            let mut schedule = Schedule::begin(seed).await;
            for _ in 0..STEPS {
                schedule.step().await;
            }
            schedule.assert_all_is_well(seed).await;
        }
    }
}

#[tokio::test]
async fn chance_loses_no_event_and_names_none_twice() {
    quarter(0).await;
}

#[tokio::test]
async fn chance_loses_no_event_and_names_none_twice_in_other_orders() {
    quarter(1).await;
}

#[tokio::test]
async fn chance_loses_no_event_and_names_none_twice_in_more_orders() {
    quarter(2).await;
}

#[tokio::test]
async fn chance_loses_no_event_and_names_none_twice_in_most_orders() {
    quarter(3).await;
}
