//! Logs of usage: their pages, the newest first.

use aws_sdk_dynamodb::types::AttributeValue;
// The SDK's futures are tens of kilobytes; boxed here, no caller's future carries them.
use futures::FutureExt;
use models::billing::UsagePage;
use models::ids::{self, Id};
use models::{Error, Result, Scope};

use crate::item::{Record, Stored, decode};
use crate::keys::{self, Key};
use crate::session::Session;
use crate::table::unavailable;

impl Record for UsagePage {
    const TYPE: &'static str = "usage";

    fn key(&self, scope: &Scope) -> Key {
        keys::usage_page(scope, self.subscription_id, &self.metric_name, self.seq)
    }
}

impl Session {
    /// The newest `most` pages of a log, or of those before page `before`. One consistent query: what is added next hangs
    /// on the newest page. Fewer than `most` where they are larger than 1 MB together.
    pub async fn usage_pages(
        &self,
        subscription: Id<ids::Subscription>,
        metric: &str,
        before: Option<u64>,
        most: u32,
    ) -> Result<Vec<Stored<UsagePage>>> {
        let Some(last) = before.map_or(Some(u64::MAX), |before| before.checked_sub(1)) else {
            return Ok(Vec::new());
        };
        let last = keys::usage_page(&self.scope(), subscription, metric, last.min(LAST_PAGE));
        self.newest_pages(&last.pk, keys::usage_log(metric), last.sk, most)
            .await
    }

    /// One page of a log. One consistent read.
    pub async fn usage_page(
        &self,
        subscription: Id<ids::Subscription>,
        metric: &str,
        seq: u64,
    ) -> Result<Option<Stored<UsagePage>>> {
        let key = keys::usage_page(&self.scope(), subscription, metric, seq);
        self.load(&key, true).await
    }

    /// The newest page of each metric of a subscription, of at most that many, the last name first. One consistent query
    /// for each, one after the other because each begins where the one before ended, and one more that finds nothing.
    pub async fn usage_heads(
        &self,
        subscription: Id<ids::Subscription>,
        most: usize,
    ) -> Result<Vec<Stored<UsagePage>>> {
        let pk = keys::children(&self.scope(), subscription);
        let mut until = keys::USAGE_END.to_owned();
        let mut heads = Vec::new();
        while heads.len() < most {
            let newest = self.newest_pages(&pk, keys::USAGE_PREFIX.to_owned(), until, 1);
            let Some(head) = newest.await?.pop() else {
                break;
            };
            until = keys::usage_log(&head.metric_name);
            heads.push(head);
        }
        Ok(heads)
    }

    async fn newest_pages(
        &self,
        pk: &str,
        from: String,
        until: String,
        most: u32,
    ) -> Result<Vec<Stored<UsagePage>>> {
        let output = self
            .table()
            .client
            .query()
            .table_name(&self.table().name)
            .key_condition_expression("PK = :pk AND SK BETWEEN :from AND :until")
            .expression_attribute_values(":pk", AttributeValue::S(pk.to_owned()))
            .expression_attribute_values(":from", AttributeValue::S(from))
            .expression_attribute_values(":until", AttributeValue::S(until))
            .scan_index_forward(false)
            .consistent_read(true)
            .limit(i32::try_from(most).map_err(Error::internal)?)
            .send()
            .boxed()
            .await
            .map_err(unavailable)?;
        let items = output.items.unwrap_or_default().into_iter();
        items.filter_map(|item| decode(item).transpose()).collect()
    }
}

/// The largest number of ten digits.
const LAST_PAGE: u64 = 9_999_999_999;
