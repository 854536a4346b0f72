//! Workers that bill, each with its own connection and application.

use std::sync::Arc;

use testkit::{Meter, Units, World, deliver};

use crate::workers::{Job, Workers};

/// Messages that Lambda hands over at once, as the template has it.
const BATCH: usize = 10;

/// What a worker has.
pub(super) struct Biller {
    pub(super) client: aws_sdk_dynamodb::Client,
    function: api::Invocation,
}

pub(super) struct Billers {
    workers: Workers<Biller>,
    meters: Vec<Meter>,
}

impl Billers {
    pub(super) fn start(world: &World, count: u64) -> Self {
        let processes: Vec<World> = (0..count).map(|seed| world.process(100 + seed)).collect();
        let meters = processes.iter().map(|process| process.meter.clone());
        Self {
            meters: meters.collect(),
            workers: Workers::start(processes.into_iter().map(|process| Biller {
                function: billing_run::worker(process.app.clone()),
                client: super::floor::client(&process.config.connection),
            })),
        }
    }

    /// Does all jobs, and waits for them.
    pub(super) fn all(&self, jobs: impl IntoIterator<Item = Job<Biller>>) {
        self.workers.all(jobs);
    }

    /// Hands messages to the workers in batches, and waits until they are done.
    pub(super) fn bill(&self, messages: &[String]) {
        let batches: Vec<Vec<String>> = messages.chunks(BATCH).map(<[String]>::to_vec).collect();
        self.all(batches.into_iter().map(|batch| -> Job<Biller> {
            Box::new(move |worker: Arc<Biller>| {
                Box::pin(async move {
                    let failed = deliver(&worker.function, &batch).await;
                    assert!(failed.is_empty(), "a message failed");
                })
            })
        }));
    }

    /// What all workers spent since the last time this was asked.
    pub(super) fn take(&self) -> Units {
        super::sum(self.meters.iter().map(Meter::take))
    }
}
