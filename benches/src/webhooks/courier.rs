//! Workers that carry events to endpoints, each with its own connections: what the processes of the two functions are.

use std::sync::Arc;

use api::{App, Invocation};
use futures::future::join_all;
use models::Mode;
use providers::webhook::{Message, Sender, sign};
use store::{Clock, Connection, Credentials};
use testkit::World;

use super::queue::{Queue, batch};
use super::scene::Posting;
use crate::workers::{Job, Workers};

/// Messages that Lambda hands over at once, as the template has it.
const BATCH: usize = 10;

/// What a worker has.
pub(super) struct Courier {
    fanout: Invocation,
    delivery: Invocation,
    sender: Sender,
}

impl Courier {
    /// A process with the machine's clock. Nothing counts its calls: that would cost more than some of them.
    pub(super) fn new(world: &World, queue: &Queue) -> Self {
        let mut config = world.config.clone();
        let credentials = Credentials::new("local", "local", None, None, "benches");
        let there = config.connection;
        let connection = Connection::new(there.region, there.endpoint_url, credentials);
        config.connection = Connection {
            http_client: queue.before(connection.http_client.clone()),
            ..connection
        };
        config.clock = Clock::Wall;
        let sender = Sender::new(config.egress).unwrap();
        let app = App::new(&config).unwrap();
        Self {
            fanout: webhook_fanout::function(&config).unwrap(),
            delivery: webhook_delivery::worker(app, sender.clone()),
            sender,
        }
    }

    /// What both functions do, and nothing else: sign and post.
    async fn post(&self, posting: &Posting) {
        let timestamp_seconds = Clock::Wall.now().seconds();
        let secrets = [posting.endpoint.secret.as_str()];
        let signature = sign(&secrets, &posting.id, timestamp_seconds, &posting.body).unwrap();
        let message = Message {
            url: &posting.endpoint.url,
            mode: Mode::Test,
            id: &posting.id,
            timestamp_seconds,
            signature: &signature,
            headers: &posting.endpoint.headers,
            secrets: &secrets,
            body: posting.body.clone(),
        };
        let reply = Box::pin(self.sender.post(message)).await;
        assert_eq!(reply.outcome.unwrap().status, 200);
    }
}

pub(super) type Couriers = Workers<Courier>;

/// Batches for `webhook-fanout`.
pub(super) fn fanned(bodies: &[String]) -> Vec<Job<Courier>> {
    invocations(|courier| &courier.fanout, bodies)
}

/// Batches for `webhook-delivery`.
pub(super) fn delivered(bodies: &[String]) -> Vec<Job<Courier>> {
    invocations(|courier| &courier.delivery, bodies)
}

fn invocations(which: fn(&Courier) -> &Invocation, bodies: &[String]) -> Vec<Job<Courier>> {
    let events = bodies.chunks(BATCH).map(batch);
    let job = |event| -> Job<Courier> {
        Box::new(move |courier: Arc<Courier>| {
            Box::pin(async move {
                let answer = which(&courier)(event).await.unwrap();
                let failed = answer.get().contains("itemIdentifier");
                assert!(!failed, "a message failed: {answer}");
            })
        })
    };
    events.map(job).collect()
}

/// Batches of what is only signed and posted.
pub(super) fn posted(postings: &[Posting]) -> Vec<Job<Courier>> {
    let batches = postings.chunks(BATCH).map(<[Posting]>::to_vec);
    let job = |batch: Vec<Posting>| -> Job<Courier> {
        Box::new(move |courier: Arc<Courier>| {
            Box::pin(async move {
                join_all(batch.iter().map(|posting| courier.post(posting))).await;
            })
        })
    };
    batches.map(job).collect()
}
