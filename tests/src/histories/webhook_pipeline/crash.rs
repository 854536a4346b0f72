//! Workers that die just before or just after any of their calls: of the relay, of the fan-out and of the delivery.

use std::collections::BTreeSet;

use testkit::Fault;

use super::pipeline::Pipeline;
use super::receiver::{Manner, Receiver};
use super::{endpoint, happen};

/// Two endpoints, one of which refuses every event once, and two events.
async fn scene() -> (Pipeline, Receiver) {
    let receiver = Receiver::start(|got, nth| match (got.path.as_str(), nth) {
        ("/once", 0) => Manner::Answer(500, ""),
        _ => Manner::Answer(200, ""),
    })
    .await;
    let mut pipeline = Pipeline::start().await;
    let api = pipeline.api();
    for path in ["/fine", "/once"] {
        endpoint(&api, &format!("{}{path}", receiver.url)).await;
    }
    for number in 0..2 {
        happen(&api, number).await;
    }
    (pipeline, receiver)
}

/// One step of one worker. Whether it was the last of the process, because that died.
async fn step(pipeline: &mut Pipeline, worker: usize, fault: Option<u64>) -> bool {
    let inbox = pipeline.world.inbox.clone();
    let queue = ["", "webhook-fanout", "webhook-delivery"][worker];
    let (place, batch) = (pipeline.after.clone(), inbox.take_from(queue, 10));
    inbox.put_to(queue, batch.clone());
    match worker {
        0 => drop(pipeline.relay(100).await),
        1 => drop(pipeline.fan_out().await),
        _ => drop(pipeline.deliver().await),
    }
    let died = fault.is_some_and(|call| pipeline.process.meter.calls() > call);
    if died {
        // Nobody heard what it answered: the stream and the queue have everything still.
        pipeline.after = place;
        let left: BTreeSet<String> = inbox.take_from(queue, usize::MAX).into_iter().collect();
        inbox.put_to(
            queue,
            left.into_iter().chain(batch).collect::<BTreeSet<_>>(),
        );
        pipeline.restart();
    }
    died
}

/// Runs the workers in turn until the process dies, if it does. Returns the calls that it made.
async fn run(pipeline: &mut Pipeline, fault: Option<Fault>) -> u64 {
    pipeline.process.meter.fault(fault);
    let call = fault.map(|fault| match fault {
        Fault::DieBefore(call) | Fault::DieAfter(call) | Fault::LoseAnswer(call) => call,
    });
    for worker in [0, 1, 2, 2] {
        if step(pipeline, worker, call).await {
            return 0;
        }
    }
    // The retry of the endpoint that refused.
    let calls = pipeline.process.meter.calls();
    pipeline.world = pipeline.world.later(60);
    calls
}

async fn assert_all_is_well(mut pipeline: Pipeline, receiver: &Receiver, fault: Fault) {
    pipeline.process.meter.fault(None);
    pipeline.finish_by_days().await;
    let (logged, feed) = pipeline.log_and_feed().await;
    assert_eq!(logged.len(), 2, "{fault:?}");
    assert_eq!(
        feed.iter().cloned().collect::<BTreeSet<_>>(),
        logged,
        "{fault:?}"
    );
    assert_eq!(feed.len(), 2, "{fault:?}: an event is in the feed twice");
    let deliveries = pipeline.deliveries();
    assert_eq!(deliveries.len(), 4, "{fault:?}");
    assert!(
        deliveries.values().all(|status| status == "delivered"),
        "{fault:?} {deliveries:?}"
    );
    for path in ["/fine", "/once"] {
        let got = receiver.got_at(path);
        let ids: BTreeSet<String> = got.iter().map(|got| got.id.clone()).collect();
        assert_eq!(ids, logged, "{fault:?}");
        for got in &got {
            let same = got.body == got_first(receiver, &got.id).body;
            assert!(same && got.event()["id"] == got.id.as_str(), "{fault:?}");
        }
    }
}

fn got_first(receiver: &Receiver, id: &str) -> super::receiver::Got {
    receiver.got().into_iter().find(|got| got.id == id).unwrap()
}

async fn dies_everywhere(fault: fn(u64) -> Fault) {
    let (mut pipeline, _receiver) = scene().await;
    let calls = run(&mut pipeline, None).await;
    assert!(calls > 10, "only {calls} calls");
    for call in 0..calls {
        let fault = fault(call);
        let (mut pipeline, receiver) = scene().await;
        run(&mut pipeline, Some(fault)).await;
        assert_all_is_well(pipeline, &receiver, fault).await;
    }
}

#[tokio::test]
async fn no_event_is_lost_or_renamed_whatever_call_a_worker_dies_before() {
    dies_everywhere(Fault::DieBefore).await;
}

#[tokio::test]
async fn no_event_is_lost_or_renamed_whatever_call_a_worker_dies_after() {
    dies_everywhere(Fault::DieAfter).await;
}

#[tokio::test]
async fn no_event_is_lost_or_renamed_whatever_answer_a_worker_loses() {
    dies_everywhere(Fault::LoseAnswer).await;
}
