//! The local cloud once it runs: is it done, and how does it end.

use std::net::SocketAddr;
use std::time::Duration;

use super::Aws;
use crate::Error;
use crate::asynchronous;
use crate::invoke::Functions;
use crate::queues::QueueError;
use crate::serve::Tasks;
use crate::streams;
use crate::template::Function;

/// How long work in flight may take once the end has begun.
const PATIENCE: Duration = Duration::from_secs(5);
const SETTLE_POLL: Duration = Duration::from_millis(5);

/// Services and functions, until [`Running::end`].
#[derive(Debug)]
pub struct Running {
    pub(super) aws: Aws,
    pub(super) functions: Functions,
    /// Gateway and pollers, which have to end before the services that functions need.
    pub(super) tasks: Tasks,
    pub(super) address: SocketAddr,
}

impl Running {
    /// Where the API is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The services that the functions use.
    pub fn aws(&self) -> &Aws {
        &self.aws
    }

    /// Waits until every message that is to be seen has been consumed and the stream has been read to its end; delayed
    /// messages do not count. Returns whether that happened in time.
    pub async fn settle(&self, patience: Duration) -> Result<bool, Error> {
        let deadline = tokio::time::Instant::now() + patience;
        while !self.aws.is_settled(&self.functions)? {
            if tokio::time::Instant::now() >= deadline {
                return Ok(false);
            }
            tokio::time::sleep(SETTLE_POLL).await;
        }
        Ok(true)
    }

    /// Takes no new requests and batches, lets those in flight finish for a while, and then ends the services. Returns
    /// whether everything had finished.
    pub async fn end(self) -> bool {
        let functions = self.tasks.end(PATIENCE).await;
        let services = self.aws.tasks.end(Duration::from_secs(1)).await;
        functions && services
    }
}

impl Aws {
    /// Whether the functions have nothing left to do before the next request or tick.
    fn is_settled(&self, functions: &Functions) -> Result<bool, Error> {
        let deployed = |function: &&Function| functions.has(&function.name);
        for function in self.template.functions.iter().filter(deployed) {
            let queues = function.queues.iter().map(|mapping| mapping.queue.clone());
            let hidden = Some(asynchronous::queue_name(&function.name))
                .filter(|name| self.queues.queue(name).is_ok());
            for queue in queues.chain(hidden) {
                let counts = self.queues.counts(&queue).map_err(QueueError::into_error)?;
                if counts.visible > 0 || counts.in_flight > 0 {
                    return Ok(false);
                }
            }
            for mapping in &function.streams {
                let source = streams::source(&mapping.table, &function.name);
                let reached = self
                    .queues
                    .checkpoint(&source)
                    .map_err(QueueError::into_error)?;
                if reached != self.dynamo.newest_sequence(&mapping.table)? {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }
}
