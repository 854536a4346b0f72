//! What a process holds of one bucket.

use models::platform::{Bucket, RateLimit};
use models::{Result, Timestamp};
use store::{LimitedBy, TokenRequest};

use super::{Now, minute_of};

/// Calls a minute for which a process needs no token.
const FREE_CALLS: u32 = 10;
/// That part of a bucket is taken with one write; where it has less than half of that, nothing is.
const BLOCK: u32 = 5;

/// What a process holds of one bucket.
#[derive(Debug, Default)]
pub(super) struct Held {
    /// The minute of Unix time that `free` is of.
    minute: i64,
    free: u32,
    tokens: u32,
    /// The bucket as it was seen last.
    bucket: Bucket,
}

impl Held {
    /// Spends what is here. `false` where that does not do.
    pub(super) fn spend(&mut self, cost: u32, now: Timestamp) -> bool {
        let minute = minute_of(now);
        if self.minute != minute {
            (self.minute, self.free) = (minute, FREE_CALLS);
        }
        for left in [&mut self.free, &mut self.tokens] {
            if let Some(rest) = left.checked_sub(cost) {
                *left = rest;
                return true;
            }
        }
        false
    }

    /// Takes a block of the bucket and spends of it. Where it has too little, the seconds to wait; while they pass, nothing is
    /// written.
    pub(super) async fn take(
        &mut self,
        now: Now<'_>,
        name: &str,
        limit: RateLimit,
        cost: u32,
    ) -> Result<Option<u32>> {
        let cost = cost.min(limit.burst);
        let missing = cost.saturating_sub(self.tokens);
        let block = limit.burst.div_ceil(BLOCK);
        let wanted = TokenRequest {
            most: block.max(missing),
            least: block.div_ceil(2).max(missing),
            known: self.bucket,
        };
        let from = LimitedBy {
            name,
            limit,
            now: now.at,
        };
        let lease = now.table.take_tokens(from, wanted).await?;
        self.bucket = lease.bucket;
        self.tokens = self.tokens.saturating_add(lease.tokens);
        match self.tokens.checked_sub(cost) {
            Some(rest) => {
                self.tokens = rest;
                Ok(None)
            }
            None => Ok(Some(limit.wait_seconds(self.bucket, wanted.least, now.at))),
        }
    }

    /// Whether it was used in this minute or the one before.
    pub(super) fn is_new(&self, now: Timestamp) -> bool {
        self.minute.saturating_add(1) >= minute_of(now)
    }
}
