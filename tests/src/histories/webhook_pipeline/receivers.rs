//! Receivers as they are: slow, broken, gone, and lying.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use super::pipeline::Pipeline;
use super::receiver::{Got, Manner, Receiver};
use super::{deliveries, endpoint_of, happen};

fn nasty(got: &Got, nth: usize) -> Manner {
    match (got.path.as_str(), nth) {
        ("/busy", 0..=2) => Manner::Answer(500, ""),
        ("/later", 0) => Manner::Answer(503, "retry-after: 3600\r\n"),
        ("/hangs", 0..=1) => Manner::Hang,
        ("/drops", 0..=1) => Manner::Drop,
        ("/gone", _) => Manner::Answer(410, ""),
        ("/elsewhere", 0..=1) => Manner::Answer(
            302,
            "location: http://169.254.169.254/latest/meta-data/\r\n",
        ),
        ("/long", _) => Manner::Long(10_000_000),
        _ => Manner::Answer(200, ""),
    }
}

/// Each attempt of the log was made after the one before.
fn assert_in_order(log: &[Value]) {
    for pair in log.windows(2) {
        let at =
            |entry: &Value| -> models::Timestamp { entry["at"].as_str().unwrap().parse().unwrap() };
        assert!(at(&pair[0]) < at(&pair[1]), "{pair:?}");
    }
}

const PATHS: [&str; 7] = [
    "/busy",
    "/later",
    "/hangs",
    "/drops",
    "/gone",
    "/elsewhere",
    "/long",
];

/// What the log says of the first attempts that failed: status code and error.
fn failures() -> [(&'static str, Value, Value); 5] {
    [
        ("/busy", json!(500), Value::Null),
        ("/later", json!(503), Value::Null),
        (
            "/hangs",
            Value::Null,
            json!("the endpoint did not answer in time"),
        ),
        (
            "/drops",
            Value::Null,
            json!("the connection broke before an answer came"),
        ),
        ("/elsewhere", json!(302), Value::Null),
    ]
}

#[tokio::test]
async fn the_log_says_what_a_receiver_did_and_in_the_end_it_has_everything() {
    let receiver = Receiver::start(nasty).await;
    let mut pipeline = Pipeline::start().await;
    let api = pipeline.api();
    let mut ids = BTreeMap::new();
    for path in PATHS {
        let url = format!("{}{path}", receiver.url);
        let settings = json!({ "url": url, "events": ["customer.*"] });
        ids.insert(path, endpoint_of(&api, settings).await);
    }
    happen(&api, 1).await;
    pipeline.settle().await;
    let first = async |path: &str| deliveries(&api, &ids[path]).await.remove(0);
    for (path, code, error) in failures() {
        let delivery = first(path).await;
        let said = [
            &delivery["status"],
            &delivery["http_status"],
            &delivery["error"],
        ];
        assert_eq!(said, [&json!("failed"), &code, &error], "{path}");
    }
    let location = &first("/elsewhere").await["response"]["headers"]["location"];
    assert_eq!(location, "http://169.254.169.254/latest/meta-data/");
    assert_eq!(first("/gone").await["status"], "canceled");
    let gone = api.get(&format!("/v3/webhooks/{}", ids["/gone"])).await;
    assert_eq!(gone.expect(200)["disabled_reason"], "gone");
    let long = first("/long").await;
    assert_eq!(long["status"], "delivered");
    assert_eq!(long["response"]["truncated"], true);
    assert_eq!(long["response"]["body"].as_str().unwrap().len(), 4096);

    pipeline.finish().await;
    for path in PATHS {
        let delivery = first(path).await;
        let gone = path == "/gone";
        let want = if gone { "canceled" } else { "delivered" };
        assert_eq!(delivery["status"], want, "{path}");
        let full = format!("/v3/deliveries/{}", delivery["id"].as_str().unwrap());
        let full = api.get(&full).await;
        assert_in_order(full.expect(200)["attempt_log"].as_array().unwrap());
        // Whatever it did, it was told of one event, under one name.
        let got = receiver.got_at(path);
        assert!(got.iter().all(|got| got.id == got.event()["id"]));
        let events: BTreeSet<_> = got.iter().map(|got| got.id.clone()).collect();
        assert_eq!(events.len(), 1, "{path}");
    }
    assert_eq!(first("/busy").await["attempts"], 4);
}

#[tokio::test]
async fn the_schedule_is_kept_to_its_end_within_the_tick() {
    let receiver = Receiver::start(|_, _| Manner::Answer(500, "")).await;
    let mut pipeline = Pipeline::start().await;
    let api = pipeline.api();
    let settings = json!({ "url": receiver.url, "events": ["customer.*"] });
    let endpoint = endpoint_of(&api, settings).await;
    happen(&api, 1).await;
    pipeline.settle().await;
    let mut waits = Vec::new();
    let mut last = pipeline.now();
    while let Some(next) = pipeline.next_retry() {
        let announced = deliveries(&api, &endpoint).await[0]["next_retry"].clone();
        assert_eq!(announced, next.to_string());
        waits.push(next.seconds() - last.seconds());
        let wait = next.seconds() - pipeline.now().seconds();
        let tick = i64::from(u32::try_from(wait).unwrap().next_multiple_of(60));
        // A tick too early sends nothing.
        let before = receiver.got().len();
        pipeline.pass(tick - 60);
        pipeline.sweep().await;
        pipeline.settle().await;
        assert_eq!(receiver.got().len(), before);
        pipeline.pass(60);
        pipeline.sweep().await;
        pipeline.settle().await;
        assert_eq!(receiver.got().len(), before + 1);
        last = pipeline.now();
    }
    assert_eq!(waits.len(), 9);
    for (wait, seconds) in waits.iter().zip(models::webhooks::RETRY_SECONDS) {
        assert!(
            (wait - seconds).abs() * 5 <= *seconds,
            "{wait} is not {seconds}"
        );
    }
    let delivery = &deliveries(&api, &endpoint).await[0];
    assert_eq!(
        (&delivery["status"], &delivery["attempts"]),
        (&json!("exhausted"), &json!(10))
    );
    // The business hears of it, and nobody of the hearing.
    let operational = api.get("/v3/events?type=delivery.*").await;
    let types: Vec<&str> = operational.expect(200)["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["type"].as_str().unwrap())
        .collect();
    assert_eq!(types, ["delivery.exhausted", "delivery.failing"]);
}

/// A receiver that refuses everything until it is told to be willing.
async fn moody() -> (Receiver, Arc<AtomicBool>) {
    let willing = Arc::new(AtomicBool::new(false));
    let mood = Arc::clone(&willing);
    let receiver = Receiver::start(move |_, _| {
        let status = if mood.load(Ordering::SeqCst) {
            200
        } else {
            500
        };
        Manner::Answer(status, "")
    });
    (receiver.await, willing)
}

#[tokio::test]
async fn five_days_of_failures_disable_an_endpoint_once_and_it_can_recover() {
    let (receiver, willing) = moody().await;
    let watcher = Receiver::willing().await;
    let mut pipeline = Pipeline::start().await;
    let settings = json!({ "url": watcher.url, "events": ["endpoint.*"] });
    endpoint_of(&pipeline.api(), settings).await;
    let events = ["customer.*", "endpoint.*", "delivery.*"];
    let settings = json!({ "url": receiver.url, "events": events });
    let id = endpoint_of(&pipeline.api(), settings).await;
    let begun = pipeline.now();
    for day in 0..8 {
        happen(&pipeline.api(), day).await;
        pipeline.settle().await;
        for _ in 0..4 {
            pipeline.pass(6 * 3600);
            pipeline.sweep().await;
            pipeline.settle().await;
        }
    }
    let api = pipeline.api();
    let path = format!("/v3/webhooks/{id}");
    let view = api.get(&path).await;
    let said = [&view.expect(200)["status"], &view.body["disabled_reason"]];
    assert_eq!(said, ["disabled", "failing"]);
    let told = api.get("/v3/events?type=endpoint.disabled").await;
    assert_eq!(told.expect(200)["data"].as_array().unwrap().len(), 1);
    let elsewhere: Vec<Value> = watcher.got().iter().map(Got::event).collect();
    assert_eq!(elsewhere.len(), 1);
    assert_eq!(elsewhere[0]["data"]["object"]["id"], json!(id));
    assert_eq!(elsewhere[0]["data"]["object"]["status"], "disabled");
    // Those of the last days were not even tried; nothing of its own failures was ever sent to it.
    assert!(deliveries(&api, &id).await.len() < 8);
    let of_customers = |got: &Got| got.event()["type"] == "customer.created";
    assert!(receiver.got().iter().all(of_customers));

    willing.store(true, Ordering::SeqCst);
    let before = receiver.got().len();
    let enable = api.patch(&path, json!({ "enabled": true })).await;
    enable.expect(200);
    let since = json!({ "since": begun.to_string() });
    let recover = api.post(&format!("{path}/recover"), since).await;
    recover.expect(202);
    pipeline.settle().await;
    let came = receiver.got()[before..].to_vec();
    let ids: BTreeSet<String> = came.iter().map(|got| got.id.clone()).collect();
    assert_eq!((came.len(), ids.len()), (8, 8), "each exactly once");
    let log = deliveries(&api, &id).await;
    assert!(log.iter().all(|delivery| delivery["status"] == "delivered"));
}
