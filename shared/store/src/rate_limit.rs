//! The buckets of rate limits. A process takes many tokens with one write and spends them by itself, so that a call costs a
//! small part of a write unit.
//!
//! These items are no records: nothing is told of them, and DynamoDB removes them once they mean nothing any more.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
// The SDK's futures are tens of kilobytes; boxed here, no caller's future carries them.
use futures::FutureExt;
use models::platform::{Bucket, RateLimit};
use models::{Error, Result, Timestamp};

use crate::item::Item;
use crate::keys;
use crate::table::{Table, counted, unavailable};

/// Attempts at a bucket that others take from at the same moment.
const MAX_ATTEMPTS: u32 = 4;
/// How long an item stays that nobody asks for.
const KEPT_SECONDS: i64 = 2 * 3600;
/// When the bucket is full again, in microseconds of Unix time.
const FULL_AT: &str = "full_at";

/// What became of a wish for tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// Tokens that were taken; 0 where the bucket has too few.
    pub tokens: u32,
    /// The bucket after that.
    pub bucket: Bucket,
}

/// A bucket at a moment.
#[derive(Debug, Clone, Copy)]
pub struct LimitedBy<'a> {
    /// The bucket's name.
    pub name: &'a str,
    /// How it fills.
    pub limit: RateLimit,
    /// The moment.
    pub now: Timestamp,
}

/// Tokens that somebody would take.
#[derive(Debug, Clone, Copy)]
pub struct TokenRequest {
    /// So many,
    pub most: u32,
    /// or fewer, but at least so many.
    pub least: u32,
    /// The bucket as it was seen last.
    pub known: Bucket,
}

impl Table {
    /// Takes tokens out of a bucket. One write, and another one where others took from it since it was seen.
    pub async fn take_tokens(&self, from: LimitedBy<'_>, wanted: TokenRequest) -> Result<Lease> {
        let mut bucket = wanted.known;
        for _ in 0..MAX_ATTEMPTS {
            let tokens = from.limit.available(bucket, from.now).min(wanted.most);
            if tokens < wanted.least {
                break;
            }
            match self.take(from, tokens, bucket).await? {
                Taken::Done(bucket) => return Ok(Lease { tokens, bucket }),
                Taken::Changed(seen) => bucket = seen,
            }
        }
        Ok(Lease { tokens: 0, bucket })
    }

    /// A full bucket is begun anew, and one that is not has the time of the tokens added: so many processes may take from it at
    /// once, as long as it has enough.
    async fn take(&self, from: LimitedBy<'_>, tokens: u32, seen: Bucket) -> Result<Taken> {
        let LimitedBy { name, limit, now } = from;
        let key = keys::bucket(name);
        let full = Bucket::full(now);
        let time = limit.time_of(tokens);
        let request = if seen <= full {
            let after = full.micros.saturating_add(time);
            self.update_until(&key, kept_until(now))
                .update_expression("SET full_at = :after, #ttl = :ttl")
                .condition_expression("attribute_not_exists(full_at) OR full_at <= :now")
                .expression_attribute_values(":after", number(after))
                .expression_attribute_values(":now", number(full.micros))
        } else {
            self.update_until(&key, kept_until(now))
                .update_expression("SET full_at = full_at + :time, #ttl = :ttl")
                .condition_expression("full_at > :now AND full_at <= :latest")
                .expression_attribute_values(":time", number(time))
                .expression_attribute_values(":now", number(full.micros))
                .expression_attribute_values(":latest", number(limit.latest(tokens, now).micros))
        };
        let sent = request
            .return_values(ReturnValue::UpdatedNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .boxed()
            .await;
        match sent {
            Ok(output) => bucket_of(output.attributes()).map(Taken::Done),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                    // DynamoDB may have removed it in between.
                    let old = failed.item();
                    old.map_or(Ok(Bucket::default()), |item| bucket_of(Some(item)))
                        .map(Taken::Changed)
                }
                Some(_) | None => Err(unavailable(error)),
            },
        }
    }

    /// Counts a failed attempt of a source, and returns how many there were in this hour. One write.
    pub async fn count_failure(&self, source: &str, now: Timestamp) -> Result<u64> {
        let key = keys::failures(source, now);
        let count = self
            .update_until(&key, kept_until(now))
            .update_expression("ADD n :one SET #ttl = :ttl")
            .expression_attribute_values(":one", number(1));
        counted(count).await
    }
}

fn kept_until(now: Timestamp) -> Timestamp {
    now.plus_seconds(KEPT_SECONDS)
}

enum Taken {
    Done(Bucket),
    /// Others took from it meanwhile.
    Changed(Bucket),
}

fn number(value: i64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

fn bucket_of(item: Option<&Item>) -> Result<Bucket> {
    let micros = item
        .and_then(|item| item.get(FULL_AT)?.as_n().ok()?.parse().ok())
        .ok_or_else(|| Error::internal("a bucket without its time"))?;
    Ok(Bucket { micros })
}
