//! Sweeps among items that cannot be done, businesses with a million of them, clocks that walk, and messages that are lost.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use local::functions;
use models::time::Interval;
use models::{Business, Id, Timestamp, ids};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use store::keys;
use testkit::{Fault, Meter, Subscriber, World, deliver};

use super::billing_run::{handle_all, tick, worker};
use crate::stories::story::Cloud;

const START: &str = "2026-01-15T12:00:00Z";
const DAY: i64 = 86_400;

async fn subscribe(world: &World) -> Id<ids::Subscription> {
    let subscriber = Subscriber {
        start: START.parse().unwrap(),
        interval: Interval::Day,
        amount_minor: 1_000,
        earlier: 0,
    };
    world.subscribed(subscriber).await
}

/// The item of a record of ours in test mode.
fn item(world: &World, id: Id<ids::Subscription>) -> Value {
    let key = keys::record(&world.ours.test(), id);
    let mut items = world.dump().into_iter();
    items
        .find(|item| item["PK"]["S"] == key.pk.as_str() && item["SK"]["S"] == key.sk.as_str())
        .unwrap()
}

/// Makes a subscription one that no worker can read.
fn poison(world: &World, id: Id<ids::Subscription>) {
    let mut item = item(world, id);
    item["status"] = json!({ "S": "no such status" });
    world.put(&item);
}

/// A due item of a kind that somebody would bill, of a business in live mode, in one shard.
fn live_item(business: u32, number: u32, at: Timestamp) -> Value {
    let text = |text: &str| json!({ "S": text });
    json!({
        "PK": text(&format!("{business}#live#sub")), "SK": text(&format!("{number:016}")),
        "et": text("sub"), "v": { "N": "1" }, "w": { "N": "1" }, "due_pk": text(&keys::due_shard(0)),
        "due_sk": text(&format!("{}#sub#{number:016}", at.key())),
    })
}

/// Whose messages wait, in their order.
fn waiting(world: &World) -> Vec<String> {
    let messages = world.inbox.take(usize::MAX);
    let whose = |message: &String| {
        let message: Value = serde_json::from_str(message).unwrap();
        message["pk"].as_str().unwrap().to_owned()
    };
    messages.iter().map(whose).collect()
}

async fn billed(world: &World, id: Id<ids::Subscription>) -> u64 {
    let context = world.app.scheduled(world.ours.test(), None);
    let stored = context.find_now(id).await.unwrap().unwrap();
    u64::try_from(stored.earlier_invoices.len()).unwrap()
}

#[tokio::test]
async fn a_failing_item_is_tried_again_after_one_minute_two_and_four_and_its_success_ends_that() {
    let world = World::at(START).await;
    let (sick, well) = (subscribe(&world).await, subscribe(&world).await);
    let healthy = item(&world, sick);
    poison(&world, sick);
    let sick_key = keys::record(&world.ours.test(), sick).sk;
    let mut tried = Vec::new();
    for minute in 0..70 {
        let now = world.later(DAY + minute * 60);
        tick(&now).await.unwrap();
        let messages = now.inbox.take(usize::MAX);
        if messages.iter().any(|message| message.contains(&sick_key)) {
            tried.push(minute);
        }
        let failed = deliver(&worker(&now), &messages).await;
        assert_eq!(
            failed,
            Vec::<String>::new(),
            "it is put off, and no dead letter"
        );
    }
    assert_eq!(tried, [0, 1, 3, 7, 15, 31, 63]);
    assert_eq!(billed(&world, well).await, 1);
    assert_eq!(item(&world, sick)["due_failed"]["N"], "7");
    // Everything but the place in the index is as it was.
    let mut put_off = item(&world, sick);
    for name in ["due_failed", "due_sk", "status"] {
        put_off[name] = healthy[name].clone();
    }
    put_off
        .as_object_mut()
        .unwrap()
        .retain(|_, value| !value.is_null());
    assert_eq!(put_off, healthy);

    // The cause is mended: it is done when it is due again, and what fails then begins anew.
    let mut mended = item(&world, sick);
    mended["status"] = healthy["status"].clone();
    world.put(&mended);
    let later = world.later(DAY + 128 * 60);
    tick(&later).await.unwrap();
    handle_all(&later).await;
    assert_eq!(billed(&world, sick).await, 1);
    assert_eq!(item(&world, sick)["due_failed"], Value::Null);
    poison(&world, sick);
    let next = world.later(2 * DAY);
    tick(&next).await.unwrap();
    handle_all(&next).await;
    assert_eq!(item(&world, sick)["due_failed"]["N"], "1");
}

#[tokio::test]
async fn a_message_that_comes_twice_puts_off_once() {
    let world = World::at(START).await;
    let sick = subscribe(&world).await;
    poison(&world, sick);
    let now = world.later(DAY);
    tick(&now).await.unwrap();
    let [message] = now.inbox.take(usize::MAX).try_into().unwrap();
    let processes: Vec<World> = (0..4).map(|seed| now.process(50 + seed)).collect();
    let runs = processes
        .iter()
        .map(async |process| deliver(&worker(process), std::slice::from_ref(&message)).await);
    for failed in futures::future::join_all(runs).await {
        assert_eq!(failed, Vec::<String>::new());
    }
    let item = item(&world, sick);
    assert_eq!(item["due_failed"]["N"], "1");
    let minute = now.config.clock.now().plus_seconds(60).key();
    assert!(item["due_sk"]["S"].as_str().unwrap().starts_with(&minute));
}

#[tokio::test]
async fn ten_thousand_items_that_cannot_be_done_hold_up_nobody() {
    let world = World::to_measure(START).await;
    let at: Timestamp = START.parse().unwrap();
    for number in 0..10_000 {
        world.put(&live_item(1, number, at.plus_seconds(-DAY)));
    }
    world.put(&live_item(2, 7, at));
    world.meter.take();
    tick(&world).await.unwrap();
    let messages = waiting(&world);
    // Read behind all that is older, and sent with the first ones.
    assert_eq!(messages.iter().position(|pk| pk == "2#live#sub"), Some(1));
    assert_eq!(messages.len(), 5_001);
    let units = world.meter.take();
    // The entries of a sweep are one item of 64 KB.
    assert!(units.write_tenths < 700, "{units:?}");
    // Nobody does them. The next sweeps send others, and none of these.
    let later = world.later(60);
    tick(&later).await.unwrap();
    let more = waiting(&later);
    assert!((2_000..=2_500).contains(&more.len()), "{}", more.len());
    assert!(!more.contains(&"2#live#sub".to_owned()));
}

#[tokio::test]
async fn every_item_of_a_long_backlog_has_its_turn() {
    let world = World::to_measure(START).await;
    let at: Timestamp = START.parse().unwrap();
    // All are due at one moment, and the second business's are in the middle of the first one's.
    for number in 0..20_000 {
        world.put(&live_item(1, number, at));
    }
    for number in 0..3 {
        world.put(&live_item(2, 10_000 + number, at));
    }
    let mut others = 0;
    for minute in 0..3 {
        let now = world.later(minute * 60);
        tick(&now).await.unwrap();
        others += waiting(&now)
            .iter()
            .filter(|pk| *pk == "2#live#sub")
            .count();
    }
    assert_eq!(others, 3);
}

#[tokio::test]
async fn a_message_that_is_lost_is_sent_again_after_a_quarter_of_an_hour() {
    let world = World::at(START).await;
    let id = subscribe(&world).await;
    let mut sent = Vec::new();
    for minute in 0..50 {
        let now = world.later(DAY + minute * 60);
        tick(&now).await.unwrap();
        sent.extend(now.inbox.take(usize::MAX).iter().map(|_| minute));
    }
    assert_eq!(sent, [0, 15, 45]);
    let now = world.later(DAY + 105 * 60);
    tick(&now).await.unwrap();
    handle_all(&now).await;
    assert_eq!(billed(&now, id).await, 1);
}

#[tokio::test]
async fn a_sweep_that_dies_at_any_call_loses_nothing_and_sends_nothing_twice_for_long() {
    let calls = {
        let world = World::at(START).await;
        subscribe(&world).await;
        let now = world.later(DAY);
        now.meter.fault(None);
        tick(&now).await.unwrap();
        now.meter.calls()
    };
    assert!(calls > 17, "{calls}");
    for call in 0..calls {
        for fault in [
            Fault::DieBefore(call),
            Fault::DieAfter(call),
            Fault::LoseAnswer(call),
        ] {
            let world = World::at(START).await;
            let id = subscribe(&world).await;
            let now = world.later(DAY);
            now.meter.fault(Some(fault));
            drop(tick(&now).await);
            now.meter.fault(None);
            for minute in [1, 2, 15, 16] {
                tick(&world.later(DAY + minute * 60)).await.unwrap();
            }
            // Nobody works, so that there is one more after a quarter of an hour; and a call whose answer is lost is made again.
            let sent = world.inbox.len();
            let most = if matches!(fault, Fault::LoseAnswer(_)) {
                3
            } else {
                2
            };
            assert!((1..=most).contains(&sent), "{fault:?}: {sent} messages");
            handle_all(&world.later(DAY + 960)).await;
            assert_eq!(billed(&world, id).await, 1, "{fault:?}");
        }
    }
}

#[tokio::test]
async fn a_business_that_cannot_be_read_does_not_stop_the_others() {
    let world = World::at(START).await;
    let id = subscribe(&world).await;
    let at: Timestamp = START.parse().unwrap();
    world.put(&live_item(2, 1, at));
    // The other business comes first in some list and last in another, and so does one that has no record that can be read.
    for business in [world.theirs.business, Id::new(3).unwrap()] {
        let business: Business = business;
        let key = keys::test_clock(business);
        let text = |text: String| json!({ "S": text });
        world.put(&json!({
            "PK": text(key.pk), "SK": text(key.sk), "et": text("clock".to_owned()), "v": { "N": "1" },
            "frozen_time": text("no time".to_owned()),
        }));
    }
    let now = world.later(DAY);
    tick(&now).await.unwrap();
    let sent: BTreeSet<String> = waiting(&now).into_iter().collect();
    let ours = keys::record(&world.ours.test(), id).pk;
    assert_eq!(sent, [ours, "2#live#sub".to_owned()].into());
}

#[tokio::test]
async fn a_part_of_the_index_that_cannot_be_read_does_not_stop_the_others() {
    let world = World::at(START).await;
    let id = subscribe(&world).await;
    let mut broken = live_item(2, 1, START.parse().unwrap());
    broken["due_sk"] = json!({ "S": "no time#sub#1" });
    world.put(&broken);
    let now = world.later(DAY);
    tick(&now).await.unwrap();
    assert_eq!(waiting(&now), [keys::record(&world.ours.test(), id).pk]);
}

/// A cloud with a subscription whose trial ends on 11 January 2030 at noon, and functions of the test's own.
async fn trial(cloud: &Cloud) {
    cloud
        .advance_to("2030-01-10T12:00:00Z".parse().unwrap())
        .await;
    let plan = json!({ "id": "pro", "name": "Pro", "currency": "USD", "amount": 1000, "interval": "month" });
    cloud.post("/v3/plans", &plan, 201).await;
    let customer = cloud
        .post("/v3/customers", &json!({ "email": "a@example.com" }), 201)
        .await;
    let new = json!({
        "customer_id": customer["id"], "plan_id": "pro", "trial_period_days": 1, "auto_collection": false,
    });
    cloud.post("/v3/subscriptions", &new, 201).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_nobody_moves_is_handed_on_and_the_tick_goes_on() {
    let dies = Arc::new(AtomicBool::new(false));
    let dying = Arc::clone(&dies);
    let cloud = Cloud::start_with(None, |aws| {
        functions::wire(aws, None)
            .unwrap()
            .wrapping("due-sweep", |sweep| {
                Arc::new(move |event| {
                    let starts = event.get().contains("test_clock.advancing");
                    if starts && dying.swap(false, Ordering::SeqCst) {
                        let done = RawValue::from_string("null".to_owned()).unwrap();
                        return Box::pin(async move { Ok(done) });
                    }
                    sweep(event)
                })
            })
    })
    .await;
    trial(&cloud).await;
    dies.store(true, Ordering::SeqCst);
    let to = json!({ "to": "2030-03-10T12:00:00Z" });
    cloud.post("/v3/test-clock/advance", &to, 202).await;
    let begun = Instant::now();
    while dies.load(Ordering::SeqCst) {
        assert!(begun.elapsed() < Duration::from_secs(30));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(cloud.get("/v3/test-clock").await["status"], "advancing");
    let tick = RawValue::from_string("{}".to_owned()).unwrap();
    cloud.functions.invoke("due-sweep", tick).await.unwrap();
    // The tick is over before the clock, which another invocation moves, has arrived.
    assert_eq!(cloud.get("/v3/test-clock").await["status"], "advancing");
    cloud
        .until("/v3/test-clock", |clock| clock["status"] == "ready")
        .await;
    let invoices = cloud.get("/v3/invoices").await;
    assert_eq!(invoices["data"].as_array().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_fails_where_an_item_on_its_way_cannot_be_done() {
    let sick = Arc::new(AtomicBool::new(true));
    let heals = Arc::clone(&sick);
    let cloud = Cloud::start_with(None, |aws| {
        let mut config = functions::config(aws, "billing-run", None);
        let meter = Meter::of(&mut config);
        let billing_run = billing_run::function(&config).unwrap();
        functions::wire(aws, None)
            .unwrap()
            .wrapping("billing-run", |_| {
                Arc::new(move |event| {
                    let fault = heals.load(Ordering::SeqCst).then_some(Fault::DieBefore(2));
                    meter.fault(fault);
                    billing_run(event)
                })
            })
    })
    .await;
    trial(&cloud).await;
    let to = json!({ "to": "2030-01-20T12:00:00Z" });
    cloud.post("/v3/test-clock/advance", &to, 202).await;
    let mut clock = cloud.get("/v3/test-clock").await;
    let begun = Instant::now();
    while clock["status"] == "advancing" {
        assert!(begun.elapsed() < Duration::from_secs(90), "{clock}");
        tokio::time::sleep(Duration::from_millis(200)).await;
        clock = cloud.get("/v3/test-clock").await;
    }
    assert_eq!(clock["status"], "internal_failure");
    assert_eq!(clock["frozen_time"], "2030-01-11T12:00:00Z");
    sick.store(false, Ordering::SeqCst);
    cloud.post("/v3/test-clock/advance", &to, 202).await;
    cloud
        .until("/v3/test-clock", |clock| clock["status"] == "ready")
        .await;
    let invoices = cloud.get("/v3/invoices").await;
    assert_eq!(invoices["data"].as_array().unwrap().len(), 1);
}
