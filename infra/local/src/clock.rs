//! The wall clock of the queues, in milliseconds, so that tests can let a visibility time-out pass without waiting for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// Where the queues read the time. Delays and time-outs are those of SQS, which knows nothing of a frozen business clock.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// The time of this machine.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands still until it is advanced.
    pub fn manual(now_ms: i64) -> Self {
        Self(Source::Manual(Arc::new(AtomicI64::new(now_ms))))
    }

    /// Milliseconds since 1970.
    pub fn now_ms(&self) -> i64 {
        match &self.0 {
            Source::System => self.now().as_millisecond(),
            Source::Manual(now_ms) => now_ms.load(Ordering::SeqCst),
        }
    }

    /// The same as an instant.
    #[expect(
        clippy::disallowed_methods,
        reason = "the local cloud stands for AWS, whose time is the real one"
    )]
    pub fn now(&self) -> jiff::Timestamp {
        match &self.0 {
            Source::System => jiff::Timestamp::now(),
            Source::Manual(now_ms) => {
                jiff::Timestamp::from_millisecond(now_ms.load(Ordering::SeqCst)).unwrap_or_default()
            }
        }
    }

    /// Moves a manual clock on. The system clock ignores it.
    pub fn advance_ms(&self, step_ms: i64) {
        match &self.0 {
            Source::System => {}
            Source::Manual(now_ms) => {
                now_ms.fetch_add(step_ms, Ordering::SeqCst);
            }
        }
    }
}
