//! Payments of schedules.

use aws_sdk_dynamodb::types::AttributeValue;
// The SDK's futures are tens of kilobytes; boxed here, no caller's future carries them.
use futures::FutureExt;
use models::billing::{ScheduleRow, Slot, Subscription};
use models::ids::{self, Id};
use models::{Result, Scope, Timestamp};

use crate::due::DueKind;
use crate::item::{Record, Stored, attr, decode, text};
use crate::keys::{self, Key};
use crate::session::Session;
use crate::table::{Table, unavailable};

impl Record for ScheduleRow {
    const TYPE: &'static str = DueKind::ScheduleRow.as_str();

    fn key(&self, scope: &Scope) -> Key {
        keys::schedule_row(scope, self.subscription_id, self.slot())
    }

    fn parent(&self, _scope: &Scope) -> Option<String> {
        Some(keys::payment_page(&self.page_hash))
    }

    fn due(&self) -> Option<Timestamp> {
        Self::due(self)
    }
}

impl Session {
    /// The payments of a schedule as they are at this moment, in the order of the days that they were made for. One
    /// consistent query for each megabyte, which is more than a thousand of them.
    pub async fn schedule(
        &self,
        subscription: Id<ids::Subscription>,
    ) -> Result<Vec<Stored<ScheduleRow>>> {
        self.rows(subscription, keys::SCHEDULE_PREFIX).await
    }

    /// A payment of a schedule by its place, and its subscription, as they are at this moment. One call of two reads.
    pub async fn scheduled_row(
        &self,
        subscription: Id<ids::Subscription>,
        slot: Slot,
    ) -> Result<(Option<Stored<Subscription>>, Option<Stored<ScheduleRow>>)> {
        let scope = self.scope();
        let keys = [
            keys::record(&scope, subscription),
            keys::schedule_row(&scope, subscription, slot),
        ];
        let mut found = self.table().batch_get_now(&keys).await?;
        let [subscription, row] = &keys;
        Ok((found.take(subscription)?, found.take(row)?))
    }

    /// A payment of a schedule by its place. One consistent read.
    pub async fn schedule_row_now(
        &self,
        subscription: Id<ids::Subscription>,
        slot: Slot,
    ) -> Result<Option<Stored<ScheduleRow>>> {
        let key = keys::schedule_row(&self.scope(), subscription, slot);
        self.load(&key, true).await
    }

    /// A payment of a schedule by its id, which tells the day that it was made for. One consistent query.
    pub async fn schedule_row_by_id_now(
        &self,
        subscription: Id<ids::Subscription>,
        id: Id<ids::Schedule>,
    ) -> Result<Option<Stored<ScheduleRow>>> {
        let prefix = keys::schedule_day(id.at().date()?);
        let rows = self.rows(subscription, &prefix).await?;
        Ok(rows.into_iter().find(|row| row.id == id))
    }

    async fn rows(
        &self,
        subscription: Id<ids::Subscription>,
        prefix: &str,
    ) -> Result<Vec<Stored<ScheduleRow>>> {
        let (table, mut rows, mut start) = (self.table(), Vec::new(), None);
        loop {
            let pk = keys::children(&self.scope(), subscription);
            let output = table
                .client
                .query()
                .table_name(&table.name)
                .consistent_read(true)
                .key_condition_expression("PK = :pk AND begins_with(SK, :prefix)")
                .expression_attribute_values(":pk", AttributeValue::S(pk))
                .expression_attribute_values(":prefix", AttributeValue::S(prefix.to_owned()))
                .set_exclusive_start_key(start)
                .send()
                .boxed()
                .await
                .map_err(unavailable)?;
            for item in output.items.unwrap_or_default() {
                rows.push(decode(item)?);
            }
            start = output.last_evaluated_key;
            if start.is_none() {
                return Ok(rows);
            }
        }
    }
}

impl Table {
    /// Where the row of a payment page is, by the hash of the secret in its address. One query, which follows the table after
    /// a moment.
    pub async fn payment_page(&self, hash: &str) -> Result<Option<Key>> {
        let output = self
            .client
            .query()
            .table_name(&self.name)
            .index_name("by_parent")
            .key_condition_expression("gp_pk = :page")
            .expression_attribute_values(":page", AttributeValue::S(keys::payment_page(hash)))
            .limit(1)
            .send()
            .boxed()
            .await
            .map_err(unavailable)?;
        let found = output.items.unwrap_or_default().into_iter().next();
        Ok(found.and_then(|item| {
            let part = |name| text(&item, name).map(str::to_owned);
            Some(Key {
                pk: part(attr::PK)?,
                sk: part(attr::SK)?,
            })
        }))
    }
}
