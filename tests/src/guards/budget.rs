//! What operations cost, in request units of DynamoDB: measured, printed, and held to.

mod calls;

use std::fmt::Write;

use models::Id;
use serde_json::json;
use testkit::{GOOD_CARD, Units, World};

use crate::generators::catalogue;
use crate::generators::generated::generated_between;
use crate::histories::billing_run::tick;
use crate::histories::webhook_pipeline::pipeline::Pipeline;
use crate::histories::webhook_pipeline::receiver::{Manner, Receiver};
use crate::histories::webhook_pipeline::{endpoint, happen};

struct Row {
    what: &'static str,
    units: Units,
    read_tenths: u64,
    write_tenths: u64,
}

impl Row {
    /// Has each call take what the world's meter says by then.
    fn taken(world: &World, rows: &mut Vec<Self>) -> impl FnMut(&'static str, u64, u64) {
        |what, read_tenths, write_tenths| {
            rows.push(Self {
                what,
                units: world.meter.take(),
                read_tenths,
                write_tenths,
            });
        }
    }
}

#[tokio::test]
async fn generated_costs_are_those_of_the_code() {
    let world = World::new().await;
    let mut rows = Vec::new();
    requests(&world, &mut rows).await;
    renewals(&world, &mut rows).await;
    sweeps(&mut rows).await;
    usage(&world, &mut rows).await;
    webhooks(&mut rows).await;
    calls::calls(&mut rows).await;
    let mut table =
        String::from("| operation | read units | write units | round trips |\n|---|---|---|---|\n");
    for Row { what, units, .. } in &rows {
        let (reads, writes) = (tenths(units.read_tenths), tenths(units.write_tenths));
        writeln!(
            table,
            "| {what} | {reads} | {writes} | {} |",
            units.round_trips()
        )
        .unwrap();
    }
    generated_between(
        "docs/costs.md",
        "<!-- costs: generated -->",
        "<!-- costs: end -->",
        &table,
    );
    for Row {
        what,
        units,
        read_tenths,
        write_tenths,
    } in &rows
    {
        assert!(units.read_tenths <= *read_tenths, "{what}: {units:?}");
        assert!(units.write_tenths <= *write_tenths, "{what}: {units:?}");
        // Two of them write the payment.
        let most = if *what == "a renewal: invoice, payment, next period" {
            7
        } else {
            u64::MAX
        };
        assert!(units.round_trips() <= most, "{what}: {units:?}");
    }
}

fn tenths(units: u64) -> String {
    match units % 10 {
        0 => format!("{}", units / 10),
        tenth => format!("{}.{tenth}", units / 10),
    }
}

async fn requests(world: &World, rows: &mut Vec<Row>) {
    let api = world.call(catalogue::all());
    let live = api.with_key(&world.ours.live_key);
    let mut row = Row::taken(world, rows);
    // The credential is read once in 30 seconds and remembered.
    api.get("/v3/customers").await.expect(200);
    live.get("/v3/customers").await.expect(200);
    world.meter.take();

    let customer = live
        .post("/v3/customers", json!({ "email": "a@example.com" }))
        .await;
    row("create a customer, live", 0, 20);
    live.idempotent("k")
        .post("/v3/customers", json!({ "email": "a@example.com" }))
        .await
        .expect(201);
    row("create a customer, live, with an `Idempotency-Key`", 10, 60);
    live.get(&format!("/v3/customers/{}", customer.text_of("id")))
        .await
        .expect(200);
    row("retrieve a customer", 5, 0);
    live.get("/v3/customers").await.expect(200);
    row("list customers", 5, 0);
    api.post("/v3/customers", json!({ "email": "a@example.com" }))
        .await
        .expect(201);
    row(
        "create a customer, test: the test clock is read, too",
        10,
        20,
    );
}

/// Ticks of an installation with two businesses, and what fails.
async fn sweeps(rows: &mut Vec<Row>) {
    let world = World::new().await;
    let start = world.config.clock.now();
    let mut row = Row::taken(&world, rows);
    world.meter.take();
    tick(&world).await.unwrap();
    row("a tick of two businesses, nothing is due", 120, 0);
    let mut days = 0;
    for (subscriptions, what) in [
        (1, "the same, and one renewal is due, test"),
        (100, "the same, and a hundred renewals are due, test"),
    ] {
        for _ in 0..subscriptions {
            world
                .subscribed(testkit::Subscriber {
                    start: start.plus_days(days),
                    interval: models::time::Interval::Day,
                    amount_minor: 1_000,
                    earlier: 0,
                })
                .await;
        }
        days += 1;
        let later = world.later(days * 86_400);
        world.meter.take();
        tick(&later).await.unwrap();
        row(what, 150, 20);
        if subscriptions == 1 {
            drop(later.inbox.take(usize::MAX));
        }
    }
    let later = world.later(days * 86_400);
    let message = later.inbox.take(1);
    let failing = message
        .iter()
        .map(|message| message.replace("\"sub\"", "\"msg\""))
        .collect::<Vec<_>>();
    let worker = billing_run::worker(later.app.clone());
    world.meter.take();
    assert_eq!(
        testkit::deliver(&worker, &failing).await,
        Vec::<String>::new()
    );
    row("put off a renewal that failed, test", 30, 30);
}

/// Reports of usage, one by one and 500 at once.
async fn usage(world: &World, rows: &mut Vec<Row>) {
    let api = world.call(catalogue::all());
    let live = api.with_key(&world.ours.live_key);
    let plan = json!({ "id": "live", "name": "Live", "currency": "USD", "amount": 9999, "interval": "month" });
    live.plan(plan).await;
    let customer = live.customer().await;
    let new = json!({ "customer_id": customer, "plan_id": "live", "trial_period_days": 14 });
    let subscription = live.post("/v3/subscriptions", new).await;
    let id = subscription.text_of("id");
    let mut row = Row::taken(world, rows);
    world.meter.take();
    let report = |n: u32, key: Option<String>| json!({ "subscription_id": id, "metric_name": "api_calls", "quantity": n, "idempotency_key": key });
    live.post("/v3/usage", report(1, None)).await.expect(201);
    row("report usage, live", 25, 10);
    live.post("/v3/usage", report(1, Some("k".to_owned())))
        .await
        .expect(201);
    row("report usage, live, with an `idempotency_key`", 25, 10);
    let events = |keyed: bool| -> Vec<_> {
        let key = |n| keyed.then(|| format!("k-{n}"));
        (0..500).map(|n| report(n, key(n))).collect()
    };
    let batch = json!({ "events": events(false) });
    live.post("/v3/usage/batch", batch).await.expect(201);
    row(
        "report usage 500 times at once for one metric, live",
        25,
        100,
    );
    let batch = json!({ "events": events(true) });
    live.post("/v3/usage/batch", batch).await.expect(201);
    row(
        "report usage 500 times at once, each with an `idempotency_key`, live",
        65,
        150,
    );
    live.get(&format!("/v3/subscriptions/{id}/usage"))
        .await
        .expect(200);
    row(
        "retrieve a subscription's usage of one metric after these",
        90,
        0,
    );
}

/// Events on their way to one endpoint: alone, and ten at once; and a delivery that fails first.
async fn webhooks(rows: &mut Vec<Row>) {
    let receiver =
        Receiver::start(
            |got, nth| match got.event()["data"]["object"]["email"].as_str() {
                Some("customer99@example.com") if nth == 0 => Manner::Answer(500, ""),
                _ => Manner::Answer(200, ""),
            },
        )
        .await;
    let mut pipeline = Pipeline::start().await;
    let api = pipeline.api();
    endpoint(&api, &receiver.url).await;
    let mut row = |pipeline: &Pipeline, what, read_tenths, write_tenths| {
        rows.push(Row {
            what,
            units: pipeline.process.meter.take(),
            read_tenths,
            write_tenths,
        });
    };
    for number in 0..11 {
        happen(&api, number).await;
        if number == 0 {
            pipeline.process.meter.take();
            pipeline.relay(100).await;
            row(&pipeline, "log and publish an event", 10, 20);
            pipeline.fan_out().await;
            row(&pipeline, "find the endpoints of an event, test", 15, 0);
            pipeline.deliver().await;
            row(&pipeline, "deliver an event, test", 25, 10);
        }
    }
    pipeline.relay(100).await;
    row(&pipeline, "log and publish ten events at once", 0, 110);
    pipeline.fan_out().await;
    row(
        &pipeline,
        "find the endpoints of ten events at once, test",
        15,
        0,
    );
    pipeline.deliver().await;
    row(&pipeline, "deliver ten events at once, test", 70, 100);
    happen(&api, 99).await;
    pipeline.relay(100).await;
    pipeline.fan_out().await;
    pipeline.process.meter.take();
    pipeline.deliver().await;
    row(
        &pipeline,
        "a delivery that fails and waits for its retry",
        25,
        40,
    );
    assert_eq!(receiver.got().len(), 12);
}

/// A subscription that begins with a trial and is billed at its end and a month later.
async fn renewals(world: &World, rows: &mut Vec<Row>) {
    let api = world.call(catalogue::all());
    let customer = api.customer().await;
    let plan = json!({ "id": "pro", "name": "Pro", "currency": "USD", "amount": 9999, "interval": "month" });
    api.plan(plan).await;
    api.card(&customer, GOOD_CARD).await;
    world.meter.take();
    let subscription =
        json!({ "customer_id": customer, "plan_id": "pro", "trial_period_days": 14 });
    let subscription = api.post("/v3/subscriptions", subscription).await;
    let mut row = Row::taken(world, rows);
    row("create a subscription with a trial, test", 40, 60);

    let id: Id<models::ids::Subscription> = subscription.text_of("id").parse().unwrap();
    let due = async || {
        let context = world.app.scheduled(world.ours.test(), None);
        context.find(id).await.unwrap().unwrap().due().unwrap()
    };
    let run = async |at| {
        let context = world.app.scheduled(world.ours.test(), Some(at));
        operations::run_subscription(&context, id, at)
            .await
            .unwrap();
    };
    for what in [
        "announce the end of a trial",
        "the first renewal, after the trial: invoice, payment, next period",
        "a renewal: invoice, payment, next period",
    ] {
        let at = due().await;
        world.meter.take();
        run(at).await;
        row(what, 60, 80);
    }
    let before = due().await.plus_seconds(-1);
    world.meter.take();
    run(before).await;
    row("a renewal that is not due", 10, 0);
    api.get(&format!("/v3/invoices?customer_id={customer}"))
        .await
        .expect(200);
    row("list the invoices of a customer with a subscription", 30, 0);
    api.get(&format!("/v3/invoices?subscription_id={id}"))
        .await
        .expect(200);
    row("list the invoices of a subscription", 15, 0);
}
