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
        let intake = Intake {
            queues: &queues,
            queue: &mapping.queue,
            batch_size: mapping.batch_size,
            window: mapping.window,
            tasks: &tasks,
        };
        intake.poll(|messages| {
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
                tracing::warn!(
                    function = self.function,
                    error,
                    messages = messages.len(),
                    "a batch failed"
                );
                return Ok(());
            }
        };
        let is_known = |id: &String| messages.iter().any(|message| message.message_id == *id);
        if !failed.iter().all(is_known) {
            tracing::warn!(
                function = self.function,
                "a batch failed, because its reply names a message that was not in it"
            );
            return Ok(());
        }
        if !failed.is_empty() {
            tracing::warn!(
                function = self.function,
                failed = failed.len(),
                messages = messages.len(),
                "a batch failed in part"
            );
        }
        let receipts: Vec<&str> = messages
            .iter()
            .filter(|message| !failed.contains(&message.message_id))
            .map(|message| message.receipt.as_str())
            .collect();
        self.queues.delete(&self.mapping.queue, &receipts).map(drop)
    }
}

/// How batches are taken from a queue.
pub(crate) struct Intake<'i> {
    pub(crate) queues: &'i Queues,
    pub(crate) queue: &'i str,
    pub(crate) batch_size: usize,
    pub(crate) window: Duration,
    pub(crate) tasks: &'i Tasks,
}

impl Intake<'_> {
    /// Takes batches until the tasks are told to end. Work that has begun is finished by then.
    pub(crate) async fn poll<W, F>(&self, work: W)
    where
        W: Fn(Vec<Message>) -> F,
        F: Future<Output = ()> + Send + 'static,
    {
        let stop = &self.tasks.stop;
        let slots = Arc::new(Semaphore::new(CONCURRENT_BATCHES));
        loop {
            let slot = tokio::select! {
                () = stop.cancelled() => return,
                slot = Arc::clone(&slots).acquire_owned() => slot,
            };
            let Ok(slot) = slot else {
                return;
            };
            let first = tokio::select! {
                () = stop.cancelled() => return,
                first = self.queues.receive_or_wait(self.queue, self.batch_size, None) => first,
            };
            let batch = match first {
                Ok(first) => self.fill(first).await,
                Err(error) => {
                    tracing::error!(queue = self.queue, %error, "a queue cannot be read");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    continue;
                }
            };
            let batch = work(batch);
            self.tasks.spawn(async move {
                batch.await;
                drop(slot);
            });
        }
    }

    /// Adds messages to a batch until it is full or its window is over.
    async fn fill(&self, mut batch: Vec<Message>) -> Vec<Message> {
        let deadline = Instant::now() + self.window;
        while !self.window.is_zero() && batch.len() < self.batch_size {
            let missing = self.batch_size.saturating_sub(batch.len());
            let more = tokio::select! {
                () = self.tasks.stop.cancelled() => break,
                () = tokio::time::sleep_until(deadline) => break,
                more = self.queues.receive_or_wait(self.queue, missing, None) => more,
            };
            match more {
                Ok(more) => batch.extend(more),
                Err(_) => break,
            }
        }
        batch
    }
}
