//! Schedules by chance: ticks and messages that are late, double, out of order, and processes that die at any of their calls.
//!
//! `SAVVY_SEED=7 cargo nextest run -p tests billing_run::chance` runs one of them again, `SAVVY_SEEDS=50` more of them.

use futures::future::join;
use models::time::Interval;
use models::{Id, ids};
use testkit::{Fault, Subscriber, World, deliver};

use super::driver::{BATCH, Books, drain, first_page, tick, worker};
use super::{START, start};
use crate::histories::chance::{Chance, seeds};

/// Schedules that are tried.
const SEEDS: u64 = 6;
const STEPS: u64 = 8;
const HOUR: u64 = 3_600;

struct Schedule {
    chance: Chance,
    world: World,
    subscriptions: Vec<Id<ids::Subscription>>,
    seconds: u64,
    processes: u64,
}

impl Schedule {
    async fn begin(seed: u64) -> Self {
        let mut chance = Chance::seeded(seed);
        let world = World::at(START).await;
        let mut subscriptions = Vec::new();
        for _ in 0..2 + chance.below(3) {
            let interval = *chance.one_of(&[Interval::Day, Interval::Day, Interval::Week]);
            let ago = i64::try_from(chance.below(24 * HOUR)).unwrap();
            let subscriber = Subscriber {
                start: start().plus_seconds(-ago),
                interval,
                amount_minor: u32::try_from(1 + chance.below(10_000)).unwrap(),
                // Sooner or later it puts a page aside.
                earlier: 5 + chance.below(6),
            };
            subscriptions.push(world.subscribed(subscriber).await);
        }
        Self {
            chance,
            world,
            subscriptions,
            seconds: 0,
            processes: 0,
        }
    }

    /// A process that began just now.
    fn process(&mut self) -> World {
        self.processes += 1;
        let now = self.world.later(i64::try_from(self.seconds).unwrap());
        now.process(100 + self.processes)
    }

    /// Time passes, up to two days; ticks come or do not; some of the messages are handled.
    async fn step(&mut self) {
        self.seconds += self.chance.below(48 * HOUR);
        for _ in 0..self.chance.below(3) {
            let process = self.process();
            process.meter.fault(self.chance.fault(30));
            // It sends all, some or nothing.
            drop(tick(&process).await);
        }
        self.mix();
        for _ in 0..self.chance.below(4) {
            self.handle().await;
        }
    }

    /// Some messages are delivered twice, and none in order.
    fn mix(&mut self) {
        let mut messages = self.world.inbox.take(usize::MAX);
        for index in 0..messages.len() {
            if self.chance.one_in(3) {
                messages.push(messages[index].clone());
            }
        }
        self.chance.shuffle(&mut messages);
        self.world.inbox.put(messages);
    }

    /// Two workers at once, each with a batch, or both with the same one.
    async fn handle(&mut self) {
        let size = 1 + self.chance.below(u64::try_from(BATCH).unwrap());
        let size = usize::try_from(size).unwrap();
        let first = self.world.inbox.take(size);
        let second = if self.chance.one_in(2) {
            first.clone()
        } else {
            self.world.inbox.take(size)
        };
        let (one, other) = (self.process(), self.process());
        let faults = [self.chance.fault(60), self.chance.fault(60)];
        join(
            handle_batch(&one, first, faults[0]),
            handle_batch(&other, second, faults[1]),
        )
        .await;
    }

    /// Everything that is due is done, and the books are right.
    async fn end(&mut self) {
        let process = self.process();
        drain(&process).await;
        let books = Books::of(&process).await;
        books.paid_once(&process);
        let context = process.app.scheduled(process.ours.test(), None);
        let mut invoices = 0;
        for id in &self.subscriptions {
            let subscription = context.find(*id).await.unwrap().unwrap();
            let now = context.now().await.unwrap();
            let begun = (1..)
                .map(|index| subscription.period_start(index).unwrap())
                .take_while(|start| *start <= now);
            let begun: Vec<_> = begun.collect();
            assert_eq!(books.billed(*id), begun);
            let listed = context
                .invoices(&first_page(100), None, Some(*id), None)
                .await
                .unwrap();
            assert_eq!(listed.items.len(), begun.len());
            invoices += begun.len();
        }
        assert_eq!(books.invoices.len(), invoices);
    }
}

/// A batch whose process may die: then it comes again as a whole, else what failed of it.
async fn handle_batch(process: &World, batch: Vec<String>, fault: Option<Fault>) {
    process.meter.fault(fault);
    let failed = deliver(&worker(process), &batch).await;
    let died = matches!(fault, Some(Fault::DieBefore(_) | Fault::DieAfter(_)));
    process.inbox.put(if died { batch } else { failed });
}

#[tokio::test]
async fn whatever_the_schedule_every_period_is_billed_and_paid_once() {
    for seed in seeds(SEEDS) {
        println!("SAVVY_SEED={seed}");
        let mut schedule = Schedule::begin(seed).await;
        for _ in 0..STEPS {
            schedule.step().await;
        }
        schedule.end().await;
    }
}
