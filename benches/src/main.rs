//! What a billing run costs, and whether it costs more when it is long.
//!
//! `cargo run --release -p benches -- [subscriptions] [workers] [seconds]` writes that many subscriptions to a plan of one
//! line, due within that many seconds (one hour), and bills them as in AWS: the sweep's queries of the due index, messages
//! of a queue, and `billing-run` with batches of ten. In test mode without a test clock, because live mode has no gateway.
//! Each worker is a thread with a connection and a counter of its own, as if it were a Lambda process.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::integer_division,
    reason = "a measurement prints, ends where something is not as it should be, and computes in whole numbers"
)]

mod cpu;
mod floor;
mod report;
mod workers;

use futures::StreamExt;
use models::Timestamp;
use models::time::Interval;
use testkit::{Subscriber, Units, World};

use crate::floor::Floor;
use crate::report::Sample;
use crate::workers::Workers;

/// Subscriptions that are billed before anything is measured: connections are open then.
const WARM_UP: u64 = 50;
/// The moment of the run.
const NOW: &str = "2026-02-15T12:00:00Z";
/// A month before, when the periods began that end now.
const BEGUN: &str = "2026-01-15T12:00:00Z";

struct Arguments {
    subscriptions: u64,
    workers: u64,
    seconds: i64,
}

fn arguments() -> Arguments {
    let mut numbers = std::env::args()
        .skip(1)
        .map(|text| text.parse::<u64>().expect("numbers are expected"));
    Arguments {
        subscriptions: numbers.next().unwrap_or(1_000).next_multiple_of(100),
        workers: numbers.next().unwrap_or(2).max(1),
        seconds: i64::try_from(numbers.next().unwrap_or(3_600).max(1)).unwrap(),
    }
}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .thread_name("main")
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(measure(&arguments()));
}

async fn measure(arguments: &Arguments) {
    let world = World::to_measure(NOW).await;
    let workers = Workers::start(&world, arguments.workers);
    subscribe(&world, WARM_UP, arguments.seconds).await;
    sweep(&world).await;
    workers.bill(&world.inbox.take(usize::MAX));
    let floor = Floor::of(&world);
    let sizes = world.sizes();
    let floor_before = floor.sample(&workers, 0);
    subscribe(&world, arguments.subscriptions, arguments.seconds).await;
    world.meter.take();
    workers.take();

    let (samples, swept) = run(&world, &workers, arguments.subscriptions).await;
    let floor_after = floor.sample(&workers, 1);
    workers.take();
    report::print(&samples, &[floor_before, floor_after]);
    println!("\nThe largest item of each type, in bytes: {sizes:?}");

    let again = world.meter.take();
    assert_eq!(again.write_tenths, 0, "a sweep writes nothing: {again:?}");
    println!("\nThe sweep read {} units in all.", again.read_tenths / 10);
    repeat(&world, &workers, swept).await;
    report::hold(&samples);
}

/// Bills all that is due: the first tenth, the middle, and the last tenth.
async fn run(world: &World, workers: &Workers, subscriptions: u64) -> ([Sample; 3], Vec<String>) {
    let tenth = subscriptions / 10;
    let mut last = Vec::new();
    let mut samples = [Sample::default(), Sample::default(), Sample::default()];
    for (sample, invoices) in samples
        .iter_mut()
        .zip([tenth, subscriptions - 2 * tenth, tenth])
    {
        let mut left = usize::try_from(invoices).unwrap();
        while left > 0 {
            if world.inbox.is_empty() {
                sweep(world).await;
                assert!(!world.inbox.is_empty(), "{left} are not due");
            }
            let messages = world.inbox.take(left);
            left -= messages.len();
            last.clone_from(&messages);
            let before = cpu::read();
            workers.bill(&messages);
            *sample += Sample {
                invoices: 0,
                units: workers.take(),
                cpu: cpu::read().since(before),
            };
        }
        sample.invoices = invoices;
    }
    (samples, last)
}

/// The same tick again, and the last messages of the run again.
async fn repeat(world: &World, workers: &Workers, messages: Vec<String>) {
    sweep(world).await;
    let (due, again) = (world.inbox.len(), messages.len());
    workers.bill(&messages);
    let units = workers.take();
    println!(
        "The same tick a second time: {due} messages; {again} messages delivered a second time: {} write units.",
        report::hundredths(units.write_tenths * 10)
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

impl std::ops::AddAssign for Sample {
    fn add_assign(&mut self, other: Self) {
        self.invoices += other.invoices;
        self.units += other.units;
        self.cpu += other.cpu;
    }
}

/// What all workers spent.
fn sum(units: impl Iterator<Item = Units>) -> Units {
    units.fold(Units::default(), |mut sum, units| {
        sum += units;
        sum
    })
}
