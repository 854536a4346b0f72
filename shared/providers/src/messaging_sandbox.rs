//! The provider of text messages and e-mails of test mode.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use models::messaging::MessageFailure;
use models::{Error, Result};

/// The sandbox, with a book of what it was asked to send: tests look there whether a key was sent twice.
#[derive(Debug, Clone, Default)]
pub struct Sandbox {
    book: Option<Arc<Mutex<BTreeMap<String, u32>>>>,
    down: Arc<AtomicBool>,
}

impl Sandbox {
    /// A sandbox that remembers nothing: its answers need no memory.
    pub fn new() -> Self {
        Self::default()
    }

    /// A sandbox that counts how often it was asked for each key. What it sent are the keys.
    pub fn counting() -> Self {
        Self {
            book: Some(Arc::default()),
            down: Arc::default(),
        }
    }

    /// Whether it does not answer from now on.
    pub fn set_down(&self, down: bool) {
        self.down.store(down, Ordering::SeqCst);
    }

    /// How often it was asked, by key.
    pub fn asked(&self) -> BTreeMap<String, u32> {
        self.book
            .as_ref()
            .and_then(|book| book.lock().ok().map(|book| book.clone()))
            .unwrap_or_default()
    }

    /// Takes what has that key, unless it is down, or there is a reason why nobody takes it.
    pub(crate) fn take(
        &self,
        key: &str,
        refusal: Option<MessageFailure>,
    ) -> Result<std::result::Result<String, MessageFailure>> {
        if self.down.load(Ordering::SeqCst) {
            return Err(Error::Unavailable("the sandbox is down".to_owned()));
        }
        if let Some(refusal) = refusal {
            return Ok(Err(refusal));
        }
        if let Some(Ok(mut book)) = self.book.as_ref().map(|book| book.lock()) {
            *book.entry(key.to_owned()).or_default() += 1;
        }
        Ok(Ok(format!("sandbox_{key}")))
    }
}
