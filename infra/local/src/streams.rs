//! Event source mappings from the stream of a table, in order and without gaps, as Lambda's poller reads them.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use serde_json::value::to_raw_value;
use serde_json::{Value, json};

use crate::Error;
use crate::dynamodb::{Dynamo, Start};
use crate::envelope::{Outcome, outcome};
use crate::invoke::Functions;
use crate::queues::{Outgoing, QueueError, Queues};
use crate::serve::Tasks;
use crate::template::{StreamMapping, arn};

const FIRST_RETRY: Duration = Duration::from_millis(100);
const LONGEST_RETRY: Duration = Duration::from_secs(10);
/// Writes announce themselves; this only bounds what a write that did not would have to wait.
const QUIET_POLL: Duration = Duration::from_secs(30);

/// One mapping. The stream has one shard, so there is one batch at a time.
#[derive(Debug)]
pub(crate) struct StreamSource {
    pub(crate) dynamo: Arc<Dynamo>,
    pub(crate) queues: Arc<Queues>,
    pub(crate) functions: Functions,
    pub(crate) function: String,
    pub(crate) mapping: StreamMapping,
}

/// Records that are tried together, and how often they were.
struct Attempt {
    records: Vec<Value>,
    failures: u32,
}

impl StreamSource {
    pub(crate) async fn run(self, tasks: Tasks) {
        while !tasks.stop.is_cancelled() {
            if let Err(error) = self.follow(&tasks).await {
                tracing::error!(function = self.function, %error, "a stream cannot be read");
                tokio::time::sleep(LONGEST_RETRY).await;
            }
        }
    }

    async fn follow(&self, tasks: &Tasks) -> Result<(), Error> {
        let mut written = self.dynamo.written.subscribe();
        let mut iterator = self
            .dynamo
            .shard_iterator(&self.mapping.table, &self.start()?)?;
        loop {
            let (records, next) =
                self.dynamo
                    .records(&self.mapping.table, iterator, self.mapping.batch_size)?;
            iterator = next;
            if tasks.stop.is_cancelled() {
                return Ok(());
            }
            if records.is_empty() {
                tokio::select! {
                    () = tasks.stop.cancelled() => return Ok(()),
                    _ = written.changed() => {}
                    () = tokio::time::sleep(QUIET_POLL) => {}
                }
                // A window lets a batch fill; without one the write that woke this is handed over at once.
                if !self.mapping.window.is_zero() {
                    tokio::time::sleep(self.mapping.window).await;
                }
            } else if !self.deliver(records, tasks).await? {
                return Ok(());
            }
        }
    }

    fn start(&self) -> Result<Start, Error> {
        let checkpoint = self
            .queues
            .checkpoint(&source(&self.mapping.table, &self.function))
            .map_err(QueueError::into_error)?;
        Ok(match checkpoint {
            Some(sequence) => Start::After(sequence),
            None if self.mapping.from_trim_horizon => Start::Oldest,
            None => Start::Newest,
        })
    }

    /// Hands over records until all have succeeded or been given up. `false` means that the end came first; what is left
    /// is read again after the next start.
    pub(crate) async fn deliver(&self, records: Vec<Value>, tasks: &Tasks) -> Result<bool, Error> {
        let last = records.last().map(sequence).unwrap_or_default().to_owned();
        let wanted: Vec<Value> = records
            .into_iter()
            .filter(|record| {
                let filters = &self.mapping.filters;
                filters.is_empty() || filters.iter().any(|filter| filter.matches(record))
            })
            .collect();
        let mut attempts = VecDeque::new();
        if !wanted.is_empty() {
            attempts.push_back(Attempt {
                records: wanted,
                failures: 0,
            });
        }
        while let Some(attempt) = attempts.pop_front() {
            let done = self.attempt(attempt, &mut attempts).await?;
            let Some(failures) = done else {
                continue;
            };
            tokio::select! {
                () = tasks.stop.cancelled() => return Ok(false),
                () = tokio::time::sleep(back_off(failures)) => {}
            }
        }
        self.reached(&last)?;
        Ok(true)
    }

    /// Tries records once. What has to be tried again goes back to the front, and the number of its failures is returned.
    async fn attempt(
        &self,
        attempt: Attempt,
        attempts: &mut VecDeque<Attempt>,
    ) -> Result<Option<u32>, Error> {
        let Attempt {
            mut records,
            failures,
        } = attempt;
        let event = to_raw_value(&json!({ "Records": records }))?;
        let reply = self.functions.invoke(&self.function, event).await;
        let (failed_from, error) = match outcome(reply, self.mapping.reports_item_failures) {
            Outcome::Done => {
                self.reached(records.last().map(sequence).unwrap_or_default())?;
                return Ok(None);
            }
            // The lowest sequence number counts: order would be lost if a later record were skipped.
            Outcome::Partly(failed) => {
                let first = records
                    .iter()
                    .position(|record| failed.iter().any(|failed| failed == sequence(record)));
                (first.unwrap_or(0), "a record failed".to_owned())
            }
            Outcome::Failed(error) => (0, error),
        };
        let mut rest = records.split_off(failed_from);
        if let Some(record) = records.last() {
            self.reached(sequence(record))?;
        }
        let failures = if records.is_empty() {
            failures.saturating_add(1)
        } else {
            1
        };
        tracing::warn!(
            function = self.function,
            error,
            records = rest.len(),
            failures,
            "a batch of the stream failed"
        );
        if self.mapping.bisects && rest.len() > 1 {
            // Halves find the record that fails without repeating the others as often.
            let second = rest.split_off(rest.len().div_ceil(2));
            attempts.push_front(Attempt {
                records: second,
                failures: 0,
            });
        }
        if self
            .mapping
            .maximum_retries
            .is_some_and(|maximum| failures > maximum)
        {
            self.give_up(&rest, failures, &error)?;
            return Ok(None);
        }
        attempts.push_front(Attempt {
            records: rest,
            failures,
        });
        Ok(Some(failures))
    }

    fn give_up(&self, records: &[Value], failures: u32, error: &str) -> Result<(), Error> {
        tracing::error!(
            function = self.function,
            error,
            records = records.len(),
            "records of the stream are given up"
        );
        let (Some(first), Some(last)) = (records.first(), records.last()) else {
            return Ok(());
        };
        if let Some(queue) = &self.mapping.on_failure_queue {
            let body = json!({
                "version": "1.0",
                "timestamp": self.queues.clock().now().to_string(),
                "requestContext": {
                    "functionArn": arn("lambda", &format!("function:{}", self.function)),
                    "condition": "RetryAttemptsExhausted",
                    "approximateInvokeCount": failures,
                },
                "DDBStreamBatchInfo": {
                    "shardId": dynoxide::streams::shard_id(&self.mapping.table),
                    "startSequenceNumber": sequence(first),
                    "endSequenceNumber": sequence(last),
                    "batchSize": records.len(),
                    "streamArn": first.get("eventSourceARN"),
                },
            });
            let message = Outgoing {
                queue: queue.clone(),
                body: body.to_string(),
                attributes: None,
                delay_ms: None,
            };
            self.queues
                .send(&[message])
                .map_err(QueueError::into_error)?;
        }
        self.reached(sequence(last))
    }

    /// Stores the position only after the records before it are settled, so that a kill repeats records and skips none.
    fn reached(&self, sequence: &str) -> Result<(), Error> {
        self.queues
            .save_checkpoint(&source(&self.mapping.table, &self.function), sequence)
            .map_err(QueueError::into_error)
    }
}

/// The name under which the position of a function in a stream is stored.
pub(crate) fn source(table: &str, function: &str) -> String {
    format!("{table}/{function}")
}

fn sequence(record: &Value) -> &str {
    record
        .pointer("/dynamodb/SequenceNumber")
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn back_off(failures: u32) -> Duration {
    FIRST_RETRY
        .saturating_mul(2_u32.saturating_pow(failures.saturating_sub(1).min(16)))
        .min(LONGEST_RETRY)
}
