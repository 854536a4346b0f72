//! The embedded DynamoDB: tables from the template, the stream, and expiry.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use dynoxide::actions::get_records::{GetRecordsRequest, Record};
use dynoxide::actions::get_shard_iterator::GetShardIteratorRequest;
use rusqlite::{Connection, params};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::Error;
use crate::ids;
use crate::template::{REGION, Table};

mod direct;

/// Records deleted in one go, so that no write waits long for it.
const TRIMMED_AT_ONCE: i64 = 1_000;
/// What the database adds to a stored sequence number to make it as long as DynamoDB's.
const SEQUENCE_OFFSET: i128 = 100_000_000_000_000_000_000;

/// The database with what this crate needs besides its API.
pub struct Dynamo {
    database: dynoxide::Database,
    /// A second connection to the same storage, for the upkeep of stream records.
    upkeep: Mutex<Connection>,
    /// Told after every write, so that the stream is read at once and never in vain.
    pub(crate) written: watch::Sender<()>,
}

impl std::fmt::Debug for Dynamo {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Dynamo").finish_non_exhaustive()
    }
}

impl Dynamo {
    /// Opens the database in a file or in memory, and creates the tables that are missing.
    pub fn open(file: Option<&Path>, tables: &[Table]) -> Result<Self, Error> {
        // A named database in memory instead of an anonymous one, so that the second connection sees the same.
        let path = match file {
            Some(file) => file.to_string_lossy().into_owned(),
            None => format!("file:/savvy-{}?vfs=memdb", ids::token()),
        };
        let database = dynoxide::Database::new(&path).map_err(failed)?;
        // No disk flush per write: a kill of the process loses nothing, and a laptop bears what a power cut costs.
        database.enable_bulk_loading().map_err(failed)?;
        let upkeep = Connection::open(&path)?;
        upkeep.busy_timeout(std::time::Duration::from_secs(5))?;
        upkeep.execute_batch("PRAGMA synchronous = OFF")?;
        // Without this index every write reads all stream records to number its own.
        upkeep.execute_batch(
            "CREATE INDEX IF NOT EXISTS savvy_stream_records_by_sequence
             ON _stream_records (table_name, CAST(sequence_number AS INTEGER))",
        )?;
        let this = Self {
            database,
            upkeep: Mutex::new(upkeep),
            written: watch::Sender::new(()),
        };
        for table in tables {
            this.create(table)?;
        }
        Ok(this)
    }

    /// The database, for the HTTP server in front of it.
    pub(crate) fn database(&self) -> dynoxide::Database {
        self.database.clone()
    }

    fn create(&self, table: &Table) -> Result<(), Error> {
        if self
            .database
            .get_table_metadata(&table.name)
            .map_err(failed)?
            .is_some()
        {
            return Ok(());
        }
        let request = serde_json::from_value(table.create.clone())?;
        self.database.create_table(request).map_err(failed)?;
        if let Some(attribute) = &table.ttl_attribute {
            let request = json!({
                "TableName": table.name,
                "TimeToLiveSpecification": { "AttributeName": attribute, "Enabled": true },
            });
            self.database
                .update_time_to_live(serde_json::from_value(request)?)
                .map_err(failed)?;
        }
        Ok(())
    }

    /// An iterator over the stream of a table: after a sequence number, or from one of its ends.
    pub(crate) fn shard_iterator(&self, table: &str, start: &Start) -> Result<String, Error> {
        let (kind, sequence_number) = match start {
            Start::Oldest => ("TRIM_HORIZON", None),
            Start::Newest => ("LATEST", None),
            Start::After(sequence) => ("AFTER_SEQUENCE_NUMBER", Some(sequence.clone())),
        };
        let request = GetShardIteratorRequest {
            stream_arn: dynoxide::streams::stream_arn(table, "local"),
            shard_id: dynoxide::streams::shard_id(table),
            shard_iterator_type: kind.to_owned(),
            sequence_number,
        };
        let response = self.database.get_shard_iterator(request).map_err(failed)?;
        response
            .shard_iterator
            .ok_or_else(|| Error::Database("no shard iterator".to_owned()))
    }

    /// Stream records in the form that Lambda hands to a function, and where to go on reading.
    pub(crate) fn records(
        &self,
        table: &str,
        iterator: String,
        limit: usize,
    ) -> Result<(Vec<Value>, String), Error> {
        let request = GetRecordsRequest {
            shard_iterator: iterator.clone(),
            limit: Some(limit),
        };
        let response = self.database.get_records(request).map_err(failed)?;
        let records = response
            .records
            .iter()
            .map(|record| event_record(table, record))
            .collect::<Result<Vec<_>, _>>()?;
        Ok((records, response.next_shard_iterator.unwrap_or(iterator)))
    }

    /// The sequence number of the newest record in the stream of a table.
    pub(crate) fn newest_sequence(&self, table: &str) -> Result<Option<String>, Error> {
        let newest: Option<i64> = self
            .upkeep()
            .prepare_cached(
                "SELECT MAX(CAST(sequence_number AS INTEGER)) FROM _stream_records WHERE table_name = ?1",
            )?
            .query_row(params![table], |row| row.get(0))?;
        Ok(newest.map(|stored| {
            SEQUENCE_OFFSET
                .saturating_add(i128::from(stored))
                .to_string()
        }))
    }

    /// Deletes records that the reader is past, except the `kept` newest ones. Returns whether there may be more to delete.
    pub(crate) fn trim(&self, table: &str, up_to: &str, kept: i64) -> Result<bool, Error> {
        let stored = up_to
            .parse::<i128>()
            .unwrap_or_default()
            .saturating_sub(SEQUENCE_OFFSET);
        let stored = i64::try_from(stored).unwrap_or_default();
        let deleted = self.upkeep().prepare_cached(
            "DELETE FROM _stream_records WHERE id IN (
                SELECT id FROM _stream_records
                WHERE table_name = ?1 AND CAST(sequence_number AS INTEGER) <= MIN(?2, COALESCE((
                    SELECT CAST(sequence_number AS INTEGER) FROM _stream_records WHERE table_name = ?1
                    ORDER BY CAST(sequence_number AS INTEGER) DESC LIMIT 1 OFFSET ?3), 0))
                ORDER BY CAST(sequence_number AS INTEGER) LIMIT ?4)",
        )?
        .execute(params![table, stored, kept, TRIMMED_AT_ONCE])?;
        Ok(i64::try_from(deleted).is_ok_and(|deleted| deleted >= TRIMMED_AT_ONCE))
    }

    /// Deletes what has expired, as DynamoDB does in its own time.
    pub(crate) fn sweep_expired(&self) -> Result<usize, Error> {
        let swept = self.database.sweep_ttl().map_err(failed)?;
        if swept > 0 {
            self.written.send_replace(());
        }
        Ok(swept)
    }

    fn upkeep(&self) -> MutexGuard<'_, Connection> {
        self.upkeep.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where to begin in a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    Oldest,
    Newest,
    After(String),
}

fn event_record(table: &str, record: &Record) -> Result<Value, Error> {
    let mut value = serde_json::to_value(record)?;
    if let Some(value) = value.as_object_mut() {
        let stream = format!(
            "arn:aws:dynamodb:{REGION}:{}:table/{table}/stream/local",
            crate::template::ACCOUNT
        );
        value.insert("eventSourceARN".to_owned(), Value::String(stream));
        value.insert("awsRegion".to_owned(), Value::String(REGION.to_owned()));
    }
    Ok(value)
}

/// Only the caller's own requests can fail here, so their kind does not matter.
#[expect(
    clippy::needless_pass_by_value,
    reason = "it is the argument of map_err"
)]
fn failed(error: dynoxide::DynoxideError) -> Error {
    Error::Database(error.to_string())
}
