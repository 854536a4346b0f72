//! Event source mappings from queues: batches of messages to a function, as Lambda's poller hands them over.

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::envelope::{Outcome, outcome, sqs_event};
use crate::invoke::Functions;
use crate::queues::{Message, QueueError, Queues};
use crate::serve::Tasks;
use crate::template::QueueMapping;

/// Batches of one mapping that run at a time. Lambda starts with five; two processors have enough to do with four.
const CONCURRENT_BATCHES: usize = 4;

/// One mapping.
#[derive(Debug)]
pub(crate) struct QueueSource {
    pub(crate) queues: Arc<Queues>,
    pub(crate) functions: Functions,
    pub(crate) function: String,
    pub(crate) mapping: QueueMapping,
}

impl QueueSource {
    pub(crate) async fn run(self, tasks: Tasks) {
        let this = Arc::new(self);
        let queues = Arc::clone(&this.queues);
        let mapping = this.mapping.clone();
        poll(&queues, &mapping.queue, mapping.batch_size, mapping.window, &tasks, |messages| {
            let this = Arc::clone(&this);
            async move {
                if let Err(error) = this.batch(messages).await {
                    tracing::error!(function = this.function, %error, "a batch could not be settled");
                }
            }
        })
        .await;
    }

    /// Runs one batch and deletes what succeeded. What failed shows again after the visibility time-out.
    pub(crate) async fn batch(&self, messages: Vec<Message>) -> Result<(), QueueError> {
        let result = match sqs_event(&self.mapping.queue, &messages) {
            Ok(event) => {
                let reply = self.functions.invoke(&self.function, event).await;
                outcome(reply, self.mapping.reports_item_failures)
            }
            Err(error) => Outcome::Failed(error.to_string()),
        };
        let failed: BTreeSet<String> = match result {
            Outcome::Done => BTreeSet::new(),
            Outcome::Partly(failed) => failed.into_iter().collect(),
            Outcome::Failed(error) => {
                tracing::warn!(function = self.function, error, messages = messages.len(), "a batch failed");
                return Ok(());
            }
        };
        let is_known = |id: &String| messages.iter().any(|message| message.message_id == *id);
        if !failed.iter().all(is_known) {
            tracing::warn!(function = self.function, "a batch failed, because its reply names a message that was not in it");
            return Ok(());
        }
        if !failed.is_empty() {
            tracing::warn!(function = self.function, failed = failed.len(), messages = messages.len(), "a batch failed in part");
        }
        let receipts: Vec<&str> = messages
            .iter()
            .filter(|message| !failed.contains(&message.message_id))
            .map(|message| message.receipt.as_str())
            .collect();
        self.queues.delete(&self.mapping.queue, &receipts).map(drop)
    }
}

/// Takes batches from a queue until the tasks are told to end. Work that has begun is finished by the tracker.
pub(crate) async fn poll<W, F>(
    queues: &Queues,
    queue: &str,
    batch_size: usize,
    window: Duration,
    tasks: &Tasks,
    work: W,
) where
    W: Fn(Vec<Message>) -> F,
    F: Future<Output = ()> + Send + 'static,
{
    let slots = Arc::new(Semaphore::new(CONCURRENT_BATCHES));
    loop {
        let slot = tokio::select! {
            () = tasks.stop.cancelled() => return,
            slot = Arc::clone(&slots).acquire_owned() => slot,
        };
        let Ok(slot) = slot else {
            return;
        };
        let first = tokio::select! {
            () = tasks.stop.cancelled() => return,
            first = queues.receive_or_wait(queue, batch_size, None) => first,
        };
        let batch = match first {
            Ok(first) => gather(queues, queue, first, batch_size, window, tasks).await,
            Err(error) => {
                tracing::error!(queue, %error, "a queue cannot be read");
                tokio::time::sleep(Duration::from_secs(1)).await;
                continue;
            }
        };
        let batch = work(batch);
        tasks.spawn(async move {
            batch.await;
            drop(slot);
        });
    }
}

/// Adds messages to a batch until it is full or its window is over.
async fn gather(
    queues: &Queues,
    queue: &str,
    mut batch: Vec<Message>,
    batch_size: usize,
    window: Duration,
    tasks: &Tasks,
) -> Vec<Message> {
    let deadline = Instant::now() + window;
    while !window.is_zero() && batch.len() < batch_size {
        let missing = batch_size.saturating_sub(batch.len());
        let more = tokio::select! {
            () = tasks.stop.cancelled() => break,
            () = tokio::time::sleep_until(deadline) => break,
            more = queues.receive_or_wait(queue, missing, None) => more,
        };
        match more {
            Ok(more) => batch.extend(more),
            Err(_) => break,
        }
    }
    batch
}
