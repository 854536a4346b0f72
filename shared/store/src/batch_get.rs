//! Many records of whatever type and business read with one call.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
// The SDK's futures are tens of kilobytes; boxed here, no caller's future carries them.
use futures::FutureExt;
use models::{Error, Result, Timestamp};

use crate::item::{Item, Record, Stored, attr, bytes_of, decode, text};
use crate::keys::Key;
use crate::table::{Table, backoff, unavailable};

/// Items that DynamoDB reads at once.
const BATCH: usize = 100;
/// Calls until everything must have been read; DynamoDB leaves out what it is too busy for.
const MAX_ROUNDS: u32 = 10;

/// What was read together.
#[derive(Debug, Default)]
pub struct BatchItems(HashMap<Key, Item>);

impl BatchItems {
    /// The record at `key`, which stays here for others.
    pub fn get<T: Record>(&self, key: &Key) -> Result<Option<Stored<T>>> {
        self.0.get(key).cloned().map(decode).transpose()
    }

    /// Bytes of the record at `key`.
    pub(crate) fn bytes(&self, key: &Key) -> usize {
        self.0.get(key).map_or(0, bytes_of)
    }

    /// The record at `key`, which is gone from here then.
    pub fn take<T: Record>(&mut self, key: &Key) -> Result<Option<Stored<T>>> {
        self.0.remove(key).map(decode).transpose()
    }
}

impl Table {
    /// The records at `keys`, those that are there: one call for a hundred.
    pub async fn batch_get(&self, keys: &[Key]) -> Result<BatchItems> {
        self.read_all(keys, false).await
    }

    /// The same as they are at this moment: consistent reads.
    pub async fn batch_get_now(&self, keys: &[Key]) -> Result<BatchItems> {
        self.read_all(keys, true).await
    }

    async fn read_all(&self, keys: &[Key], consistent: bool) -> Result<BatchItems> {
        let mut found = BatchItems::default();
        for chunk in keys.chunks(BATCH) {
            self.read_batch(chunk, consistent, &mut found).await?;
        }
        Ok(found)
    }

    /// When the records at `keys` are due, those that are: one call for a hundred.
    pub async fn due_moments(&self, keys: &[Key]) -> Result<HashMap<Key, Timestamp>> {
        let found = self.batch_get(keys).await?;
        let due = found.0.into_iter().filter_map(|(key, item)| {
            let sort = text(&item, attr::DUE_SK)?;
            let millis = sort.split('#').next()?.parse().ok()?;
            Some((key, Timestamp::from_millis(millis)))
        });
        Ok(due.collect())
    }

    /// How many of the records at `keys` are there: one call for a hundred.
    pub async fn count(&self, keys: &[Key]) -> Result<usize> {
        Ok(self.batch_get(keys).await?.0.len())
    }

    async fn read_batch(
        &self,
        keys: &[Key],
        consistent: bool,
        found: &mut BatchItems,
    ) -> Result<()> {
        let part = |name: &str, value: &str| (name.to_owned(), AttributeValue::S(value.to_owned()));
        let item = |key: &Key| HashMap::from([part(attr::PK, &key.pk), part(attr::SK, &key.sk)]);
        let mut wanted: Vec<Item> = keys.iter().map(item).collect();
        for attempt in 0..MAX_ROUNDS {
            if wanted.is_empty() {
                return Ok(());
            }
            if attempt > 0 {
                backoff(attempt).await;
            }
            let request = KeysAndAttributes::builder()
                .set_keys(Some(wanted))
                .consistent_read(consistent);
            let output = self
                .client
                .batch_get_item()
                .request_items(&self.name, request.build().map_err(Error::internal)?)
                .send()
                .boxed()
                .await
                .map_err(unavailable)?;
            let tables = output.responses.into_iter();
            for item in tables.flat_map(HashMap::into_values).flatten() {
                let part = |name| text(&item, name).unwrap_or_default().to_owned();
                let (pk, sk) = (part(attr::PK), part(attr::SK));
                found.0.insert(Key { pk, sk }, item);
            }
            let left = output.unprocessed_keys.unwrap_or_default().into_values();
            wanted = left.flat_map(|request| request.keys).collect();
        }
        if wanted.is_empty() {
            return Ok(());
        }
        Err(Error::Unavailable(
            "DynamoDB was too busy to read everything".to_owned(),
        ))
    }
}
