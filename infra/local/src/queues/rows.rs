//! Messages as rows.

use rusqlite::{Row, Transaction, params};

use super::Message;
use crate::ids;

pub(super) const SCHEMA: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = OFF;
    PRAGMA temp_store = MEMORY;
    CREATE TABLE IF NOT EXISTS messages (
        id INTEGER PRIMARY KEY,
        queue TEXT NOT NULL,
        message_id TEXT NOT NULL,
        body TEXT NOT NULL,
        attributes TEXT,
        sent_ms INTEGER NOT NULL,
        visible_ms INTEGER NOT NULL,
        first_received_ms INTEGER,
        receives INTEGER NOT NULL DEFAULT 0,
        receipt TEXT,
        in_flight INTEGER NOT NULL DEFAULT 0
    );
    CREATE INDEX IF NOT EXISTS messages_by_visibility ON messages (queue, visible_ms, id);
    CREATE TABLE IF NOT EXISTS checkpoints (source TEXT PRIMARY KEY, position TEXT NOT NULL);
";

/// Row and number of receptions of what is visible, oldest first.
pub(super) fn visible(
    transaction: &Transaction<'_>,
    queue: &str,
    now_ms: i64,
    maximum: usize,
) -> Result<Vec<(i64, i64)>, rusqlite::Error> {
    let maximum = i64::try_from(maximum).unwrap_or(i64::MAX);
    transaction
        .prepare_cached(
            "SELECT id, receives FROM messages WHERE queue = ?1 AND visible_ms <= ?2
             ORDER BY visible_ms, id LIMIT ?3",
        )?
        .query_map(params![queue, now_ms, maximum], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?
        .collect()
}

pub(super) fn move_to(
    transaction: &Transaction<'_>,
    id: i64,
    queue: &str,
    now_ms: i64,
) -> Result<(), rusqlite::Error> {
    transaction
        .prepare_cached(
            "UPDATE messages SET queue = ?1, visible_ms = ?2, receives = 0, receipt = NULL, in_flight = 0 WHERE id = ?3",
        )?
        .execute(params![queue, now_ms, id])?;
    Ok(())
}

pub(super) fn hide(
    transaction: &Transaction<'_>,
    id: i64,
    now_ms: i64,
    until_ms: i64,
) -> Result<Message, rusqlite::Error> {
    let receipt = format!("{id}.{}", ids::token());
    transaction
        .prepare_cached(
            "UPDATE messages SET visible_ms = ?1, receives = receives + 1, receipt = ?2, in_flight = 1,
                    first_received_ms = COALESCE(first_received_ms, ?3)
             WHERE id = ?4
             RETURNING message_id, receipt, body, attributes, sent_ms, first_received_ms, receives",
        )?
        .query_row(params![until_ms, receipt, now_ms, id], message)
}

fn message(row: &Row<'_>) -> Result<Message, rusqlite::Error> {
    let attributes: Option<String> = row.get(3)?;
    Ok(Message {
        message_id: row.get(0)?,
        receipt: row.get(1)?,
        body: row.get(2)?,
        attributes: attributes.and_then(|attributes| serde_json::from_str(&attributes).ok()),
        sent_ms: row.get(4)?,
        first_received_ms: row.get(5)?,
        receives: row.get(6)?,
    })
}

/// A receipt begins with the row that it is for.
pub(super) fn row_of(receipt: &str) -> Option<i64> {
    receipt.split_once('.')?.0.parse().ok()
}
