//! Random histories against a model that keeps every event in a list and adds up from the beginning each time.

use std::collections::BTreeSet;

use models::Timestamp;
use models::billing::{Aggregation, Correction, Fingerprint, LateUsage, UsageReport};
use models::ids::{self, Id};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::Log;

const ALL: [Aggregation; 5] = [
    Aggregation::Sum,
    Aggregation::Count,
    Aggregation::Max,
    Aggregation::Latest,
    Aggregation::Unique,
];

/// One report, in small numbers so that things meet.
#[derive(Debug, Clone)]
struct Row {
    quantity: i64,
    time: Time,
    key: Option<u8>,
    value: u8,
}

#[derive(Debug, Clone, Copy)]
enum Time {
    Unsaid,
    /// Seconds from now.
    FromNow(i64),
    /// Seconds from the start of the period that runs.
    FromStart(i64),
    /// Seconds from its end.
    FromEnd(i64),
}

#[derive(Debug, Clone)]
enum Step {
    Record(Vec<Row>, LateUsage),
    Amend(usize, i64, LateUsage),
    Deprecate(usize, LateUsage),
    Close,
    Renew,
    Wait(i64),
}

fn rows(most: usize) -> impl Strategy<Value = Vec<Row>> {
    let time = prop_oneof![
        4 => Just(Time::Unsaid),
        2 => prop_oneof![-20 * 86_400..0_i64, -3600..301_i64].prop_map(Time::FromNow),
        1 => (-1..1_i64).prop_map(Time::FromStart),
        1 => (-1..1_i64).prop_map(Time::FromEnd),
    ];
    let row = (1..6_i64, time, option::of(0..12_u8), 0..4_u8);
    let row = row.prop_map(|(quantity, time, key, value)| Row {
        quantity,
        time,
        key,
        value,
    });
    vec(row, 1..most)
}

fn step() -> impl Strategy<Value = Step> {
    let late = || prop_oneof![4 => Just(LateUsage::NextInvoice), 1 => Just(LateUsage::Reject)];
    prop_oneof![
        8 => (rows(4), late()).prop_map(|(rows, late)| Step::Record(rows, late)),
        2 => (rows(30), late()).prop_map(|(rows, late)| Step::Record(rows, late)),
        3 => (any::<prop::sample::Index>(), 0..6_i64, late())
            .prop_map(|(index, quantity, late)| Step::Amend(index.index(1000), quantity, late)),
        2 => (any::<prop::sample::Index>(), late())
            .prop_map(|(index, late)| Step::Deprecate(index.index(1000), late)),
        1 => Just(Step::Close),
        1 => Just(Step::Renew),
        2 => (0..9 * 86_400_i64).prop_map(Step::Wait),
        2 => (0..5_i64).prop_map(|hours| Step::Wait(hours * 3600)),
        1 => (86_399..86_402_i64).prop_map(Step::Wait),
    ]
}

/// An event as the model knows it.
#[derive(Debug, Clone)]
struct Event {
    id: Id<ids::Usage>,
    report: UsageReport,
    timestamp: Timestamp,
    created: Timestamp,
    /// The start of the period that it counts in.
    period: Timestamp,
    /// What counts now; `None` where it was deprecated.
    now: Option<Decimal>,
}

/// Everything that happened.
#[derive(Debug, Default)]
struct Model {
    events: Vec<Event>,
    /// Differences that corrections of closed periods made: the period, the sum, the events.
    carried: Vec<(Timestamp, Decimal, i64)>,
    closed_until: Option<Timestamp>,
}

impl Model {
    fn running(&self, log: &Log) -> Timestamp {
        self.closed_until
            .map_or(log.period.start, |closed| closed.max(log.period.start))
    }

    fn quantity(&self, start: Timestamp, aggregation: Aggregation) -> Decimal {
        let events = || {
            let of_period = self.events.iter().filter(move |e| e.period == start);
            of_period.filter_map(|event| event.now.map(|now| (event, now)))
        };
        let carried = || self.carried.iter().filter(|(period, ..)| *period == start);
        match aggregation {
            Aggregation::Sum => {
                let used: Decimal = events().map(|(_, now)| now).sum();
                used + carried().map(|(_, sum, _)| *sum).sum::<Decimal>()
            }
            Aggregation::Count => {
                let carried: i64 = carried().map(|(.., events)| events).sum();
                Decimal::from(events().count()) + Decimal::from(carried)
            }
            Aggregation::Max => events().map(|(_, now)| now).max().unwrap_or_default(),
            Aggregation::Latest => events()
                .max_by_key(|(event, _)| event.timestamp)
                .map_or(Decimal::ZERO, |(_, now)| now),
            Aggregation::Unique => {
                let values: BTreeSet<_> = events().map(|(e, _)| e.report.unique_value).collect();
                Decimal::from(values.len())
            }
        }
    }

    /// What each report becomes: the place of the event that it repeats, or nothing where it is new. `None` where one of
    /// them is refused.
    fn judge(
        &self,
        log: &Log,
        reports: &[UsageReport],
        late: LateUsage,
    ) -> Option<Vec<Option<usize>>> {
        let running = self.running(log);
        let mut known: Vec<(UsageReport, Timestamp)> = Vec::new();
        let mut verdicts = Vec::new();
        for event in &self.events {
            let mut report = event.report.clone();
            if event.created < log.now.plus_seconds(-86_400) {
                report.key = None;
            }
            known.push((report, event.timestamp));
        }
        for report in reports {
            let at = report.timestamp.unwrap_or(log.now);
            let twin = known
                .iter()
                .rposition(|(other, _)| report.key.is_some() && other.key == report.key);
            if let Some(twin) = twin {
                let (other, time) = &known[twin];
                let same = other.quantity == report.quantity
                    && other.unique_value == report.unique_value
                    && report.timestamp.is_none_or(|at| at == *time);
                if !same {
                    return None;
                }
            } else {
                if late == LateUsage::Reject && at < running {
                    return None;
                }
                known.push((report.clone(), at));
            }
            verdicts.push(twin);
        }
        Some(verdicts)
    }

    fn correctable(&self, log: &Log, event: &Event, late: LateUsage) -> bool {
        let over = event.period < self.running(log);
        let sums = matches!(log.aggregation, Aggregation::Sum | Aggregation::Count);
        !over || (sums && late == LateUsage::NextInvoice)
    }
}

async fn record(log: &Log, model: &mut Model, rows: &[Row], late: LateUsage) {
    let report = |row: &Row| UsageReport {
        quantity: Decimal::new(row.quantity, 1),
        timestamp: match row.time {
            Time::Unsaid => None,
            Time::FromNow(seconds) => Some(log.now.plus_seconds(seconds)),
            Time::FromStart(seconds) => Some(log.period.start.plus_seconds(seconds)),
            Time::FromEnd(seconds) => Some(log.period.end.plus_seconds(seconds)),
        },
        key: row.key.map(|key| Fingerprint::of_key(&key.to_string())),
        unique_value: Some(Fingerprint::of_value(&row.value.to_string())),
    };
    let reports: Vec<UsageReport> = rows.iter().map(report).collect();
    let got = log.record(reports.clone(), late).await;
    let Some(verdicts) = model.judge(log, &reports, late) else {
        assert!(got.is_err(), "{reports:?} were taken: {got:?}");
        return;
    };
    let running = model.running(log);
    for ((report, verdict), got) in reports.into_iter().zip(verdicts).zip(got.unwrap()) {
        assert_eq!(got.duplicate, verdict.is_some());
        if let Some(twin) = verdict {
            assert_eq!(got.event.id, model.events[twin].id);
            continue;
        }
        let timestamp = report.timestamp.unwrap_or(log.now);
        let next = timestamp >= log.period.end && log.period.end > running;
        let period = if next { log.period.end } else { running };
        assert_eq!(
            (got.event.late, got.event.period),
            (timestamp < running, period)
        );
        model.events.push(Event {
            id: got.event.id,
            now: Some(report.quantity),
            report,
            timestamp,
            created: log.now,
            period,
        });
    }
}

async fn correct(
    log: &Log,
    model: &mut Model,
    index: usize,
    quantity: Option<i64>,
    late: LateUsage,
) {
    if model.events.is_empty() {
        return;
    }
    let index = index % model.events.len();
    let event = model.events[index].clone();
    let quantity = quantity.map(|tenths| Decimal::new(tenths, 1));
    let correction = quantity.map_or(Correction::Deprecate, Correction::Amend);
    let got = log.correct(event.id, correction, late).await;
    let amends_nothing = event.now.is_none() && quantity.is_some();
    if event.now == quantity {
        assert_eq!(got.unwrap().quantity, quantity.unwrap_or_default());
    } else if amends_nothing || !model.correctable(log, &event, late) {
        assert!(got.is_err(), "{event:?} was corrected: {got:?}");
    } else {
        let standing = got.unwrap();
        assert_eq!(standing.quantity, quantity.unwrap_or_default());
        assert_eq!(standing.event.quantity, event.report.quantity);
        let running = model.running(log);
        if event.period < running {
            let sum = quantity.unwrap_or_default() - event.now.unwrap_or_default();
            model
                .carried
                .push((running, sum, i64::from(quantity.is_some()) - 1));
        }
        model.events[index].now = quantity;
    }
}

async fn close(log: &Log, model: &mut Model) {
    let first = log.close().await.unwrap();
    if model
        .closed_until
        .is_none_or(|closed| closed < log.period.end)
    {
        let want = model.quantity(log.period.start, log.aggregation);
        assert_eq!(first.quantity(log.aggregation), want);
        let sum = model.quantity(log.period.start, Aggregation::Sum);
        assert_eq!(first.quantity(Aggregation::Sum), sum);
        model.closed_until = Some(log.period.end);
    }
    assert_eq!(log.close().await.unwrap(), first);
}

async fn play(aggregation: Aggregation, steps: Vec<Step>) {
    let mut log = Log::new(aggregation).await;
    let mut model = Model::default();
    for step in steps {
        match step {
            Step::Record(rows, late) => record(&log, &mut model, &rows, late).await,
            Step::Amend(index, quantity, late) => {
                correct(&log, &mut model, index, Some(quantity), late).await;
            }
            Step::Deprecate(index, late) => {
                correct(&log, &mut model, index, None, late).await;
            }
            Step::Close => close(&log, &mut model).await,
            Step::Renew => {
                close(&log, &mut model).await;
                log.renew();
                log.now = log.now.max(log.period.start);
            }
            // A renewal is at most a little late.
            Step::Wait(seconds) => {
                let later = log.now.plus_seconds(seconds);
                log.now = later.min(log.period.end.plus_seconds(3600));
            }
        }
        if model.running(&log) == log.period.start {
            for aggregation in ALL {
                let want = model.quantity(log.period.start, aggregation);
                assert_eq!(log.quantity_by(aggregation).await, want, "{aggregation:?}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_histories_count_what_a_naive_model_counts(
        aggregation in prop::sample::select(ALL.to_vec()),
        steps in vec(step(), 1..40),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(play(aggregation, steps));
    }
}
