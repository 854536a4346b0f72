//! Logs of usage: their pages, the newest first.

use std::sync::Arc;

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

/// The largest number of ten digits.
const LAST_PAGE: u64 = 9_999_999_999;

impl Record for UsagePage {
    const TYPE: &'static str = "usage";

    fn key(&self, scope: &Scope) -> Key {
        keys::usage_page(scope, self.subscription_id, &self.metric_name, self.seq)
    }
}

impl Session {
    /// The newest `most` pages of a log, the newest first. One consistent query: what is added next hangs on the newest page.
    pub async fn usage_pages(
        &self,
        subscription: Id<ids::Subscription>,
        metric: &str,
        most: u32,
    ) -> Result<Vec<Stored<UsagePage>>> {
        let last = keys::usage_page(&self.scope(), subscription, metric, LAST_PAGE);
        self.newest_pages(&last.pk, keys::usage_log(metric), last.sk, most)
            .await
    }

    /// Some pages of a log before page `before`, the newest first: at most `most` of those that this
    /// process remembers, or else that many by one consistent query. Empty where there are none.
    pub async fn usage_pages_before(
        &self,
        subscription: Id<ids::Subscription>,
        metric: &str,
        before: u64,
        most: u32,
    ) -> Result<Vec<Arc<UsagePage>>> {
        let scope = self.scope();
        let key = |seq| keys::usage_page(&scope, subscription, metric, seq);
        let wanted = (1..before)
            .rev()
            .take(usize::try_from(most).map_err(Error::internal)?);
        let (mut found, mut missing) = (Vec::new(), 0);
        for seq in wanted {
            match self.table().sealed_pages.get(&key(seq)) {
                Some(page) if missing == 0 => found.push(page),
                None if found.is_empty() => missing += 1,
                // What is remembered is not read again: the next call finds it.
                Some(_) | None => break,
            }
        }
        if missing == 0 {
            return Ok(found);
        }
        let Key { pk, sk } = key(before.saturating_sub(1));
        let pages = self.newest_pages(&pk, keys::usage_log(metric), sk, missing);
        Ok(self.remembered(pages.await?))
    }

    /// One page of a log. One consistent read, unless this process remembers it.
    pub async fn usage_page(
        &self,
        subscription: Id<ids::Subscription>,
        metric: &str,
        seq: u64,
    ) -> Result<Option<Arc<UsagePage>>> {
        let key = keys::usage_page(&self.scope(), subscription, metric, seq);
        if let Some(page) = self.table().sealed_pages.get(&key) {
            return Ok(Some(page));
        }
        let page = self.load::<UsagePage>(&key, true).await?;
        Ok(self.remembered(page).pop())
    }

    /// Remembers of those pages the ones that never change again.
    fn remembered(
        &self,
        pages: impl IntoIterator<Item = Stored<UsagePage>>,
    ) -> Vec<Arc<UsagePage>> {
        let remember = |page: Stored<UsagePage>| {
            let page = Arc::new(page.into_inner());
            let key = page.key(&self.scope());
            self.table().sealed_pages.remember(key, &page);
            page
        };
        pages.into_iter().map(remember).collect()
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
        items.map(decode).collect()
    }
}
