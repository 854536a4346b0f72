//! Lists: one `Query` a page, newest first. A page ends with the records that were asked for, or with a megabyte of them.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
// The SDK's futures are tens of kilobytes; boxed here, no caller's future carries them.
use futures::FutureExt;
use models::ids::{Id, Kind};
use models::page::{Page, PageRequest};
use models::{Error, Result, Timestamp};

use crate::item::{Item, Record, Stored, attr, bytes_of, decode, text};
use crate::keys::Key;
use crate::session::Session;
use crate::table::unavailable;

/// Queries that one request may cost where a filter leaves little: the page is then short, and its cursor goes on.
const MAX_ROUNDS: u32 = 4;
/// Items looked at in one query where a filter drops some: 1,000 in one request.
const FILTERED_ROUND: u32 = 250;
/// Bytes of records, as DynamoDB counts them, with which a page ends: what one `Query` reads. An answer spells them out, in JSON
/// within JSON, and a function may answer with 6 MB.
const PAGE_BYTES: usize = 1024 * 1024;

/// What a page still takes.
#[derive(Debug, Default)]
pub(crate) struct Room(Option<usize>);

impl Room {
    /// Whether it takes a record of so many bytes, too. The first one it always takes, or the list would not go on.
    pub(crate) fn takes(&mut self, bytes: usize) -> bool {
        let left = match self.0 {
            None => Some(PAGE_BYTES.saturating_sub(bytes)),
            Some(left) => left.checked_sub(bytes),
        };
        self.0 = left.or(Some(0));
        left.is_some()
    }
}

/// What a list leaves out, by an attribute or a member of one (`dispatch.status`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filter {
    /// The attribute has this text.
    Equals(&'static str, String),
    /// The attribute contains this text.
    Contains(&'static str, String),
    /// The attribute has one of these texts, of which there are 1 to 100.
    OneOf(&'static str, Vec<String>),
}

impl Filter {
    /// The filter as a part of an expression, under names of its own: it is the one at `index`.
    fn test(
        &self,
        index: usize,
        names: &mut HashMap<String, String>,
        values: &mut HashMap<String, AttributeValue>,
    ) -> String {
        let (name, given) = match self {
            Self::Equals(name, text) | Self::Contains(name, text) => {
                (name, std::slice::from_ref(text))
            }
            Self::OneOf(name, given) => (name, given.as_slice()),
        };
        let mut path = Vec::new();
        for (depth, part) in name.split('.').enumerate() {
            let placeholder = format!("#f{index}_{depth}");
            names.insert(placeholder.clone(), part.to_owned());
            path.push(placeholder);
        }
        let path = path.join(".");
        let mut of = Vec::with_capacity(given.len());
        for (place, text) in given.iter().enumerate() {
            let placeholder = format!(":f{index}_{place}");
            values.insert(placeholder.clone(), AttributeValue::S(text.clone()));
            of.push(placeholder);
        }
        let of = of.join(", ");
        match self {
            Self::Equals(..) => format!("{path} = {of}"),
            Self::Contains(..) => format!("contains({path}, {of})"),
            Self::OneOf(..) => format!("{path} IN ({of})"),
        }
    }
}

/// Which sort keys of a partition a list has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Span {
    /// All of them.
    All,
    /// Those that begin so.
    Prefix(String),
    /// Those from the first to the second, both included.
    Between(String, String),
}

impl Span {
    /// The records of kind `K` that were made in a window of whole seconds, both ends included: ids are in order of time.
    pub(crate) fn of_window<K: Kind>(
        since: Option<Timestamp>,
        until: Option<Timestamp>,
    ) -> Result<Self> {
        if since.is_none() && until.is_none() {
            return Ok(Self::All);
        }
        let first = since.map(Id::<K>::first_at).transpose()?;
        let end = until.map(|at| at.whole_second().plus_seconds(1));
        let end = end.map(Id::<K>::first_at).transpose()?;
        let first = first.map_or_else(|| "0".repeat(16), Id::digits);
        let last = end.map_or_else(
            || "9".repeat(16),
            |end| format!("{:016}", end.number().saturating_sub(1)),
        );
        // DynamoDB refuses a range that ends before it begins; nothing is in one that ends where it begins, either.
        Ok(Self::Between(first.clone(), last.max(first)))
    }

    fn has(&self, sk: &str) -> bool {
        match self {
            Self::All => true,
            Self::Prefix(prefix) => sk.starts_with(prefix.as_str()),
            Self::Between(first, last) => first.as_str() <= sk && sk <= last.as_str(),
        }
    }
}

/// Where a list is.
#[derive(Debug, Clone)]
pub(crate) struct Range {
    /// The partition.
    pub(crate) pk: String,
    /// The sort keys.
    pub(crate) span: Span,
    /// Newest (or last in the alphabet) first.
    pub(crate) descending: bool,
}

impl Range {
    pub(crate) fn newest_first(pk: String) -> Self {
        Self {
            pk,
            span: Span::All,
            descending: true,
        }
    }
}

impl Session {
    /// One page of the records in `range`. One `Query`, and up to 4 where filters leave the page short.
    pub(crate) async fn list_range<T: Record>(
        &self,
        range: &Range,
        request: &PageRequest,
        filters: &[Filter],
    ) -> Result<Page<Stored<T>>> {
        self.list_as(range, request, filters, false).await
    }

    /// The same as it is at this moment: a decision hangs on it.
    pub(crate) async fn list_range_now<T: Record>(
        &self,
        range: &Range,
        request: &PageRequest,
    ) -> Result<Page<Stored<T>>> {
        self.list_as(range, request, &[], true).await
    }

    async fn list_as<T: Record>(
        &self,
        range: &Range,
        request: &PageRequest,
        filters: &[Filter],
        consistent: bool,
    ) -> Result<Page<Stored<T>>> {
        let wanted = usize::try_from(request.limit).map_err(Error::internal)?;
        let mut found: Vec<(String, Stored<T>)> = Vec::with_capacity(wanted);
        let mut after = request.after.clone();
        // DynamoDB refuses to begin outside the range; a cursor that somebody put together must not be our fault.
        if after.as_deref().is_some_and(|sk| !range.span.has(sk)) {
            return Err(Error::invalid(
                "?cursor",
                "invalid_cursor",
                "is not a cursor of this list",
            ));
        }
        // One more than wanted is asked for: it tells whether another page follows, and begins that page.
        let (rounds, size) = if filters.is_empty() {
            (1, request.limit.saturating_add(1))
        } else {
            (MAX_ROUNDS, FILTERED_ROUND)
        };
        let (mut room, mut full) = (Room::default(), false);
        for _ in 0..rounds {
            let query = self.query(range, after.as_deref(), (size, consistent), filters);
            let (items, last) = query.await?;
            after = last;
            for item in items {
                full = full || found.len() >= wanted || !room.takes(bytes_of(&item));
                if !full {
                    let sk = text(&item, attr::SK).unwrap_or_default().to_owned();
                    found.push((sk, decode::<T>(item)?));
                }
            }
            if full || after.is_none() {
                break;
            }
        }
        if full {
            after = found.last().map(|(sk, _)| sk.clone());
        }
        let next = after;
        Ok(Page {
            items: found.into_iter().map(|(_, stored)| stored).collect(),
            next,
        })
    }

    async fn query(
        &self,
        range: &Range,
        after: Option<&str>,
        (size, consistent): (u32, bool),
        filters: &[Filter],
    ) -> Result<(Vec<Item>, Option<String>)> {
        let mut names: HashMap<String, String> = HashMap::new();
        let mut values: HashMap<String, AttributeValue> =
            [(":pk".to_owned(), AttributeValue::S(range.pk.clone()))].into();
        let mut condition = "PK = :pk".to_owned();
        let mut value = |name: &str, text: &str| {
            values.insert(name.to_owned(), AttributeValue::S(text.to_owned()));
        };
        match &range.span {
            Span::All => {}
            Span::Prefix(prefix) => {
                condition.push_str(" AND begins_with(SK, :prefix)");
                value(":prefix", prefix);
            }
            Span::Between(first, last) => {
                condition.push_str(" AND SK BETWEEN :first AND :last");
                value(":first", first);
                value(":last", last);
            }
        }
        let mut tests = Vec::new();
        for (index, filter) in filters.iter().enumerate() {
            tests.push(filter.test(index, &mut names, &mut values));
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
            .consistent_read(consistent)
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
        let mut next = if more { keys.last().cloned() } else { None };
        let wanted = keys_in(pk, &keys);
        let mut read = self.table().batch_get(&wanted).await?;
        let (mut items, mut room) = (Vec::with_capacity(keys.len()), Room::default());
        let mut last = None;
        for key in wanted {
            if !room.takes(read.bytes(&key)) {
                next = last;
                break;
            }
            items.extend(read.take::<T>(&key)?);
            last = Some(key.sk);
        }
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
        let wanted = keys_in(pk, keys);
        let mut read = self.table().batch_get(&wanted).await?;
        let mut found = Vec::with_capacity(keys.len());
        for key in &wanted {
            found.extend(read.take(key)?);
        }
        Ok(found)
    }
}

/// The keys with these sort keys in one partition.
pub(crate) fn keys_in(pk: &str, sort_keys: &[String]) -> Vec<Key> {
    let key = |sk: &String| Key {
        pk: pk.to_owned(),
        sk: sk.clone(),
    };
    sort_keys.iter().map(key).collect()
}

#[cfg(test)]
mod tests {
    use super::{PAGE_BYTES, Room};

    #[test]
    fn a_page_ends_with_its_bytes_but_never_before_its_first_record() {
        let mut room = Room::default();
        assert!(room.takes(PAGE_BYTES * 2));
        assert!(!room.takes(1));
        let mut room = Room::default();
        assert!(room.takes(PAGE_BYTES - 2));
        assert!(room.takes(2));
        assert!(!room.takes(1));
    }
}
