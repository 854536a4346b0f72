//! Lists: one `Query` a page, newest first.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
// The SDK's futures are tens of kilobytes; boxed here, no caller's future carries them.
use futures::FutureExt;
use models::page::{Page, PageRequest};
use models::{Error, Result};

use crate::item::{Item, Record, Stored, attr, decode, text};
use crate::session::Session;
use crate::table::{backoff, unavailable};

/// Queries that one request may cost where a filter leaves little: the page is then short, and its cursor goes on.
const MAX_ROUNDS: u32 = 10;
/// Items looked at in one query where a filter drops some.
const FILTERED_ROUND: u32 = 250;

/// What a list leaves out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filter {
    /// The attribute has this text.
    Equals(&'static str, String),
    /// The attribute contains this text.
    Contains(&'static str, String),
}

/// Where a list is.
#[derive(Debug, Clone)]
pub(crate) struct Range {
    /// The partition.
    pub(crate) pk: String,
    /// What its sort keys begin with.
    pub(crate) prefix: Option<String>,
    /// Newest (or last in the alphabet) first.
    pub(crate) descending: bool,
}

impl Range {
    pub(crate) fn newest_first(pk: String) -> Self {
        Self {
            pk,
            prefix: None,
            descending: true,
        }
    }
}

impl Session {
    /// One page of the records in `range`. One `Query`, unless deleted or filtered records leave the page short.
    pub(crate) async fn list<T: Record>(
        &self,
        range: &Range,
        request: &PageRequest,
        filters: &[Filter],
    ) -> Result<Page<Stored<T>>> {
        let wanted = usize::try_from(request.limit).map_err(Error::internal)?;
        let mut found: Vec<(String, Stored<T>)> = Vec::with_capacity(wanted);
        let mut after = request.after.clone();
        // DynamoDB refuses to begin outside the range; a cursor that somebody put together must not be our fault.
        let outside = |sk: &str| {
            range
                .prefix
                .as_ref()
                .is_some_and(|prefix| !sk.starts_with(prefix))
        };
        if after.as_deref().is_some_and(outside) {
            return Err(Error::invalid(
                "?cursor",
                "invalid_cursor",
                "is not a cursor of this list",
            ));
        }
        for _ in 0..MAX_ROUNDS {
            let size = if filters.is_empty() {
                request.limit.saturating_add(1)
            } else {
                FILTERED_ROUND
            };
            let (items, last) = self.query(range, after.as_deref(), size, filters).await?;
            for item in items {
                let sk = text(&item, attr::SK).unwrap_or_default().to_owned();
                if let Some(stored) = decode::<T>(item)? {
                    found.push((sk, stored));
                }
            }
            after = last;
            if found.len() > wanted || after.is_none() {
                break;
            }
        }
        // One more than wanted was asked for: it tells whether another page follows, and begins that page.
        let next = if found.len() > wanted {
            found.truncate(wanted);
            found.last().map(|(sk, _)| sk.clone())
        } else {
            after
        };
        Ok(Page {
            items: found.into_iter().map(|(_, stored)| stored).collect(),
            next,
        })
    }

    async fn query(
        &self,
        range: &Range,
        after: Option<&str>,
        size: u32,
        filters: &[Filter],
    ) -> Result<(Vec<Item>, Option<String>)> {
        let mut names: HashMap<String, String> = HashMap::new();
        let mut values: HashMap<String, AttributeValue> =
            [(":pk".to_owned(), AttributeValue::S(range.pk.clone()))].into();
        let mut condition = "PK = :pk".to_owned();
        if let Some(prefix) = &range.prefix {
            condition.push_str(" AND begins_with(SK, :prefix)");
            values.insert(":prefix".to_owned(), AttributeValue::S(prefix.clone()));
        }
        let mut tests = Vec::new();
        for (index, filter) in filters.iter().enumerate() {
            let (Filter::Equals(name, value) | Filter::Contains(name, value)) = filter;
            tests.push(match filter {
                Filter::Equals(..) => format!("#f{index} = :f{index}"),
                Filter::Contains(..) => format!("contains(#f{index}, :f{index})"),
            });
            names.insert(format!("#f{index}"), (*name).to_owned());
            values.insert(format!(":f{index}"), AttributeValue::S(value.clone()));
        }
        let start = after.map(|sk| {
            let part =
                |name: &str, value: &str| (name.to_owned(), AttributeValue::S(value.to_owned()));
            HashMap::from([part(attr::PK, &range.pk), part(attr::SK, sk)])
        });
        let output = self
            .table()
            .client
            .query()
            .table_name(&self.table().name)
            .key_condition_expression(condition)
            .set_expression_attribute_values(Some(values))
            .set_expression_attribute_names((!names.is_empty()).then_some(names))
            .set_filter_expression((!tests.is_empty()).then(|| tests.join(" AND ")))
            .scan_index_forward(!range.descending)
            .limit(i32::try_from(size).map_err(Error::internal)?)
            .set_exclusive_start_key(start)
            .send()
            .boxed()
            .await
            .map_err(unavailable)?;
        let last = output
            .last_evaluated_key
            .as_ref()
            .and_then(|key| text(key, attr::SK))
            .map(str::to_owned);
        Ok((output.items.unwrap_or_default(), last))
    }

    /// One page of the records that index `by_parent` lists under `parent`: one `Query` for the keys, one read of the records.
    pub(crate) async fn list_children<T: Record>(
        &self,
        parent: &str,
        pk: &str,
        request: &PageRequest,
    ) -> Result<Page<Stored<T>>> {
        let wanted = usize::try_from(request.limit).map_err(Error::internal)?;
        let limit = request.limit.saturating_add(1);
        let after = request.after.as_deref();
        let mut keys = self.child_keys(parent, pk, after, limit).await?;
        let more = keys.len() > wanted;
        keys.truncate(wanted);
        let next = if more { keys.last().cloned() } else { None };
        let items = self.read_all::<T>(pk, &keys).await?;
        Ok(Page { items, next })
    }

    /// Sort keys in partition `pk` of the records that index `by_parent` lists under `parent`, newest first. One `Query`.
    pub(crate) async fn child_keys(
        &self,
        parent: &str,
        pk: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<String>> {
        let start = after.map(|sk| {
            let part =
                |name: &str, value: &str| (name.to_owned(), AttributeValue::S(value.to_owned()));
            HashMap::from([
                part(attr::PARENT_PK, parent),
                part(attr::PARENT_SK, sk),
                part(attr::PK, pk),
                part(attr::SK, sk),
            ])
        });
        let output = self
            .table()
            .client
            .query()
            .table_name(&self.table().name)
            .index_name("by_parent")
            .key_condition_expression("gp_pk = :pk")
            .expression_attribute_values(":pk", AttributeValue::S(parent.to_owned()))
            .scan_index_forward(false)
            .limit(i32::try_from(limit).map_err(Error::internal)?)
            .set_exclusive_start_key(start)
            .send()
            .boxed()
            .await
            .map_err(unavailable)?;
        let keys = output
            .items()
            .iter()
            .filter_map(|item| text(item, attr::SK));
        Ok(keys.map(str::to_owned).collect())
    }

    /// The records with these sort keys in one partition, in that order, without those that are gone.
    pub(crate) async fn read_all<T: Record>(
        &self,
        pk: &str,
        keys: &[String],
    ) -> Result<Vec<Stored<T>>> {
        let mut found: HashMap<String, Stored<T>> = HashMap::new();
        let mut wanted: Vec<Item> = keys
            .iter()
            .map(|sk| {
                let part = |name: &str, value: &str| {
                    (name.to_owned(), AttributeValue::S(value.to_owned()))
                };
                HashMap::from([part(attr::PK, pk), part(attr::SK, sk)])
            })
            .collect();
        for attempt in 0..MAX_ROUNDS {
            if wanted.is_empty() {
                break;
            }
            if attempt > 0 {
                backoff(attempt).await;
            }
            let request = KeysAndAttributes::builder()
                .set_keys(Some(wanted))
                .build()
                .map_err(Error::internal)?;
            let client = &self.table().client;
            let output = client
                .batch_get_item()
                .request_items(&self.table().name, request)
                .send()
                .boxed()
                .await
                .map_err(unavailable)?;
            for item in output
                .responses
                .into_iter()
                .flat_map(HashMap::into_values)
                .flatten()
            {
                let sk = text(&item, attr::SK).unwrap_or_default().to_owned();
                if let Some(stored) = decode(item)? {
                    found.insert(sk, stored);
                }
            }
            let left = output.unprocessed_keys.unwrap_or_default();
            wanted = left
                .into_values()
                .flat_map(|request| request.keys)
                .collect();
        }
        Ok(keys.iter().filter_map(|sk| found.remove(sk)).collect())
    }
}
