//! Billing runs: ticks that come twice, at once, or not for days, and many workers at once.

mod chance;
mod conserved;
mod driver;

use futures::future::join_all;
use models::time::Interval;
use models::{Id, Timestamp, ids};
use serde_json::json;
use testkit::{Subscriber, World, deliver};

use crate::generators::catalogue;
pub(crate) use driver::drain;
pub(crate) use driver::tick;
use driver::{BATCH, Books, first_page, run_alone};
pub(super) use driver::{handle_all, worker};

/// Noon of a day in January, when all worlds of this file begin.
const START: &str = "2026-01-15T12:00:00Z";
const DAY: i64 = 86_400;

fn start() -> Timestamp {
    START.parse().unwrap()
}

/// Subscriptions that began when the world did.
async fn subscribe(world: &World, count: u32, interval: Interval) -> Vec<Id<ids::Subscription>> {
    let mut subscriptions = Vec::new();
    for number in 0..count {
        let subscriber = Subscriber {
            start: start(),
            interval,
            amount_minor: 1_000 + number,
            earlier: 9,
        };
        subscriptions.push(world.subscribed(subscriber).await);
    }
    subscriptions
}

#[tokio::test]
async fn a_tick_that_comes_three_times_bills_once() {
    let world = World::at(START).await;
    subscribe(&world, 12, Interval::Day).await;
    let later = world.later(DAY);
    for _ in 0..3 {
        tick(&later).await.unwrap();
    }
    assert_eq!(
        later.inbox.len(),
        12,
        "what is on its way is not sent again"
    );
    handle_all(&later).await;
    let books = Books::of(&later).await;
    assert_eq!(books.invoices.len(), 12);
    books.paid_once(&later);
    later.meter.take();
    drain(&later).await;
    assert_eq!(later.meter.take().write_tenths, 0);
}

#[tokio::test]
async fn two_ticks_at_once_bill_once() {
    let world = World::at(START).await;
    subscribe(&world, 20, Interval::Day).await;
    let later = world.later(DAY);
    let processes = [later.process(21), later.process(22)];
    let ticks = processes.iter().map(tick);
    join_all(ticks).await.into_iter().for_each(Result::unwrap);
    assert_eq!(later.inbox.len(), 20, "one of them leaves it to the other");
    join_all(processes.iter().map(handle_all)).await;
    let books = Books::of(&later).await;
    assert_eq!(books.invoices.len(), 20);
    books.paid_once(&later);
}

#[tokio::test]
async fn three_days_without_a_tick_are_made_up_for_in_order() {
    let world = World::at(START).await;
    let daily = subscribe(&world, 3, Interval::Day).await;
    let weekly = subscribe(&world, 3, Interval::Week).await;
    let later = world.later(6 * DAY);
    drain(&later).await;
    let later = world.later(9 * DAY + 60);
    drain(&later).await;
    let books = Books::of(&later).await;
    books.paid_once(&later);
    let days: Vec<Timestamp> = (1..=9).map(|day| start().plus_days(day)).collect();
    for id in daily {
        assert_eq!(books.billed(id), days);
    }
    for id in weekly {
        assert_eq!(books.billed(id), [start().plus_days(7)]);
    }
    assert_eq!(books.numbers(), (1..=30).collect::<Vec<_>>());
}

#[tokio::test]
async fn forty_days_without_a_tick_are_made_up_for_and_every_list_is_whole() {
    let world = World::at(START).await;
    let [id] = subscribe(&world, 1, Interval::Day).await[..] else {
        panic!("one was asked for");
    };
    let later = world.later(40 * DAY);
    drain(&later).await;
    let books = Books::of(&later).await;
    books.paid_once(&later);
    let days: Vec<Timestamp> = (1..=40).map(|day| start().plus_days(day)).collect();
    assert_eq!(books.billed(id), days);

    let context = later.app.scheduled(later.ours.test(), None);
    let subscription = context.find(id).await.unwrap().unwrap();
    assert_eq!(subscription.invoice_pages, 4);
    let all: Vec<_> = books.invoices.iter().map(|invoice| invoice.id).collect();
    let customer = Some(subscription.customer_id);
    for (customer, subscription) in [(customer, None), (None, Some(id)), (customer, Some(id))] {
        for status in [None, Some("paid")] {
            for limit in [7, 39, 40, 41] {
                let mut page = first_page(limit);
                let mut found = Vec::new();
                loop {
                    let listed = context
                        .invoices(&page, customer, subscription, status)
                        .await
                        .unwrap();
                    assert!(listed.items.len() <= usize::try_from(limit).unwrap());
                    found.extend(listed.items.iter().map(|invoice| invoice.id));
                    page.after = listed.next;
                    if page.after.is_none() {
                        break;
                    }
                }
                assert_eq!(
                    found, all,
                    "{customer:?} {subscription:?} {status:?} {limit}"
                );
            }
        }
    }
    let open = context
        .invoices(&first_page(10), customer, None, Some("open"))
        .await
        .unwrap();
    assert_eq!((open.items.len(), open.next), (0, None));
}

/// What ten renewals in a batch cost besides their payments, by what was written, in tenths of units; and the counter's part.
async fn batch_of_ten(world: &World) -> (Vec<(String, u64)>, u64) {
    tick(world).await.unwrap();
    let batch = world.inbox.take(BATCH);
    assert_eq!((batch.len(), world.inbox.len()), (10, 0));
    world.meter.take();
    let failed = deliver(&worker(world), &batch).await;
    assert!(failed.is_empty(), "{failed:?}");
    let units = world.meter.take();
    assert_eq!(units.written("pay"), 300, "{units:?}");
    let besides = units
        .written_tenths
        .iter()
        .filter(|(written, _)| !["counter", "pay"].contains(&written.as_str()))
        .map(|(written, tenths)| (written.clone(), *tenths));
    (besides.collect(), units.written("counter"))
}

#[tokio::test]
async fn a_batch_of_ten_renewals_costs_four_units_each_besides_the_payments_and_a_number() {
    let world = World::at(START).await;
    let seller = json!({
        "name": "Acme Trading Ltd", "address_lines": ["1 High Street", "London EC1A 1BB"],
        "tax_id": "GB123456789", "email": "billing@acme.example",
    });
    let api = world.call(catalogue::all());
    api.patch("/v3/billing-settings", json!({ "seller": seller }))
        .await
        .expect(200);
    subscribe(&world, 10, Interval::Day).await;
    let (besides, counter) = batch_of_ten(&world.later(DAY)).await;
    assert_eq!(besides, [("inv".to_owned(), 100), ("sub".to_owned(), 300)]);
    // One write where the machine is quiet; under load some come too late to share it.
    assert!(counter <= 50, "{counter}");
    println!("the number: {counter} tenths of a unit for ten");
    let sizes = world.sizes();
    println!("{sizes:?}");
    // A real business has an id of fifteen digits rather than one, in one key of an invoice and in three of a subscription.
    assert!(sizes["inv"] + 14 <= 1024, "{sizes:?}");
    assert!(sizes["sub"] + 3 * 14 <= 1024, "{sizes:?}");
    // The subscriptions carry as many invoices as they can; ten of each go to a page now.
    let (besides, _) = batch_of_ten(&world.later(2 * DAY)).await;
    assert_eq!(
        besides,
        [
            ("inv".to_owned(), 100),
            ("invs".to_owned(), 100),
            ("sub".to_owned(), 300)
        ]
    );
}

#[tokio::test]
async fn sixty_four_workers_on_one_period_make_one_invoice() {
    let world = World::at(START).await;
    let [id] = subscribe(&world, 1, Interval::Day).await[..] else {
        panic!("one was asked for");
    };
    let later = world.later(DAY);
    let processes: Vec<World> = (0..4).map(|seed| later.process(30 + seed)).collect();
    let runs = (0..64).map(|run| run_alone(&processes[run % 4], id));
    for result in join_all(runs).await {
        result.unwrap();
    }
    let books = Books::of(&later).await;
    assert_eq!(books.invoices.len(), 1);
    books.paid_once(&later);
    assert_eq!(books.billed(id), [start().plus_days(1)]);
}

#[tokio::test]
async fn sixty_four_workers_on_as_many_periods_give_as_many_numbers() {
    let world = World::at(START).await;
    subscribe(&world, 64, Interval::Day).await;
    let later = world.later(DAY);
    tick(&later).await.unwrap();
    let processes: Vec<World> = (0..7).map(|seed| later.process(40 + seed)).collect();
    let deliveries = processes.iter().map(async |process| {
        let batch = process.inbox.take(BATCH);
        deliver(&worker(process), &batch).await
    });
    let failed = join_all(deliveries).await;
    assert!(failed.iter().all(Vec::is_empty), "{failed:?}");
    assert!(later.inbox.is_empty());
    let books = Books::of(&later).await;
    books.paid_once(&later);
    assert_eq!(books.numbers(), (1..=64).collect::<Vec<_>>());
}
