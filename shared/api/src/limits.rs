//! Limits on calls: by key and by business, by where a call comes from, and by failed attempts.
//!
//! # Determinations
//! - A key has a bucket for its reads and one for its writes, and so has the business that it belongs to, in each mode:
//!   [`BUSINESS_FACTOR`] times as much as a key has. So a business with many keys takes no more of the API than that.
//! - A process takes a fifth of a bucket with one write and spends it by itself. The first ten calls a minute that it
//!   has of a bucket need no token: they cost nothing. So a limit is exceeded by at most these calls, and what was taken and not
//!   spent yet, in each process.
//! - Where a bucket cannot be reached, the call is let through: a limit that fails must not take the API with it.

mod costs;
mod door;
mod failures;
mod held;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use models::platform::{Credential, CredentialKind, RateLimit};
use models::{Business, Error, RatePolicy, Result, Timestamp};
use store::{Table, keys};

pub use self::costs::Costs;
pub(crate) use self::costs::cost_of;
pub use self::door::Door;
use self::failures::Failures;
use self::held::Held;

/// A business has that many times what one of its keys has.
const BUSINESS_FACTOR: u32 = 5;
/// One process remembers the buckets that it took from last.
const REMEMBERED: usize = 4096;
/// How long a business's own limit is remembered.
const RATE_SECONDS: i64 = 30;

/// All calls of Savvi from one address.
const SOURCE: RateLimit = RateLimit {
    per_second: 200,
    burst: 2000,
};
/// Requests for tokens from one address, and the tokens of one client.
const TOKENS: RateLimit = RateLimit {
    per_second: 5,
    burst: 100,
};
/// The views of one page, and all that one address does with pages.
const PAGE: RateLimit = RateLimit {
    per_second: 1,
    burst: 60,
};
const PAGES: RateLimit = RateLimit {
    per_second: 5,
    burst: 200,
};

/// What this process holds of the buckets that it takes from, and who failed here.
#[derive(Debug)]
pub(crate) struct Limits {
    applied: bool,
    held: Mutex<HashMap<String, Arc<tokio::sync::Mutex<Held>>>>,
    rates: Mutex<HashMap<Business, (RateLimit, Timestamp)>>,
    failures: Failures,
}

/// One call of a key.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KeyCall {
    /// Whether it only reads.
    pub(crate) reads: bool,
    /// As how many calls it counts.
    pub(crate) cost: u32,
}

/// The table and the time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Now<'a> {
    pub(crate) table: &'a Table,
    pub(crate) at: Timestamp,
}

impl Limits {
    /// Limits that are applied, or are not.
    pub(crate) fn new(applied: bool) -> Self {
        Self {
            applied,
            held: Mutex::default(),
            rates: Mutex::default(),
            failures: Failures::default(),
        }
    }

    /// Counts a call of a key. An error where the key, or its business, made too many.
    pub(crate) async fn admit_key(
        &self,
        now: Now<'_>,
        credential: &Credential,
        call: KeyCall,
    ) -> Result<()> {
        if !self.applied {
            return Ok(());
        }
        let scope = credential.scope;
        let root = format!("{}#{}", scope.business.number(), scope.mode.as_str());
        let kind = match credential.kind {
            CredentialKind::ApiKey => "key",
            CredentialKind::MemberToken => "partner",
            CredentialKind::AccessToken => "client",
        };
        let key = format!("{root}#{kind}#{}", credential.key_id.number());
        let (own, all) = if call.reads {
            ("reads", "business-reads")
        } else {
            ("writes", "business-writes")
        };
        for (bucket, policy, factor) in [
            (format!("{key}#{own}"), own, 1),
            (format!("{root}#{own}"), all, BUSINESS_FACTOR),
        ] {
            let limit = async {
                let own = self.rate_of(now, scope.business).await?;
                Ok(own.times(factor))
            };
            let refused = self.spend(now, &bucket, call.cost, limit).await?;
            if let Some((wait, limit)) = refused {
                return Err(refusal(wait, policy, limit));
            }
        }
        Ok(())
    }

    /// Counts a call of Savvi from an address.
    pub(crate) async fn admit_source(&self, now: Now<'_>, source: &str) -> Result<()> {
        self.admit(now, "savvi", source, SOURCE).await
    }

    /// Counts a request for a token from an address.
    pub(crate) async fn admit_token_request(&self, now: Now<'_>, source: &str) -> Result<()> {
        self.admit(now, "token", source, TOKENS).await
    }

    /// Counts a token of a client.
    pub(crate) async fn admit_token(&self, now: Now<'_>, client_id: &str) -> Result<()> {
        self.admit(now, "client", client_id, TOKENS).await
    }

    /// Counts a request for a page.
    pub(crate) async fn admit_page(&self, now: Now<'_>, code: &str, source: &str) -> Result<()> {
        self.admit(now, "pages", source, PAGES).await?;
        self.admit(now, "page", &keys::sha256(code), PAGE).await
    }

    async fn admit(&self, now: Now<'_>, what: &str, of: &str, limit: RateLimit) -> Result<()> {
        if !self.applied {
            return Ok(());
        }
        let bucket = format!("{what}#{of}");
        let refused = self.spend(now, &bucket, 1, async { Ok(limit) }).await?;
        refused.map_or(Ok(()), |(wait, _)| Err(Error::too_many(wait)))
    }

    /// Spends of a bucket what this process holds, or takes more; how much there may be is asked for then. Where the bucket has too
    /// little, the seconds to wait and that limit.
    async fn spend(
        &self,
        now: Now<'_>,
        bucket: &str,
        cost: u32,
        limit: impl Future<Output = Result<RateLimit>>,
    ) -> Result<Option<(u32, RateLimit)>> {
        let held = self.held(bucket, now.at)?;
        let mut held = held.lock().await;
        if held.spend(cost, now.at) {
            return Ok(None);
        }
        let taken = async {
            let limit = limit.await?;
            let wait = held.take(now, bucket, limit, cost).await?;
            Ok::<_, Error>(wait.map(|wait| (wait, limit)))
        };
        Ok(taken.await.unwrap_or_else(|error| {
            tracing::warn!(%error, "a rate limit could not be looked up; the call goes on");
            None
        }))
    }

    /// Errors where `who` failed too often, as long as that locks it out.
    pub(crate) fn check_failures(&self, now: Timestamp, who: &str) -> Result<()> {
        if !self.applied {
            return Ok(());
        }
        self.failures.check(now, who)
    }

    /// `who` failed.
    pub(crate) async fn note_failure(&self, now: Now<'_>, who: &str) {
        if self.applied {
            self.failures.note(now, who).await;
        }
    }

    fn held(&self, bucket: &str, now: Timestamp) -> Result<Arc<tokio::sync::Mutex<Held>>> {
        let mut known = self.held.lock().map_err(Error::internal)?;
        if known.len() >= REMEMBERED {
            known.retain(|_, held| {
                Arc::strong_count(held) > 1 || held.try_lock().is_ok_and(|held| held.is_new(now))
            });
        }
        let held = known.entry(bucket.to_owned()).or_default();
        Ok(Arc::clone(held))
    }

    /// What the keys of a business may do. One read in half a minute.
    async fn rate_of(&self, now: Now<'_>, business: Business) -> Result<RateLimit> {
        let known = self
            .rates
            .lock()
            .map_err(Error::internal)?
            .get(&business)
            .copied();
        if let Some((rate, _)) = known.filter(|(_, read)| read.plus_seconds(RATE_SECONDS) > now.at)
        {
            return Ok(rate);
        }
        let account = now.table.account(business).await?;
        let rate = account.map_or(RateLimit::DEFAULT, |account| account.calls());
        let mut rates = self.rates.lock().map_err(Error::internal)?;
        if rates.len() >= REMEMBERED {
            rates.retain(|_, (_, read)| read.plus_seconds(RATE_SECONDS) > now.at);
        }
        rates.insert(business, (rate, now.at));
        Ok(rate)
    }
}

fn refusal(retry_after_seconds: u32, name: &'static str, limit: RateLimit) -> Error {
    let policy = RatePolicy {
        name,
        quota: limit.burst,
        window_seconds: limit.window_seconds(),
    };
    Error::RateLimited {
        retry_after_seconds,
        policy: Some(policy),
    }
}

fn minute_of(now: Timestamp) -> i64 {
    now.seconds().div_euclid(60)
}
