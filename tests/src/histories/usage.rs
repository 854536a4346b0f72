//! Metered usage: writers at the same moment, processes that die, periods that close, corrections of everything that can be
//! counted, and random histories against a naive model.

mod model;

use models::billing::{
    Aggregation, Closing, Correction, Fingerprint, LateUsage, UsageReport, UsageStanding,
};
use models::ids::{self, Id};
use models::time::Period;
use models::{Error, Timestamp};
use operations::{Context, Ending, Metric, RecordedUsage, ReportedUsage};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use testkit::{Call, Fault, World};

use crate::generators::catalogue;

/// A subscription that begins with a trial of 14 days, on 15 January.
async fn subscribed(world: &World) -> (Call, String) {
    let api = world.call(catalogue::all());
    let plan = json!({ "id": "pro", "name": "Pro", "currency": "USD", "amount": 9999, "interval": "month" });
    api.plan(plan).await;
    let customer = api.customer().await;
    let new = json!({ "customer_id": customer, "plan_id": "pro", "trial_period_days": 14 });
    let id = api.post("/v3/subscriptions", new).await;
    let id = id.text_of("id").to_owned();
    (api, id)
}

/// Total and records of each metric.
async fn totals(api: &Call, id: &str) -> Vec<(Value, Value)> {
    let used = api.get(&format!("/v3/subscriptions/{id}/usage")).await;
    let metrics = used.expect(200)["metrics"].as_array().unwrap().clone();
    metrics
        .iter()
        .map(|metric| (metric["total"].clone(), metric["records"].clone()))
        .collect()
}

#[tokio::test]
async fn sixty_four_writers_at_once_lose_nothing() {
    let world = World::new().await;
    let (api, id) = subscribed(&world).await;
    let row = |key: String| json!({ "subscription_id": id, "metric_name": "api_calls", "quantity": 0.1, "idempotency_key": key });
    let writers = (0..64_u32).map(|writer| {
        let (api, row) = (api.clone(), &row);
        async move {
            // Singles, batches, and every fourth one sends what the one before it sends.
            let key = format!("w-{}", writer - u32::from(writer % 4 == 3));
            if writer % 8 < 4 {
                let answer = api.post("/v3/usage", row(key)).await;
                answer.expect(201);
            } else {
                let events: Vec<Value> = (0..20).map(|n| row(format!("{key}-{n}"))).collect();
                let answer = api.post("/v3/usage/batch", json!({ "events": events }));
                answer.await.expect(201);
            }
        }
    });
    futures::future::join_all(writers).await;
    // 8 times 3 single reports and 8 times 3 batches of 20.
    let records = 8 * 3 + 8 * 3 * 20;
    assert_eq!(totals(&api, &id).await, [(json!(50.4), json!(records))]);
    let mut ids = Vec::new();
    let mut cursor = String::new();
    loop {
        let path =
            format!("/v3/usage?subscription_id={id}&metric_name=api_calls&limit=100{cursor}");
        let page = api.get(&path).await;
        let data = page.expect(200)["data"].as_array().unwrap().clone();
        ids.extend(
            data.iter()
                .map(|entry| entry["id"].as_str().unwrap().to_owned()),
        );
        match page.body["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(ids.len(), records);
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), records, "an id was given twice");
}

#[tokio::test]
async fn those_who_report_the_same_at_the_same_moment_are_all_counted() {
    let mut log = Log::new(Aggregation::Sum).await;
    // Ids are far ahead of a clock that was set back: everybody takes the next one, and all write the same event.
    log.now = at("2026-01-20T00:00:00Z");
    log.used(report("1", None)).await;
    log.now = at("2026-01-15T00:00:00Z");
    let one = || log.record(vec![report("1", None)], LateUsage::NextInvoice);
    for recorded in futures::future::join_all((0..32).map(|_| one())).await {
        recorded.unwrap();
    }
    assert_eq!(log.quantity().await, "33");
}

#[tokio::test]
async fn a_batch_that_dies_at_any_call_counts_once() {
    let events = |id: &str, keyed: bool| {
        let row = |n: u32| {
            let metric = ["a", "b", "c"][usize::try_from(n % 3).unwrap()];
            let key = keyed.then(|| format!("k-{n}"));
            json!({ "subscription_id": id, "metric_name": metric, "quantity": n, "idempotency_key": key })
        };
        json!({ "events": (0..9).map(row).collect::<Vec<_>>() })
    };
    for header in [None, Some("b-1")] {
        let send = async |world: &World, id: &str| {
            let api = world.call(catalogue::all());
            let api = header.map_or(api.clone(), |key| api.idempotent(key));
            api.post("/v3/usage/batch", events(id, header.is_none()))
                .await
        };
        let world = World::new().await;
        let (_, id) = subscribed(&world).await;
        world.meter.fault(None);
        send(&world, &id).await.expect(201);
        let calls = world.meter.calls();
        assert!(calls >= 8, "only {calls} calls");
        for call in 0..calls {
            // To die before a call is to die after the one before it.
            for fault in [Fault::DieAfter(call), Fault::LoseAnswer(call)] {
                let world = World::new().await;
                let (api, id) = subscribed(&world).await;
                world.meter.fault(Some(fault));
                drop(send(&world, &id).await);
                world.meter.fault(None);
                let later = world.later(1);
                send(&later, &id).await.expect(201);
                send(&later, &id).await.expect(201);
                let want = [
                    (json!(9), json!(3)),
                    (json!(12), json!(3)),
                    (json!(15), json!(3)),
                ];
                assert_eq!(totals(&api, &id).await, want, "{fault:?}");
            }
        }
    }
}

/// A log on its own: no subscription is needed to write it.
pub(crate) struct Log {
    pub(crate) world: World,
    pub(crate) aggregation: Aggregation,
    pub(crate) period: Period,
    pub(crate) now: Timestamp,
}

/// A report.
pub(crate) fn report(quantity: &str, timestamp: Option<Timestamp>) -> UsageReport {
    UsageReport {
        quantity: quantity.parse().unwrap(),
        timestamp,
        key: None,
        unique_value: None,
    }
}

impl Log {
    /// Its period is January 2026, and it is noon of the 15th.
    pub(crate) async fn new(aggregation: Aggregation) -> Self {
        Self {
            world: World::new().await,
            aggregation,
            period: Period {
                start: at("2026-01-01T00:00:00Z"),
                end: at("2026-02-01T00:00:00Z"),
            },
            now: at("2026-01-15T12:00:00Z"),
        }
    }

    pub(crate) fn context(&self) -> Context {
        self.world
            .app
            .scheduled(self.world.ours.test(), Some(self.now))
    }

    pub(crate) fn metric(&self) -> Metric<'static> {
        Metric {
            subscription_id: Id::new(42).unwrap(),
            name: "api_calls",
            aggregation: self.aggregation,
            period: self.period,
            ending: Ending::Period,
            closing: Closing {
                period: self.period.start,
                revision: 1,
            },
        }
    }

    pub(crate) async fn record(
        &self,
        reports: Vec<UsageReport>,
        late: LateUsage,
    ) -> models::Result<Vec<RecordedUsage>> {
        let reports: Vec<ReportedUsage> = reports
            .into_iter()
            .enumerate()
            .map(|(row, report)| ReportedUsage {
                subscription_id: self.metric().subscription_id,
                metric_name: self.metric().name.to_owned(),
                report,
                pointer: format!("/events/{row}"),
            })
            .collect();
        operations::append_usage(&self.context(), self.metric(), &reports, late).await
    }

    /// Records one report and returns its id.
    async fn used(&self, report: UsageReport) -> Id<ids::Usage> {
        let recorded = self.record(vec![report], LateUsage::NextInvoice).await;
        recorded.unwrap()[0].event.id
    }

    pub(crate) async fn correct(
        &self,
        id: Id<ids::Usage>,
        correction: Correction,
        late: LateUsage,
    ) -> models::Result<UsageStanding> {
        operations::correct_usage(&self.context(), self.metric(), id, correction, late).await
    }

    /// Closes the period.
    pub(crate) async fn close(&self) -> models::Result<models::billing::UsageTotals> {
        operations::close_usage(&self.context(), self.metric()).await
    }

    /// The subscription goes on to the next period, 31 days long.
    pub(crate) fn renew(&mut self) {
        let start = self.period.end;
        let end = start.plus_days(31);
        self.period = Period { start, end };
    }

    /// The quantity of the period that runs, by that aggregation.
    pub(crate) async fn quantity_by(&self, aggregation: Aggregation) -> Decimal {
        let metric = Metric {
            aggregation,
            ..self.metric()
        };
        let totals = operations::usage_totals(&self.context(), metric).await;
        totals.unwrap().quantity(aggregation)
    }

    async fn quantity(&self) -> String {
        self.quantity_by(self.aggregation).await.to_string()
    }
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn amend(quantity: &str) -> Correction {
    Correction::Amend(quantity.parse().unwrap())
}

fn code(error: &Error) -> &str {
    if let Error::Invalid(invalid) = error {
        return invalid.fields[0].code;
    }
    let Error::Conflict { code, .. } = error else {
        panic!("{error:?}");
    };
    code
}

#[tokio::test]
async fn corrections_count_as_if_it_had_been_so_from_the_beginning() {
    // Quantities after: three reports; the largest amended; the latest deprecated; both again.
    for (aggregation, want) in [
        (Aggregation::Sum, ["16", "8", "5", "5"]),
        (Aggregation::Count, ["3", "3", "2", "2"]),
        (Aggregation::Max, ["9", "4", "4", "4"]),
        (Aggregation::Latest, ["3", "3", "1", "1"]),
        (Aggregation::Unique, ["2", "2", "1", "1"]),
    ] {
        let log = Log::new(aggregation).await;
        let mut reports = [
            report("4", Some(at("2026-01-02T00:00:00Z"))),
            report("9", Some(at("2026-01-03T00:00:00Z"))),
            report("3", Some(at("2026-01-04T00:00:00Z"))),
        ];
        for (report, value) in reports.iter_mut().zip(["x", "x", "y"]) {
            report.unique_value = Some(Fingerprint::of_value(value));
        }
        let mut ids = Vec::new();
        for report in reports {
            ids.push(log.used(report).await);
        }
        let mut got = vec![log.quantity().await];
        log.correct(ids[1], amend("1"), LateUsage::Reject)
            .await
            .unwrap();
        got.push(log.quantity().await);
        log.correct(ids[2], Correction::Deprecate, LateUsage::Reject)
            .await
            .unwrap();
        got.push(log.quantity().await);
        for _ in 0..2 {
            log.correct(ids[1], amend("1"), LateUsage::Reject)
                .await
                .unwrap();
            log.correct(ids[2], Correction::Deprecate, LateUsage::Reject)
                .await
                .unwrap();
        }
        got.push(log.quantity().await);
        assert_eq!(got, want, "{aggregation:?}");
        let gone = log.correct(ids[2], amend("7"), LateUsage::Reject).await;
        assert_eq!(code(&gone.unwrap_err()), "usage_deprecated");
    }
}

#[tokio::test]
async fn a_correction_of_a_closed_period_counts_in_the_next_one_or_not_at_all() {
    for aggregation in [
        Aggregation::Sum,
        Aggregation::Count,
        Aggregation::Max,
        Aggregation::Latest,
        Aggregation::Unique,
    ] {
        let mut log = Log::new(aggregation).await;
        let mut first = report("5", None);
        first.unique_value = Some(Fingerprint::of_value("x"));
        let id = log.used(first.clone()).await;
        let closed = log.close().await.unwrap();
        log.renew();
        log.now = at("2026-02-02T00:00:00Z");
        log.used(first).await;
        let refused = log.correct(id, amend("3"), LateUsage::Reject).await;
        assert_eq!(code(&refused.unwrap_err()), "period_closed");
        let corrected = log.correct(id, amend("3"), LateUsage::NextInvoice).await;
        let want = match aggregation {
            Aggregation::Sum => "3",
            Aggregation::Count => "1",
            Aggregation::Max | Aggregation::Latest | Aggregation::Unique => {
                assert_eq!(code(&corrected.unwrap_err()), "period_closed");
                continue;
            }
        };
        assert_eq!(corrected.unwrap().quantity, Decimal::from(3));
        assert_eq!(log.quantity().await, want);
        let gone = log
            .correct(id, Correction::Deprecate, LateUsage::NextInvoice)
            .await;
        assert_eq!(gone.unwrap().quantity, Decimal::ZERO);
        assert_eq!(log.quantity().await, "0");
        // What was closed stands.
        assert_eq!(closed.quantity(Aggregation::Sum), Decimal::from(5));
    }
}

#[tokio::test]
async fn a_closed_period_keeps_its_totals_and_what_comes_for_it_is_late() {
    let mut log = Log::new(Aggregation::Sum).await;
    log.used(report("5", None)).await;
    log.now = at("2026-01-31T23:58:00Z");
    // A clock that is ahead, just before the renewal: it counts in February already.
    log.used(report("7", Some(at("2026-02-01T00:01:00Z"))))
        .await;
    assert_eq!(log.quantity().await, "5");
    log.now = at("2026-02-01T00:00:00Z");
    let totals = log.close().await.unwrap();
    assert_eq!((totals.sum, totals.count), (Decimal::from(5), 1));

    // The worker died here. The subscription is still in January, and reports of both months come.
    let january = report("11", Some(at("2026-01-31T23:59:59Z")));
    let recorded = log
        .record(vec![january.clone()], LateUsage::NextInvoice)
        .await;
    assert!(recorded.unwrap()[0].event.late);
    log.used(report("13", None)).await;
    assert_eq!(log.close().await.unwrap(), totals);
    assert_eq!(log.quantity().await, "5");
    log.renew();
    assert_eq!(log.quantity().await, "31");
    let refused = log
        .record(vec![report("1", None), january], LateUsage::Reject)
        .await;
    let refused = refused.unwrap_err();
    assert_eq!(code(&refused), "period_closed");
    assert!(format!("{refused:?}").contains("/events/1/timestamp"));
    assert_eq!(log.quantity().await, "31");

    let february = log.close().await.unwrap();
    assert_eq!((february.sum, february.late), (Decimal::from(31), 1));
    log.period = Period {
        start: at("2026-01-01T00:00:00Z"),
        end: at("2026-02-01T00:00:00Z"),
    };
    assert_eq!(code(&log.close().await.unwrap_err()), "period_closed");
}

#[tokio::test]
async fn whoever_reports_while_the_period_closes_counts_before_or_after_and_never_between() {
    for earlier in [0, 3, 30] {
        let mut log = Log::new(Aggregation::Sum).await;
        for _ in 0..earlier {
            log.used(report("1", None)).await;
        }
        log.world.meter.take();
        let one = || log.record(vec![report("1", None)], LateUsage::NextInvoice);
        let reports = futures::future::join_all((0..16).map(|_| one()));
        let closing = futures::future::join_all((0..4).map(|_| log.close()));
        let (reports, closing) = futures::future::join(reports, closing).await;
        let late = reports.iter().filter(|r| r.as_ref().unwrap()[0].event.late);
        let late = Decimal::from(late.count());
        let closed = closing[0].as_ref().unwrap().sum;
        for other in &closing {
            assert_eq!(other.as_ref().unwrap().sum, closed);
        }
        assert_eq!(closed + late, Decimal::from(earlier + 16));
        log.renew();
        assert_eq!(log.quantity_by(Aggregation::Sum).await, late);
    }
}

#[tokio::test]
async fn closing_costs_one_write_unit_and_an_unused_metric_is_closed_too() {
    let mut log = Log::new(Aggregation::Sum).await;
    log.world.meter.take();
    assert_eq!(log.close().await.unwrap().sum, Decimal::ZERO);
    assert_eq!(log.world.meter.take().write_tenths, 10);
    let late = log.record(vec![report("1", None)], LateUsage::NextInvoice);
    assert!(late.await.unwrap()[0].event.late);
    log.renew();
    // A page too large to be written again: the close begins the next one.
    let many = vec![report("1", Some(log.period.start)); 500];
    log.record(many, LateUsage::NextInvoice).await.unwrap();
    log.world.meter.take();
    assert_eq!(log.close().await.unwrap().sum, Decimal::from(501));
    assert_eq!(log.world.meter.take().write_tenths, 10);
}

#[tokio::test]
async fn a_report_for_a_metric_that_counts_values_needs_one() {
    let log = Log::new(Aggregation::Unique).await;
    let mut good = report("1", None);
    good.unique_value = Some(Fingerprint::of_value("x"));
    let refused = log
        .record(vec![good, report("1", None)], LateUsage::NextInvoice)
        .await;
    let Err(Error::Invalid(invalid)) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(invalid.fields[0].pointer, "/events/1/unique_value");
    assert_eq!(log.quantity().await, "0");
}

#[tokio::test]
async fn an_event_is_found_among_many_pages_and_its_corrections_follow_each_other() {
    let log = Log::new(Aggregation::Sum).await;
    let mut ids = Vec::new();
    for n in 0..300 {
        ids.push(log.used(report(&n.to_string(), None)).await);
    }
    log.world.meter.take();
    for (index, id) in ids.iter().enumerate().step_by(7) {
        for quantity in ["1000", "0.5"] {
            let standing = log
                .correct(*id, amend(quantity), LateUsage::Reject)
                .await
                .unwrap();
            assert_eq!(standing.event.quantity, Decimal::from(index));
        }
        log.correct(*id, Correction::Deprecate, LateUsage::Reject)
            .await
            .unwrap();
    }
    let units = log.world.meter.take();
    let corrections = 43 * 3;
    assert_eq!(units.write_tenths, corrections * 10);
    assert!(units.read_tenths / 10 < corrections * 16, "{units:?}");
    let left: usize = (0..300).filter(|n| n % 7 != 0).sum();
    assert_eq!(log.quantity().await, left.to_string());
    let between = ids[10].successor().unwrap();
    if between != ids[11] {
        let none = log.correct(between, amend("1"), LateUsage::Reject).await;
        assert!(matches!(none, Err(Error::NotFound { .. })));
    }
}

#[tokio::test]
async fn a_key_is_found_among_all_pages_of_a_day_which_a_process_reads_once() {
    let mut log = Log::new(Aggregation::Sum).await;
    let mut keyed = report("1", None);
    keyed.key = Some(Fingerprint::of_key("k"));
    let first = log.used(keyed.clone()).await;
    for batch in 0..30 {
        let row = |n: u32| UsageReport {
            key: Some(Fingerprint::of_key(&format!("{batch}-{n}"))),
            ..report("1", None)
        };
        let rows = (0..20).map(row).collect();
        log.record(rows, LateUsage::Reject).await.unwrap();
    }
    // Exactly a day later, in another process.
    log.now = log.now.plus_seconds(86_400);
    log.world = log.world.later(0);
    let again = async |log: &Log| {
        log.world.meter.take();
        let again = log.record(vec![keyed.clone()], LateUsage::Reject).await;
        (
            again.unwrap()[0].clone(),
            log.world.meter.take().read_tenths,
        )
    };
    let (found, cold) = again(&log).await;
    assert_eq!((found.event.id, found.duplicate), (first, true));
    log.used(report("1", None)).await;
    let (found, warm) = again(&log).await;
    assert_eq!((found.event.id, found.duplicate), (first, true));
    println!(
        "600 events in the last day: {cold} tenths of a read unit in a process's first look, then {warm}"
    );
    assert!(cold > 50 && warm <= 20, "{cold} {warm}");
    // A third process sees the same, and a second later the key is free again.
    log.world = log.world.later(0);
    let (found, other) = again(&log).await;
    assert_eq!((found.event.id, found.duplicate), (first, true));
    assert!(other >= cold, "{cold} {other}");
    log.now = log.now.plus_seconds(1);
    assert!(!again(&log).await.0.duplicate);
    assert!(again(&log).await.0.duplicate);
}

#[tokio::test]
async fn different_values_cost_a_warm_process_no_more_than_sums() {
    let log = Log::new(Aggregation::Unique).await;
    for n in 0..600 {
        let mut report = report("1", None);
        report.unique_value = Some(Fingerprint::of_value(&(n % 251).to_string()));
        log.world.meter.take();
        log.used(report).await;
        let units = log.world.meter.take();
        assert_eq!(units.write_tenths, 10, "{n}");
        assert!(units.read_tenths <= 20, "{n}: {units:?}");
    }
    assert_eq!(log.quantity().await, "251");
}
