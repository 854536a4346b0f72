//! What a dead endpoint costs the others.
//!
//! Four businesses have nine endpoints that live, and a tenth that is absent, lives, refuses connections, or never answers.
//! Their deliveries take turns on the same workers, a stretch of each after the other, so that whatever else the machine does
//! is in all of them. The clocks are the machine's: a time-out takes its 15 seconds, and the rest after the third its
//! minute. A stretch is over when the nine have taken everything and no batch is left but those that wait for an answer
//! that never comes; then the next stretch goes on with the workers that are left.

use std::sync::Arc;
use std::time::{Duration, Instant};

use models::webhooks::{DeliveryId, Endpoint};
use models::{Id, Scope};
use serde_json::value::RawValue;
use store::DeliveryMessage;
use testkit::World;

use super::courier::{Courier, Couriers, delivered};
use super::queue::Queue;
use super::receiver::{self, Receiver, Silent};
use super::scene;
use crate::cpu::{self, Cpu};
use crate::hundredths;
use crate::workers::Workers;

/// Threads that deliver.
const WORKERS: u64 = 4;
/// Endpoints that live.
const OTHERS: usize = 9;
/// Events of a stretch.
const EVENTS: u64 = 40;

/// A business with its endpoints.
struct Case {
    name: &'static str,
    scope: Scope,
    receivers: Vec<Receiver>,
    endpoints: Vec<Arc<Endpoint>>,
    free: Sum,
    stuck: Sum,
}

/// What stretches took.
#[derive(Debug, Default)]
struct Sum {
    cpu: Cpu,
    walls: Vec<Duration>,
}

pub(super) async fn measure(world: &World, queue: &Queue, seconds: u64) {
    let couriers = Workers::start((0..WORKERS).map(|_| Courier::new(world, queue)));
    let silent = Silent::start();
    let mut cases = Vec::new();
    for (number, name, tenth) in [
        (21, "is absent", None),
        (22, "lives", Some(Receiver::start().url)),
        (23, "refuses connections", Some(receiver::absent())),
        (24, "never answers", Some(silent.url.clone())),
    ] {
        let receivers: Vec<Receiver> = (0..OTHERS).map(|_| Receiver::start()).collect();
        let urls = receivers.iter().map(|receiver| receiver.url.clone());
        let scope = scene::scope(number);
        cases.push(Case {
            name,
            scope,
            endpoints: scene::endpoints(world, scope, urls.chain(tenth)).await,
            receivers,
            free: Sum::default(),
            stuck: Sum::default(),
        });
    }
    let event = scene::events(world, scene::scope(20), 1).await.remove(0);
    let event: serde_json::Value = serde_json::from_str(&event).unwrap();
    let event = serde_json::value::to_raw_value(&event["detail"]["event"]).unwrap();
    let begun = Instant::now();
    let mut next = 1_000_000;
    let mut rounds = 0;
    while rounds < 3 || begun.elapsed() < Duration::from_secs(seconds) {
        for case in &mut cases {
            let messages = messages(case, &event, next);
            let (cpu, wall) = stretch(&couriers, case, &silent, &messages);
            let sum = match rounds {
                // Connections are opened, and endpoints are found dead.
                0 => {
                    println!(
                        "The first {} deliveries where the tenth {}: {} ms",
                        messages.len(),
                        case.name,
                        wall.as_millis()
                    );
                    continue;
                }
                _ if silent.waiting() > 0 => &mut case.stuck,
                _ => &mut case.free,
            };
            sum.cpu += cpu;
            sum.walls.push(wall);
        }
        rounds += 1;
        next += EVENTS;
    }
    print(&cases, &silent, begun.elapsed());
    couriers.wait(|open| open == 0);
}

/// First attempts at the events from `first` on.
fn messages(case: &Case, event: &RawValue, first: u64) -> Vec<String> {
    let of = |event_id: u64| {
        let event_id = Id::new(event_id).unwrap();
        case.endpoints.iter().map(move |endpoint| DeliveryId {
            event: event_id,
            endpoint: endpoint.id,
        })
    };
    let ids = (first..first + EVENTS).flat_map(of);
    let message = |id| DeliveryMessage::first(&case.scope, id, None, Some(event));
    ids.map(|id| serde_json::to_string(&message(id)).unwrap())
        .collect()
}

/// Delivers and returns what that took, and how long it took until the others had everything.
fn stretch(
    couriers: &Couriers,
    case: &Case,
    silent: &Silent,
    messages: &[String],
) -> (Cpu, Duration) {
    let jobs = delivered(messages);
    let others = EVENTS * u64::try_from(OTHERS).unwrap();
    let enough = receiver::posts(&case.receivers) + others;
    let (before, begun) = (cpu::read(), Instant::now());
    couriers.send(jobs);
    couriers.wait(|open| open <= silent.waiting() && receiver::posts(&case.receivers) >= enough);
    let wall = begun.elapsed();
    (cpu::read().since(before), wall)
}

impl Sum {
    /// For each delivery to the nine others.
    fn each(&self, nanoseconds: u64) -> u64 {
        let others = EVENTS * u64::try_from(OTHERS).unwrap();
        let deliveries = others * u64::try_from(self.walls.len().max(1)).unwrap();
        nanoseconds / deliveries
    }

    fn workers(&self) -> u64 {
        self.each(self.cpu.workers)
    }

    /// The median, in nanoseconds for each delivery.
    fn wall(&self) -> u64 {
        let mut walls = self.walls.clone();
        walls.sort();
        let median = walls.get(walls.len() / 2).copied().unwrap_or_default();
        u64::try_from(median.as_nanos()).unwrap() / EVENTS / u64::try_from(OTHERS).unwrap()
    }
}

fn print(cases: &[Case], silent: &Silent, elapsed: Duration) {
    println!(
        "\nTen endpoints, {WORKERS} workers, {} s in all; {} messages waited for the endpoint that never answers.\n",
        elapsed.as_secs(),
        silent.ever()
    );
    println!(
        "| the tenth endpoint | stretches | CPU per delivery to the nine others, µs | than where it lives | (embedded database, µs) | deliveries a second to them | than where it lives |"
    );
    println!("|---|---|---|---|---|---|---|");
    let alive = &cases[1];
    for case in cases {
        row(case.name, "", &case.free, &alive.free);
    }
    for case in cases.iter().filter(|case| !case.stuck.walls.is_empty()) {
        let when = ", while a worker waits for a time-out";
        row(case.name, when, &case.stuck, &alive.stuck);
    }
}

fn row(name: &str, when: &str, sum: &Sum, base: &Sum) {
    println!(
        "| {name}{when} | {} | {} | {} | {} | {} | {} |",
        sum.walls.len(),
        sum.workers() / 1000,
        percent(base.workers(), sum.workers()),
        sum.each(sum.cpu.database) / 1000,
        1_000_000_000 / sum.wall().max(1),
        percent(sum.wall(), base.wall()),
    );
}

/// How much more the second is, in percent.
fn percent(base: u64, other: u64) -> String {
    let sign = if other < base { "-" } else { "+" };
    let part = base.abs_diff(other) * 10_000 / base.max(1);
    format!("{sign}{} %", hundredths(part))
}
