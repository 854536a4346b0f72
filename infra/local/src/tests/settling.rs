//! Whether the local cloud knows when it has nothing left to do.

use std::time::Duration;

use super::{Seen, World, accepting, stub};
use crate::queues::Outgoing;

fn message(delay_ms: i64) -> Outgoing {
    Outgoing {
        queue: "savvy-Work".to_owned(),
        body: "x".to_owned(),
        attributes: None,
        delay_ms: Some(delay_ms),
    }
}

#[tokio::test]
async fn consumed_messages_are_settled_and_delayed_ones_do_not_count() {
    let seen = Seen::default();
    let world = World::start([("worker", accepting(&seen)), ("relay", accepting(&seen))]).await;
    world
        .aws()
        .queues()
        .send(&[message(0), message(900_000)])
        .unwrap();
    assert!(world.running.settle(Duration::from_secs(5)).await.unwrap());
    assert_eq!(seen.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_message_that_fails_is_not_settled() {
    let seen = Seen::default();
    let failing = stub(&seen, |_| Err("no".to_owned()));
    let world = World::start([("worker", failing)]).await;
    world.aws().queues().send(&[message(0)]).unwrap();
    assert!(
        !world
            .running
            .settle(Duration::from_millis(30))
            .await
            .unwrap()
    );
}
