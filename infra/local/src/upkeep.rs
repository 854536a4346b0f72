//! What AWS does in its own time: expiry of items, messages and stream records.

use std::sync::Arc;
use std::time::Duration;

use crate::Error;
use crate::dynamodb::Dynamo;
use crate::queues::{QueueError, Queues};
use crate::serve::Tasks;

const EVERY: Duration = Duration::from_mins(1);
/// Records of a stream that stay readable after the relay has had them, for whoever looks at the stream by hand.
const KEPT_RECORDS: i64 = 10_000;

/// The slow task.
#[derive(Debug)]
pub(crate) struct Upkeep {
    pub(crate) dynamo: Arc<Dynamo>,
    pub(crate) queues: Arc<Queues>,
    /// Tables with a reader, and the names under which the readers store their positions.
    pub(crate) streams: Vec<(String, String)>,
}

impl Upkeep {
    pub(crate) async fn run(self, tasks: Tasks) {
        loop {
            tokio::select! {
                () = tasks.stop.cancelled() => return,
                () = tokio::time::sleep(EVERY) => {}
            }
            if let Err(error) = self.expire_items() {
                tracing::warn!(%error, "expired items could not be deleted");
            }
            if let Err(error) = self.queues.expire() {
                tracing::warn!(%error, "expired messages could not be deleted");
            }
        }
    }

    fn expire_items(&self) -> Result<(), Error> {
        self.dynamo.sweep_expired()?;
        for (table, source) in &self.streams {
            let position = self
                .queues
                .checkpoint(source)
                .map_err(QueueError::into_error)?;
            if let Some(position) = position {
                while self.dynamo.trim(table, &position, KEPT_RECORDS)? {}
            }
        }
        Ok(())
    }
}
