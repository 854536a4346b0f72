//! What a signed delivery costs: from the event in the queue to the post and its record.
//!
//! `cargo run --release -p benches -- webhooks [deliveries] [workers] [seconds]` makes that many deliveries (5000) to one
//! endpoint for each event, and as many to ten. Batches of ten go through `webhook-fanout` and `webhook-delivery` as in AWS,
//! on threads (two) that stand for processes of Lambda. Between them the same messages are only signed and posted, over
//! connections that are kept: the floor. Then, for so many seconds (100, 0 for not at all), four threads deliver to ten
//! endpoints one of which may be dead ([`dead`]).
//!
//! The figures contain what a function does with its event, the SDK and its HTTP. They do not contain the database, the
//! queue and the endpoints, which have threads of their own, nor the loop of the Lambda runtime, nor TLS: all is plain HTTP on
//! this machine. It is test mode, because live mode reaches no loopback address: one read of a test clock in each batch of
//! `webhook-delivery` is in the figures that live mode has not.

mod courier;
mod dead;
mod http;
mod queue;
mod receiver;
mod scene;

use models::Scope;
use testkit::{Units, World, deliver};

use self::courier::{Courier, Couriers, delivered, fanned, posted};
use self::queue::Queue;
use self::receiver::Receiver;
use crate::cpu::{self, Cpu};
use crate::hundredths;
use crate::workers::Workers;

/// Deliveries between two floors.
const STRETCH: usize = 500;
/// Deliveries whose units are counted.
const COUNTED: usize = 100;
/// When the events happened.
const NOW: &str = "2026-02-15T12:00:00Z";
/// Microseconds of CPU that a delivery is to cost at most.
const TARGET: u64 = 300;

/// What deliveries cost at one fan-out.
#[derive(Debug, Default)]
struct Cost {
    fan_out: usize,
    deliveries: u64,
    fanout: Cpu,
    delivery: Cpu,
    floor: Cpu,
    /// Of `COUNTED` deliveries.
    units: Units,
    event_bytes: usize,
}

pub(crate) async fn measure(mut numbers: impl Iterator<Item = u64>) {
    let deliveries = usize::try_from(numbers.next().unwrap_or(5_000)).unwrap();
    let deliveries = deliveries.next_multiple_of(STRETCH);
    let workers = numbers.next().unwrap_or(2).max(1);
    let seconds = numbers.next().unwrap_or(100);
    let world = World::to_measure(NOW).await;
    let queue = Queue::start();
    let couriers = Workers::start((0..workers).map(|_| Courier::new(&world, &queue)));
    let mut costs = Vec::new();
    for (fan_out, number) in [(1, 11), (10, 12)] {
        let scope = scene::scope(number);
        costs.push(at(&world, &queue, &couriers, (scope, fan_out, deliveries)).await);
    }
    print(&costs);
    if seconds > 0 {
        dead::measure(&world, &queue, seconds).await;
    }
    let most = 10 * u64::try_from(COUNTED).unwrap();
    let in_bounds = costs.iter().all(|cost| cost.units.write_tenths <= most);
    assert!(in_bounds, "a delivery costs more than a write unit");
}

/// Delivers to that many endpoints of a business, in turn with the floor.
async fn at(
    world: &World,
    queue: &Queue,
    couriers: &Couriers,
    (scope, fan_out, deliveries): (Scope, usize, usize),
) -> Cost {
    let receivers: Vec<Receiver> = (0..fan_out).map(|_| Receiver::start()).collect();
    let urls = receivers.iter().map(|receiver| receiver.url.clone());
    let endpoints = scene::endpoints(world, scope, urls).await;
    let count = (deliveries + STRETCH + COUNTED) / fan_out;
    let mut events = scene::events(world, scope, u64::try_from(count).unwrap()).await;
    let mut cost = Cost {
        fan_out,
        units: units(world, events.drain(..COUNTED / fan_out).collect()).await,
        ..Cost::default()
    };
    for (round, events) in events.chunks(STRETCH / fan_out).enumerate() {
        let before = cpu::read();
        couriers.all(fanned(events));
        let fanned_out = cpu::read();
        let messages = queue.take();
        assert_eq!(messages.len(), STRETCH);
        let jobs = delivered(&messages);
        let begun = cpu::read();
        couriers.all(jobs);
        let done = cpu::read();
        let postings = scene::postings(&messages, &endpoints);
        let jobs = posted(&postings);
        let floor = cpu::read();
        couriers.all(jobs);
        let floored = cpu::read();
        if round > 0 {
            cost.deliveries += u64::try_from(messages.len()).unwrap();
            cost.fanout += fanned_out.since(before);
            cost.delivery += done.since(begun);
            cost.floor += floored.since(floor);
            cost.event_bytes = postings[0].body.len();
        }
    }
    let made = u64::try_from(deliveries + STRETCH).unwrap();
    let counted = u64::try_from(COUNTED).unwrap();
    assert_eq!(receiver::posts(&receivers), 2 * made + counted);
    recorded(world, scope, made + counted);
    cost
}

/// What deliveries of these events cost, through connections that count.
async fn units(world: &World, events: Vec<String>) -> Units {
    let process = world.process(77);
    let fanout = webhook_fanout::function(&process.config).unwrap();
    let sender = providers::webhook::Sender::new(process.config.egress).unwrap();
    let delivery = webhook_delivery::worker(process.app.clone(), sender);
    process.meter.take();
    for batch in events.chunks(10) {
        assert!(deliver(&fanout, batch).await.is_empty());
    }
    let messages = process.inbox.take_from("webhook-delivery", usize::MAX);
    assert_eq!(messages.len(), COUNTED);
    for batch in messages.chunks(10) {
        assert!(deliver(&delivery, batch).await.is_empty());
    }
    process.meter.take()
}

/// Every delivery of the business is in the table, delivered.
fn recorded(world: &World, scope: Scope, count: u64) {
    let partition = format!("{}#test#", scope.business.number());
    let is_done = |item: &&serde_json::Value| {
        item["et"]["S"] == "del"
            && item["status"]["S"] == "delivered"
            && item["PK"]["S"].as_str().unwrap().starts_with(&partition)
    };
    let done = world.dump().iter().filter(is_done).count();
    assert_eq!(u64::try_from(done).unwrap(), count);
}

fn print(costs: &[Cost]) {
    let row = |what: &str, of: &dyn Fn(&Cost) -> String| {
        let columns: Vec<String> = costs.iter().map(of).collect();
        println!("| {what} | {} |", columns.join(" | "));
    };
    let micros = |cost: &Cost, nanos: u64| (nanos / cost.deliveries / 1000).to_string();
    let ours = |cost: &Cost| cost.fanout.workers + cost.delivery.workers;
    let names: Vec<String> = costs
        .iter()
        .map(|cost| format!("fan-out {}", cost.fan_out))
        .collect();
    println!(
        "| for each delivery | {} |\n|---|{}",
        names.join(" | "),
        "---|".repeat(costs.len())
    );
    row("(deliveries)", &|cost| cost.deliveries.to_string());
    row("(bytes of the event)", &|cost| cost.event_bytes.to_string());
    row("CPU, µs", &|cost| micros(cost, ours(cost)));
    row("… `webhook-fanout`", &|cost| {
        micros(cost, cost.fanout.workers)
    });
    row("… `webhook-delivery`", &|cost| {
        micros(cost, cost.delivery.workers)
    });
    row("floor, µs: sign and post", &|cost| {
        micros(cost, cost.floor.workers)
    });
    row("CPU as a multiple of the floor", &|cost| {
        hundredths(ours(cost) * 100 / cost.floor.workers.max(1))
    });
    row("(embedded database, µs)", &|cost| {
        micros(cost, cost.fanout.database + cost.delivery.database)
    });
    // Tenths of so many deliveries, as hundredths of one.
    let counted = |tenths: u64| hundredths(tenths * 10 / u64::try_from(COUNTED).unwrap());
    row("write units", &|cost| counted(cost.units.write_tenths));
    row("read units", &|cost| counted(cost.units.read_tenths));
    row("SDK calls", &|cost| counted(cost.units.round_trips() * 10));
    for action in [
        "PutItem",
        "BatchGetItem",
        "GetItem",
        "Query",
        "SendMessageBatch",
    ] {
        row(&format!("… `{action}`"), &|cost| {
            counted(cost.units.calls.get(action).copied().unwrap_or_default() * 10)
        });
    }
    println!("\nThe target is {TARGET} µs and 1 write unit.\n");
}
