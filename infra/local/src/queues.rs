//! Queues with the behaviour of SQS, and the positions of stream readers.
//!
//! They live in a database, in memory or in a file. A message is in the file before its sender hears that it was accepted, so a
//! kill at any moment loses none; a power cut may, which a laptop can bear and which saves a disk flush a message.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;
use tokio::sync::Notify;

use crate::clock::Clock;
use crate::ids;
use crate::template::Queue;

use rows::{hide, move_to, row_of, visible};

mod rows;

/// All queues of the local cloud.
#[derive(Debug)]
pub struct Queues {
    connection: Mutex<Connection>,
    shelves: BTreeMap<String, BatchItems>,
    clock: Clock,
}

#[derive(Debug)]
struct BatchItems {
    queue: Queue,
    arrived: Notify,
}

/// Why a queue refused.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    #[error("there is no queue {0}")]
    NoSuchQueue(String),
    #[error("the receipt handle is not one of this queue")]
    InvalidReceipt,
    #[error("the message is not in flight")]
    NotInFlight,
    #[error("storage: {0}")]
    Storage(#[from] rusqlite::Error),
}

impl QueueError {
    /// The same for someone who is not a client of the queues.
    pub(crate) fn into_error(self) -> crate::Error {
        match self {
            Self::Storage(error) => crate::Error::Queues(error),
            Self::NoSuchQueue(_) | Self::InvalidReceipt | Self::NotInFlight => {
                crate::Error::Database(self.to_string())
            }
        }
    }
}

/// A message to send.
#[derive(Clone, Debug)]
pub struct Outgoing {
    pub queue: String,
    pub body: String,
    /// `MessageAttributes` as they came.
    pub attributes: Option<Value>,
    /// `None` takes the delay of the queue.
    pub delay_ms: Option<i64>,
}

/// A received message.
#[derive(Clone, Debug)]
pub struct Message {
    pub message_id: String,
    pub receipt: String,
    pub body: String,
    pub attributes: Option<Value>,
    pub sent_ms: i64,
    pub first_received_ms: i64,
    pub receives: i64,
}

/// How many messages a queue holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub visible: i64,
    pub in_flight: i64,
    pub delayed: i64,
}

impl Queues {
    /// Opens the queues in a file, or in memory without one.
    ///
    /// Whoever held a message when the file was last in use is gone, so those messages become visible at once instead of
    /// waiting for their time-out.
    pub fn open(
        file: Option<&Path>,
        queues: &[Queue],
        clock: Clock,
    ) -> Result<Self, rusqlite::Error> {
        let connection = match file {
            Some(file) => Connection::open(file)?,
            None => Connection::open_in_memory()?,
        };
        connection.execute_batch(rows::SCHEMA)?;
        connection.set_prepared_statement_cache_capacity(64);
        connection.execute(
            "UPDATE messages SET visible_ms = ?1, in_flight = 0 WHERE in_flight = 1 AND visible_ms > ?1",
            params![clock.now_ms()],
        )?;
        let shelf = |queue: &Queue| {
            let arrived = Notify::new();
            (
                queue.name.clone(),
                BatchItems {
                    queue: queue.clone(),
                    arrived,
                },
            )
        };
        Ok(Self {
            connection: Mutex::new(connection),
            shelves: queues.iter().map(shelf).collect(),
            clock,
        })
    }

    /// The time that the queues go by.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The names of all queues.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.shelves.keys().map(String::as_str)
    }

    /// The definition of a queue.
    pub fn queue(&self, name: &str) -> Result<&Queue, QueueError> {
        self.shelf(name).map(|shelf| &shelf.queue)
    }

    /// Sends all messages or none, and answers with their message ids in order.
    pub fn send(&self, messages: &[Outgoing]) -> Result<Vec<String>, QueueError> {
        let now_ms = self.clock.now_ms();
        let mut message_ids = Vec::with_capacity(messages.len());
        let mut connection = self.connection();
        let transaction = connection.transaction()?;
        for message in messages {
            let queue = self.queue(&message.queue)?;
            let message_id = ids::uuid();
            let visible_ms = now_ms.saturating_add(message.delay_ms.unwrap_or(queue.delay_ms));
            transaction
                .prepare_cached(
                    "INSERT INTO messages (queue, message_id, body, attributes, sent_ms, visible_ms)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                )?
                .execute(params![
                    message.queue,
                    message_id,
                    message.body,
                    message.attributes.as_ref().map(Value::to_string),
                    now_ms,
                    visible_ms
                ])?;
            message_ids.push(message_id);
        }
        transaction.commit()?;
        drop(connection);
        for message in messages {
            self.wake(&message.queue);
        }
        Ok(message_ids)
    }

    /// Takes up to `maximum` visible messages and hides them for `visibility_ms`, or for the time that the queue says.
    pub fn receive(
        &self,
        name: &str,
        maximum: usize,
        visibility_ms: Option<i64>,
    ) -> Result<Vec<Message>, QueueError> {
        let queue = self.queue(name)?;
        let now_ms = self.clock.now_ms();
        let until_ms = now_ms.saturating_add(visibility_ms.unwrap_or(queue.visibility_ms));
        let mut received = Vec::new();
        let mut exhausted = false;
        let mut connection = self.connection();
        let transaction = connection.transaction()?;
        while received.len() < maximum {
            let wanted = maximum.saturating_sub(received.len());
            let candidates = visible(&transaction, name, now_ms, wanted)?;
            if candidates.is_empty() {
                break;
            }
            for (id, receives) in candidates {
                match &queue.redrive {
                    Some(redrive) if receives >= redrive.max_receives => {
                        move_to(&transaction, id, &redrive.dead_letter_queue, now_ms)?;
                        exhausted = true;
                    }
                    _ => received.push(hide(&transaction, id, now_ms, until_ms)?),
                }
            }
        }
        transaction.commit()?;
        drop(connection);
        if let Some(redrive) = queue.redrive.as_ref().filter(|_| exhausted) {
            self.wake(&redrive.dead_letter_queue);
        }
        Ok(received)
    }

    /// Deletes a message by the receipt of its last reception. A receipt that is out of date deletes nothing, as in SQS.
    pub fn delete(&self, name: &str, receipts: &[&str]) -> Result<Vec<bool>, QueueError> {
        self.queue(name)?;
        let mut connection = self.connection();
        let transaction = connection.transaction()?;
        let mut deleted = Vec::with_capacity(receipts.len());
        for receipt in receipts {
            let Some(id) = row_of(receipt) else {
                deleted.push(false);
                continue;
            };
            transaction
                .prepare_cached(
                    "DELETE FROM messages WHERE id = ?1 AND receipt = ?2 AND queue = ?3",
                )?
                .execute(params![id, receipt, name])?;
            deleted.push(true);
        }
        transaction.commit()?;
        Ok(deleted)
    }

    /// Shows a message in flight again after the given time.
    pub fn change_visibility(
        &self,
        name: &str,
        receipt: &str,
        after_ms: i64,
    ) -> Result<(), QueueError> {
        self.queue(name)?;
        let id = row_of(receipt).ok_or(QueueError::InvalidReceipt)?;
        let now_ms = self.clock.now_ms();
        // A time that the consumer chose is kept over a restart, unlike the time-out of a consumer that is gone.
        let changed = self
            .connection()
            .prepare_cached(
                "UPDATE messages SET visible_ms = ?1, in_flight = 0
                 WHERE id = ?2 AND receipt = ?3 AND queue = ?4 AND visible_ms > ?5",
            )?
            .execute(params![
                now_ms.saturating_add(after_ms),
                id,
                receipt,
                name,
                now_ms
            ])?;
        self.wake(name);
        if changed == 0 {
            Err(QueueError::NotInFlight)
        } else {
            Ok(())
        }
    }

    /// Deletes every message of a queue.
    pub fn purge(&self, name: &str) -> Result<(), QueueError> {
        self.queue(name)?;
        self.connection()
            .execute("DELETE FROM messages WHERE queue = ?1", params![name])?;
        Ok(())
    }

    /// Moves every message of a dead-letter queue back to the queue that gave it up, where it counts as new. Returns how many
    /// there were; `None` where no queue, or more than one, gives up messages to that queue.
    pub fn redrive(&self, name: &str) -> Result<Option<usize>, QueueError> {
        self.queue(name)?;
        let gives_up = |shelf: &&BatchItems| {
            let redrive = shelf.queue.redrive.as_ref();
            redrive.is_some_and(|redrive| redrive.dead_letter_queue == name)
        };
        let mut sources = self.shelves.values().filter(gives_up);
        let (Some(source), None) = (sources.next(), sources.next()) else {
            return Ok(None);
        };
        let moved = self.connection().execute(
            "UPDATE messages SET queue = ?2, visible_ms = ?3, receives = 0, first_received_ms = NULL,
                 receipt = NULL, in_flight = 0
             WHERE queue = ?1",
            params![name, source.queue.name, self.clock.now_ms()],
        )?;
        self.wake(&source.queue.name);
        Ok(Some(moved))
    }

    /// How many messages there are.
    pub fn counts(&self, name: &str) -> Result<Counts, QueueError> {
        self.queue(name)?;
        let now_ms = self.clock.now_ms();
        let counts = self
            .connection()
            .prepare_cached(
                "SELECT COUNT(*) FILTER (WHERE visible_ms <= ?2),
                        COUNT(*) FILTER (WHERE visible_ms > ?2 AND receipt IS NOT NULL),
                        COUNT(*) FILTER (WHERE visible_ms > ?2 AND receipt IS NULL)
                 FROM messages WHERE queue = ?1",
            )?
            .query_row(params![name, now_ms], |row| {
                Ok(Counts {
                    visible: row.get(0)?,
                    in_flight: row.get(1)?,
                    delayed: row.get(2)?,
                })
            })?;
        Ok(counts)
    }

    /// Deletes what is older than its queue keeps messages.
    pub fn expire(&self) -> Result<usize, QueueError> {
        let now_ms = self.clock.now_ms();
        let mut expired = 0_usize;
        for (name, shelf) in &self.shelves {
            let oldest_ms = now_ms.saturating_sub(shelf.queue.retention_ms);
            let gone = self.connection().execute(
                "DELETE FROM messages WHERE queue = ?1 AND sent_ms < ?2",
                params![name, oldest_ms],
            )?;
            expired = expired.saturating_add(gone);
        }
        Ok(expired)
    }

    /// Returns once a message may have become visible: at the next arrival, or when a hidden one shows again.
    ///
    /// The caller checks with [`Queues::receive`], inside the future that `check` returns, after it has been registered for
    /// arrivals; an arrival in between is therefore never missed.
    pub async fn receive_or_wait(
        &self,
        name: &str,
        maximum: usize,
        visibility_ms: Option<i64>,
    ) -> Result<Vec<Message>, QueueError> {
        let waiting = &self.shelf(name)?.arrived;
        loop {
            let arrived = waiting.notified();
            tokio::pin!(arrived);
            arrived.as_mut().enable();
            let messages = self.receive(name, maximum, visibility_ms)?;
            if !messages.is_empty() {
                return Ok(messages);
            }
            match self.next_visible_ms(name)? {
                None => arrived.await,
                Some(at_ms) => {
                    let wait_ms = at_ms.saturating_sub(self.clock.now_ms()).max(1);
                    let wait =
                        std::time::Duration::from_millis(u64::try_from(wait_ms).unwrap_or(1));
                    tokio::select! {
                        () = arrived => {}
                        () = tokio::time::sleep(wait) => {}
                    }
                }
            }
        }
    }

    /// Lets everyone who waits for messages look again, which they have to after a manual clock has moved.
    pub fn wake_all(&self) {
        for shelf in self.shelves.values() {
            shelf.arrived.notify_waiters();
        }
    }

    /// The position that a reader of a stream has reached.
    pub fn checkpoint(&self, source: &str) -> Result<Option<String>, QueueError> {
        Ok(self
            .connection()
            .prepare_cached("SELECT position FROM checkpoints WHERE source = ?1")?
            .query_row(params![source], |row| row.get(0))
            .optional()?)
    }

    /// Stores the position that a reader of a stream has reached.
    pub fn save_checkpoint(&self, source: &str, position: &str) -> Result<(), QueueError> {
        self.connection()
            .prepare_cached(
                "INSERT OR REPLACE INTO checkpoints (source, position) VALUES (?1, ?2)",
            )?
            .execute(params![source, position])?;
        Ok(())
    }

    /// When the next message of a queue is or was to be seen.
    pub(crate) fn next_visible_ms(&self, name: &str) -> Result<Option<i64>, QueueError> {
        Ok(self
            .connection()
            .prepare_cached("SELECT MIN(visible_ms) FROM messages WHERE queue = ?1")?
            .query_row(params![name], |row| row.get(0))?)
    }

    fn shelf(&self, name: &str) -> Result<&BatchItems, QueueError> {
        self.shelves
            .get(name)
            .ok_or_else(|| QueueError::NoSuchQueue(name.to_owned()))
    }

    fn wake(&self, name: &str) {
        if let Some(shelf) = self.shelves.get(name) {
            shelf.arrived.notify_waiters();
        }
    }

    /// A panic while the lock was held rolled its transaction back, so the connection is as good as before.
    fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
