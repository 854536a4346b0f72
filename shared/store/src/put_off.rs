//! An item whose worker failed is due again later: after a minute, after two, four, and in the end every four hours.

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::AttributeValue;
// The SDK's futures are tens of kilobytes; boxed here, no caller's future carries them.
use futures::FutureExt;
use models::{Error, Result, Timestamp};

use crate::item::{attr, number, text};
use crate::keys::{self, Key};
use crate::retry::Retry;
use crate::table::{Table, unavailable};

/// Minutes between two attempts at the most.
const MOST_MINUTES: i64 = 240;

/// When an item whose worker failed is due again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PutOff {
    /// How often it failed in a row.
    pub failures: u64,
    /// When it is due again.
    pub until: Timestamp,
}

impl PutOff {
    /// After so many failures, the last one at `now`.
    fn after(failures: u64, now: Timestamp) -> Self {
        let doublings = u32::try_from(failures.saturating_sub(1)).unwrap_or(u32::MAX);
        let minutes = 1_i64.checked_shl(doublings.min(62)).unwrap_or(i64::MAX);
        let seconds = minutes.min(MOST_MINUTES).saturating_mul(60);
        Self {
            failures,
            until: now.plus_seconds(seconds),
        }
    }
}

impl Table {
    /// Moves an item that is due, and whose worker failed, on in the due index; nothing else of it changes, so that its worker
    /// finds it as it was. The next ordinary write of the item ends the series. `None` where nothing is due there. Where it was
    /// moved on already, it stays where it is: a message that comes twice counts once.
    ///
    /// 1 read unit, and 3 write units for each kilobyte, 2 of which are the index's.
    pub async fn put_off(&self, key: &Key, now: Timestamp) -> Result<Option<PutOff>> {
        let mut retry = Retry::of("an item that is due");
        loop {
            let Some(mut item) = self.get(key, true).await? else {
                return Ok(None);
            };
            let Some(due) = text(&item, attr::DUE_SK).map(str::to_owned) else {
                return Ok(None);
            };
            let at = due.split('#').next().and_then(Timestamp::from_key);
            let at = at.ok_or_else(|| Error::internal("a due item without a time"))?;
            let failures = number(&item, attr::FAILURES).unwrap_or_default();
            if at > now {
                return Ok(Some(PutOff {
                    failures,
                    until: at,
                }));
            }
            let put_off = PutOff::after(failures.saturating_add(1), now);
            let entity_type = text(&item, attr::TYPE).unwrap_or_default().to_owned();
            let later = keys::due_sort(put_off.until, &entity_type, key);
            item.insert(attr::DUE_SK.to_owned(), AttributeValue::S(later));
            let count = AttributeValue::N(put_off.failures.to_string());
            item.insert(attr::FAILURES.to_owned(), count);
            // It would be handed on at once again.
            item.remove(attr::AT_ONCE);
            let write = item
                .get(attr::WRITES)
                .cloned()
                .ok_or_else(|| Error::internal("an item that no write of ours made"))?;
            let put = self
                .client
                .put_item()
                .table_name(&self.name)
                .set_item(Some(item))
                .condition_expression("w = :w AND due_sk = :due")
                .expression_attribute_values(":due", AttributeValue::S(due))
                .expression_attribute_values(":w", write);
            match put.send().boxed().await {
                Ok(_) => return Ok(Some(put_off)),
                Err(error) => match error.as_service_error() {
                    Some(
                        PutItemError::ConditionalCheckFailedException(_)
                        | PutItemError::TransactionConflictException(_),
                    ) => retry.again().await?,
                    Some(_) | None => return Err(unavailable(error)),
                },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distance_doubles_to_four_hours() {
        let now = Timestamp::from_seconds(0);
        let minutes = |failures| PutOff::after(failures, now).until.seconds().div_euclid(60);
        let distances: Vec<i64> = (1..=10).map(minutes).collect();
        assert_eq!(distances, [1, 2, 4, 8, 16, 32, 64, 128, 240, 240]);
        assert_eq!(minutes(u64::MAX), 240);
    }
}
