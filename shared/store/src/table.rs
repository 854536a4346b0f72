//! The table: one read, one query, one commit. Everything else of this crate is made of these.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{
    AttributeValue, CancellationReason, ConditionCheck, Delete, Put, ReturnValue,
    ReturnValuesOnConditionCheckFailure, TransactWriteItem,
};
// The SDK's futures are tens of kilobytes; boxed here, no caller's future carries them.
use futures::FutureExt;
use models::{Error, Result, Timestamp};

use crate::connection::Connection;
use crate::feed::FeedHeads;
use crate::item::{Item, attr, text};
use crate::keys::Key;
use crate::lost_answer::LostAnswer;
use crate::numbers::Numbers;
use crate::revision::Revision;
use crate::sealed_pages::SealedPages;
use crate::write::{Action, Change, Check, Condition, Expected, Writes};

/// Attempts at a commit that meets others on the same items.
const CONFLICT_TRIES: u32 = 8;
/// Items that DynamoDB takes in one transaction, with the checks of parents. What could be more is split, or its input is bounded.
const MAX_ITEMS: usize = 100;

/// The one table.
#[derive(Debug, Clone)]
pub struct Table {
    pub(crate) client: Client,
    pub(crate) name: String,
    pub(crate) numbers: Arc<Numbers>,
    pub(crate) sealed_pages: Arc<SealedPages>,
    pub(crate) feed_heads: Arc<FeedHeads>,
}

/// How a commit went.
#[derive(Debug)]
pub(crate) enum Committed {
    /// Everything was written.
    Done,
    /// Nothing was written: the condition of the action at this index does not hold.
    Refused(usize),
}

impl Table {
    /// The table of that name.
    pub fn new(connection: &Connection, name: impl Into<String>) -> Self {
        Self {
            client: connection.dynamodb(),
            name: name.into(),
            numbers: Arc::default(),
            sealed_pages: Arc::default(),
            feed_heads: Arc::default(),
        }
    }

    /// Opens the connection, so that the first request does not wait for it. Any answer will do, also a refusal.
    pub async fn warm(&self) {
        let key = Key {
            pk: "warm".into(),
            sk: "warm".into(),
        };
        if let Err(error) = self.get(&key, false).await {
            tracing::debug!(%error, "the read that opens the connection was refused");
        }
    }

    pub(crate) async fn get(&self, key: &Key, consistent: bool) -> Result<Option<Item>> {
        let output = self
            .client
            .get_item()
            .table_name(&self.name)
            .key(attr::PK, AttributeValue::S(key.pk.clone()))
            .key(attr::SK, AttributeValue::S(key.sk.clone()))
            .consistent_read(consistent)
            .send()
            .boxed()
            .await
            .map_err(unavailable)?;
        Ok(output.item)
    }

    /// Writes everything or nothing. A single put is one write unit, a transaction two for each item.
    pub(crate) async fn commit(&self, writes: &Writes<'_>) -> Result<Committed> {
        let checks = writes.other_checks();
        match writes.actions.as_slice() {
            [] => Ok(Committed::Done),
            [
                Action {
                    condition,
                    change: Change::Put { item, revision },
                    ..
                },
            ] if checks.is_empty() => self.put(item, revision, condition).await,
            actions => self.transact(actions, &checks).await,
        }
    }

    async fn put(
        &self,
        item: &Item,
        revision: &Revision,
        condition: &Condition,
    ) -> Result<Committed> {
        let (expression, name, value) = condition.expression();
        let request = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(item.clone()))
            .condition_expression(expression)
            .set_expression_attribute_names(
                name.map(|(short, long)| [(short.to_owned(), long.to_owned())].into()),
            )
            .set_expression_attribute_values(value.map(|value| [(":c".to_owned(), value)].into()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let lost = LostAnswer::default();
        for attempt in 0..CONFLICT_TRIES {
            let watched = request.clone().customize().interceptor(lost.clone());
            let Err(error) = watched.send().boxed().await else {
                return Ok(Committed::Done);
            };
            match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(_)) if !lost.happened() => {
                    return Ok(Committed::Refused(0));
                }
                Some(PutItemError::ConditionalCheckFailedException(failed)) => {
                    return sent_again(revision, failed.item());
                }
                Some(PutItemError::TransactionConflictException(_)) => backoff(attempt).await,
                Some(_) | None => return Err(unavailable(error)),
            }
        }
        Err(busy())
    }

    /// A transaction. Where its answer is lost, the SDK sends it again with the same `ClientRequestToken`, and DynamoDB, which
    /// remembers that for ten minutes, says again what it did.
    async fn transact(&self, actions: &[Action], checks: &[&Check]) -> Result<Committed> {
        let count = actions.len().saturating_add(checks.len());
        if count > MAX_ITEMS {
            let first = actions.iter().find_map(|action| match &action.change {
                Change::Put { item, .. } => text(item, attr::TYPE),
                Change::Delete => None,
            });
            return Err(Error::internal(format_args!(
                "one commit has {count} items, {} and others; a transaction takes {MAX_ITEMS}",
                first.unwrap_or_default()
            )));
        }
        let checked = checks.iter().map(|check| self.check(check));
        let items = actions
            .iter()
            .map(|action| self.transact_item(action))
            .chain(checked)
            .collect::<Result<Vec<_>>>()?;
        for attempt in 0..CONFLICT_TRIES {
            let sent = self
                .client
                .transact_write_items()
                .set_transact_items(Some(items.clone()))
                .send()
                .boxed()
                .await;
            let Err(error) = sent else {
                return Ok(Committed::Done);
            };
            let Some(TransactWriteItemsError::TransactionCanceledException(canceled)) =
                error.as_service_error()
            else {
                return Err(unavailable(error));
            };
            let reasons = canceled.cancellation_reasons();
            if let Some(index) = reasons
                .iter()
                .position(|reason| code(reason) == "ConditionalCheckFailed")
            {
                let check = index.checked_sub(actions.len());
                return match check.and_then(|index| checks.get(index)) {
                    None => Ok(Committed::Refused(index)),
                    Some(check) => match &check.expected {
                        Expected::Present(gone) => Err(gone.clone()),
                        Expected::Absent(action) => Ok(Committed::Refused(*action)),
                    },
                };
            }
            let transient = |reason: &CancellationReason| {
                matches!(
                    code(reason),
                    "None"
                        | "TransactionConflict"
                        | "ThrottlingError"
                        | "ProvisionedThroughputExceeded"
                )
            };
            if reasons.is_empty() || !reasons.iter().all(transient) {
                return Err(unavailable(error));
            }
            backoff(attempt).await;
        }
        Err(busy())
    }

    fn transact_item(&self, action: &Action) -> Result<TransactWriteItem> {
        let (expression, name, value) = action.condition.expression();
        let names = name.map(|(short, long)| [(short.to_owned(), long.to_owned())].into());
        let values = value.map(|value| [(":c".to_owned(), value)].into());
        let transaction = TransactWriteItem::builder();
        let transaction = match &action.change {
            Change::Put { item, .. } => transaction.put(
                Put::builder()
                    .table_name(&self.name)
                    .set_item(Some(item.clone()))
                    .condition_expression(expression)
                    .set_expression_attribute_names(names)
                    .set_expression_attribute_values(values)
                    .build()
                    .map_err(Error::internal)?,
            ),
            Change::Delete => transaction.delete(
                Delete::builder()
                    .table_name(&self.name)
                    .key(attr::PK, AttributeValue::S(action.key.pk.clone()))
                    .key(attr::SK, AttributeValue::S(action.key.sk.clone()))
                    .condition_expression(expression)
                    .set_expression_attribute_names(names)
                    .set_expression_attribute_values(values)
                    .build()
                    .map_err(Error::internal)?,
            ),
        };
        Ok(transaction.build())
    }

    fn check(&self, check: &Check) -> Result<TransactWriteItem> {
        let expression = match &check.expected {
            Expected::Present(_) => "attribute_exists(PK)",
            Expected::Absent(_) => "attribute_not_exists(PK)",
        };
        let check = ConditionCheck::builder()
            .table_name(&self.name)
            .key(attr::PK, AttributeValue::S(check.key.pk.clone()))
            .key(attr::SK, AttributeValue::S(check.key.sk.clone()))
            .condition_expression(expression)
            .build()
            .map_err(Error::internal)?;
        Ok(TransactWriteItem::builder().condition_check(check).build())
    }

    /// Adds one to a counter and returns what it is now. A call whose answer is lost may skip a number, never repeat one.
    pub(crate) async fn increment(&self, key: &Key, by: u64) -> Result<u64> {
        let count = self
            .update_item(key)
            .update_expression("ADD n :by")
            .expression_attribute_values(":by", AttributeValue::N(by.to_string()));
        counted(count).await
    }

    /// An update of the item at `key`, to be filled in.
    pub(crate) fn update_item(&self, key: &Key) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.name)
            .key(attr::PK, AttributeValue::S(key.pk.clone()))
            .key(attr::SK, AttributeValue::S(key.sk.clone()))
    }

    /// The same of an item that DynamoDB may remove after `until`, under `#ttl` and `:ttl` in the expression.
    pub(crate) fn update_until(&self, key: &Key, until: Timestamp) -> UpdateItemFluentBuilder {
        let until = AttributeValue::N(until.seconds().to_string());
        self.update_item(key)
            .expression_attribute_names("#ttl", attr::TTL)
            .expression_attribute_values(":ttl", until)
    }

    /// Adds one to a counter that may not exceed `most`, and goes on `until`. `false` where it is there already. A call whose answer
    /// is lost may count twice, never too little. 1 write unit.
    pub(crate) async fn increment_below(
        &self,
        key: &Key,
        most: u32,
        until: Timestamp,
    ) -> Result<bool> {
        if most == 0 {
            return Ok(false);
        }
        let counted = self
            .update_until(key, until)
            .update_expression("SET #ttl = :ttl ADD n :one")
            .condition_expression("attribute_not_exists(n) OR n < :most")
            .expression_attribute_values(":one", AttributeValue::N("1".to_owned()))
            .expression_attribute_values(":most", AttributeValue::N(most.to_string()))
            .send()
            .boxed()
            .await;
        let Err(error) = counted else {
            return Ok(true);
        };
        match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(false),
            Some(_) | None => Err(unavailable(error)),
        }
    }
}

/// Sends an update of a counter, and returns what it is now.
pub(crate) async fn counted(update: UpdateItemFluentBuilder) -> Result<u64> {
    let update = update.return_values(ReturnValue::UpdatedNew);
    let output = update.send().boxed().await.map_err(unavailable)?;
    output
        .attributes()
        .and_then(|item| crate::item::number(item, "n"))
        .ok_or_else(|| Error::internal("a counter without a number"))
}

/// How the put of a `revision` went that was sent again after an answer was lost, and was then refused because of what is `there`.
fn sent_again(revision: &Revision, there: Option<&Item>) -> Result<Committed> {
    let there = there.and_then(Revision::of);
    match there.and_then(|there| there.comes_after(revision)) {
        Some(true) => Ok(Committed::Done),
        Some(false) => Ok(Committed::Refused(0)),
        None => Err(Error::Unavailable(
            "DynamoDB did not say whether a record was written, and others have changed it since; retry".to_owned(),
        )),
    }
}

fn busy() -> Error {
    Error::Unavailable("too many requests are changing the same records; retry".to_owned())
}

fn code(reason: &CancellationReason) -> &str {
    reason.code().unwrap_or("None")
}

/// Full jitter on 10 ms doubled: transactions that met once should not meet again.
pub(crate) async fn backoff(attempt: u32) {
    let ceiling = 10_u64.saturating_mul(1 << attempt.min(6));
    let mut random = [0_u8; 2];
    if models::IdSource::system().fill(&mut random).is_err() {
        random = [128, 0];
    }
    let wait = ceiling
        .saturating_mul(u64::from(u16::from_le_bytes(random)))
        .checked_div(65_536)
        .unwrap_or(ceiling);
    tokio::time::sleep(Duration::from_millis(wait)).await;
}

/// Characters of a message that are logged.
const MAX_MESSAGE_CHARS: usize = 300;

/// What DynamoDB says of a request, without what the request says: a validation repeats all items that were sent, and tokens and
/// addresses with them.
fn without_values(message: &str) -> String {
    let told = match message.split_once("Value '") {
        None => message.to_owned(),
        Some((before, rest)) => match rest.rsplit_once("' at '") {
            Some((_, place)) => format!("{before}a value at '{place}"),
            None => before.to_owned(),
        },
    };
    told.chars().take(MAX_MESSAGE_CHARS).collect()
}

/// What an error and its causes say of themselves, which is nothing of what was sent.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let told: Vec<String> = causes.map(ToString::to_string).collect();
    told.join(": ")
}

/// A call that failed in a way that is not an answer. What DynamoDB said goes to the log.
#[expect(
    clippy::needless_pass_by_value,
    reason = "it is what `map_err` hands over"
)]
pub(crate) fn unavailable<E, R>(error: SdkError<E, R>) -> Error
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug + 'static,
{
    let code = error.code().unwrap_or("no answer").to_owned();
    let message = match error.message() {
        Some(message) => without_values(message),
        None => chain(&error),
    };
    match code.as_str() {
        "ValidationException" | "AccessDeniedException" | "ResourceNotFoundException" => {
            Error::Internal(format!("DynamoDB: {code}: {message}"))
        }
        _ => Error::Unavailable(format!("DynamoDB: {code}: {message}")),
    }
}

#[cfg(test)]
mod tests {
    use super::without_values;

    #[test]
    fn what_was_sent_is_not_told() {
        let item = "TransactWriteItem(put=Put(item={secret=AttributeValue(s=whsec_123)}))";
        let message = format!(
            "1 validation error detected: Value '[{item}, {item}]' at 'transactItems' failed to satisfy constraint: Member must have length less than or equal to 100"
        );
        let told = without_values(&message);
        assert!(!told.contains("whsec"), "{told}");
        assert!(
            told.contains("transactItems") && told.contains("100"),
            "{told}"
        );
        let long = without_values(&"x".repeat(1_000_000));
        assert_eq!(long.len(), 300);
        // A value may have an apostrophe in it.
        let odd = without_values("Value '[{name=O'Brien, secret=whsec_123}]' at 'x'");
        assert!(!odd.contains("whsec"), "{odd}");
    }
}
