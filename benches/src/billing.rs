//! What a billing run costs, and whether it costs more when it is long.
//!
//! `cargo run --release -p benches -- billing [subscriptions] [workers] [seconds]` writes that many subscriptions to a plan of one
//! line, due within that many seconds (one hour), and bills them as in AWS: the sweep's queries of the due index, messages
//! of a queue, and `billing-run` with batches of ten. In test mode without a test clock, because live mode has no gateway.
//! Each worker is a thread with a connection and a counter of its own, as if it were a Lambda process.
mod billers;
mod floor;
mod report;

use futures::StreamExt;
use models::Timestamp;
use models::time::Interval;
use testkit::{Subscriber, Units, World};

use self::billers::Billers;
use self::floor::Floor;
use self::report::{Part, Sample};
use crate::{cpu, hundredths};

/// Subscriptions that are billed before anything is measured: connections are open then.
const WARM_UP: u64 = 50;
/// Invoices between two floors.
const STRETCH: usize = 500;
/// The moment of the run.
const NOW: &str = "2026-02-15T12:00:00Z";
/// A month before, when the periods began that end now.
const BEGUN: &str = "2026-01-15T12:00:00Z";

/// The subscriptions, the workers, and the seconds in which the subscriptions fall due.
struct Arguments {
    subscriptions: u64,
    workers: u64,
    seconds: i64,
}

pub(crate) async fn measure(mut numbers: impl Iterator<Item = u64>) {
    let arguments = Arguments {
        subscriptions: numbers.next().unwrap_or(1_000).next_multiple_of(100),
        workers: numbers.next().unwrap_or(2).max(1),
        seconds: i64::try_from(numbers.next().unwrap_or(3_600).max(1)).unwrap(),
    };
    let arguments = &arguments;
    let world = World::to_measure(NOW).await;
    let workers = Billers::start(&world, arguments.workers);
    subscribe(&world, WARM_UP, arguments.seconds).await;
    sweep(&world).await;
    workers.bill(&world.inbox.take(usize::MAX));
    let mut floor = Floor::of(&world);
    floor.sample(&workers);
    let sizes = world.sizes();
    subscribe(&world, arguments.subscriptions, arguments.seconds).await;
    world.meter.take();
    workers.take();

    let (parts, last) = run(&world, &workers, &mut floor, arguments.subscriptions).await;
    report::print(&parts);
    println!("\nThe largest item of each type, in bytes: {sizes:?}");
    let swept = world.meter.take();
    assert_eq!(swept.write_tenths, 0, "a sweep writes nothing: {swept:?}");
    println!("The sweep read {} units in all.", swept.read_tenths / 10);
    repeat(&world, &workers, last).await;
    report::hold(&parts);
}

/// Bills all that is due: the first tenth, the middle, and the last tenth. The tenths alternate with the floor, so that
/// whatever else the machine does is in both. Also returns the last messages.
async fn run(
    world: &World,
    workers: &Billers,
    floor: &mut Floor,
    subscriptions: u64,
) -> ([Part; 3], Vec<String>) {
    let tenth = subscriptions / 10;
    let middle = subscriptions - 2 * tenth;
    let mut last = Vec::new();
    let mut parts = [Part::default(), Part::default(), Part::default()];
    for (part, invoices) in parts.iter_mut().zip([tenth, middle, tenth]) {
        while part.run.invoices < invoices {
            if world.inbox.is_empty() {
                sweep(world).await;
                assert!(!world.inbox.is_empty(), "too few are due");
            }
            let left = usize::try_from(invoices - part.run.invoices).unwrap();
            let messages = world.inbox.take(left.min(STRETCH));
            let before = cpu::read();
            workers.bill(&messages);
            part.run += Sample {
                invoices: u64::try_from(messages.len()).unwrap(),
                units: workers.take(),
                cpu: cpu::read().since(before),
            };
            if invoices == tenth {
                part.floor += floor.sample(workers);
            }
            last = messages;
        }
    }
    (parts, last)
}

/// The same tick again, and the last messages of the run again.
async fn repeat(world: &World, workers: &Billers, messages: Vec<String>) {
    sweep(world).await;
    let (due, again) = (world.inbox.len(), messages.len());
    workers.bill(&messages);
    let units = workers.take();
    println!(
        "The same tick a second time: {due} messages; {again} messages delivered a second time: {} write units.",
        hundredths(units.write_tenths * 10)
    );
    assert_eq!((due, units.write_tenths), (0, 0), "it was billed before");
}

/// The function of the schedule.
async fn sweep(world: &World) {
    let sweep = due_sweep::function(&world.config).unwrap();
    let tick = serde_json::value::to_raw_value(&serde_json::json!({})).unwrap();
    sweep(tick).await.unwrap();
}

async fn subscribe(world: &World, count: u64, seconds: i64) {
    let begun: Timestamp = BEGUN.parse().unwrap();
    futures::stream::iter(0..i64::try_from(count).unwrap())
        .map(|index| {
            world.subscribed(Subscriber {
                start: begun.plus_seconds(-(index % seconds)),
                interval: Interval::Month,
                amount_minor: 9999,
                // One short of a page, so that its item is as large as it becomes.
                earlier: 9,
            })
        })
        .buffer_unordered(32)
        .for_each(async |_| {})
        .await;
}

/// What all workers spent.
fn sum(units: impl Iterator<Item = Units>) -> Units {
    units.fold(Units::default(), |mut sum, units| {
        sum += units;
        sum
    })
}
