//! Pages. A cursor is good for the business, the list and the filters that it came from, and for nothing else.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use models::page::{Page, PageRequest};
use models::{Error, Result, Scope, View};
use serde::Serialize;
use sha2::{Digest, Sha256};
use store::Stored;

use crate::cx::Cx;
use crate::input::Input;
use crate::list::List;
use crate::reply::{Listed, Problem};

/// Parameters that say where in a list a page begins and how long it is.
const POSITIONS: &[&str] = &["after_position", "cursor", "limit"];

/// `limit` and `cursor` of a list, as the caller gave them.
#[derive(Debug, Clone, PartialEq, Eq, Input)]
pub struct PageQuery {
    /// Records in a page; 20 where it is absent.
    #[input(range = 1..=100, default = 20, example = 20)]
    limit: u32,
    /// `next_cursor` of the page before.
    #[input(chars = 1..=512)]
    cursor: Option<String>,
}

/// One list of one business: which page is asked for, and how the answer names the next one.
#[derive(Debug)]
pub struct Paging {
    /// What the store is asked for.
    pub request: PageRequest,
    binding: String,
}

impl<S> Cx<S> {
    /// The page that `query` asks for. With other filters its cursor is another list's.
    pub fn page(&self, query: &PageQuery) -> Result<Paging> {
        let binding = binding(&self.scope(), self.path(), self.query());
        let after = match &query.cursor {
            None => None,
            Some(cursor) => Some(open(cursor, &binding).ok_or_else(|| {
                Error::invalid(
                    "?cursor",
                    "invalid_cursor",
                    "is not a cursor of this list with these filters",
                )
            })?),
        };
        Ok(Paging {
            request: PageRequest {
                limit: query.limit,
                after,
            },
            binding,
        })
    }
}

impl Paging {
    /// The page as v3 prints it.
    pub fn list<V>(&self, page: Page<Stored<V::Of>>, at: V::At) -> Result<Listed<V>, Problem>
    where
        V: View + Serialize,
        V::At: Copy,
    {
        Listed::of(&self.views(page, |record| V::of(&record, at))?)
    }

    /// The body of a page.
    pub fn views<T, V>(&self, page: Page<T>, view: impl FnMut(T) -> Result<V>) -> Result<List<V>> {
        let next_cursor = page.next.as_ref().map(|sk| seal(sk, &self.binding));
        Ok(List {
            data: page.items.into_iter().map(view).collect::<Result<_>>()?,
            has_more: next_cursor.is_some(),
            next_cursor,
        })
    }

    /// A page of a list that never ends, up to the sort key `last`: its cursor is always there, and `has_more` says whether
    /// something follows it now.
    pub fn endless<T>(&self, data: Vec<T>, last: &str, has_more: bool) -> List<T> {
        List {
            data,
            has_more,
            next_cursor: Some(seal(last, &self.binding)),
        }
    }
}

/// The list that a cursor is good for: all that is asked but which page.
fn binding(scope: &Scope, path: &str, query: &str) -> String {
    let mut digest = Sha256::new();
    digest.update(format!("{}#{}#{path}", scope.business, scope.mode.as_str()));
    let filters: BTreeMap<_, _> = url::form_urlencoded::parse(query.as_bytes()).collect();
    for (name, value) in filters {
        if !POSITIONS.contains(&&*name) && !value.is_empty() {
            digest.update(format!("#{}#{name}={value}", name.len()));
        }
    }
    hex::encode(
        digest
            .finalize()
            .iter()
            .take(8)
            .copied()
            .collect::<Vec<_>>(),
    )
}

fn seal(sk: &str, binding: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("{binding}.{sk}"))
}

fn open(cursor: &str, binding: &str) -> Option<String> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    let (bound, sk) = text.split_once('.')?;
    (bound == binding && !sk.is_empty()).then(|| sk.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use models::{Id, Mode};

    #[test]
    fn a_cursor_fits_only_where_it_came_from() {
        let scope = |n, mode| Scope {
            business: Id::new(n).unwrap(),
            mode,
        };
        let here = binding(&scope(1, Mode::Test), "/v3/customers", "limit=2&search=jo");
        let cursor = seal("0000000000000042", &here);
        assert_eq!(open(&cursor, &here).as_deref(), Some("0000000000000042"));
        let others = [
            binding(&scope(2, Mode::Test), "/v3/customers", "limit=2&search=jo"),
            binding(&scope(1, Mode::Live), "/v3/customers", "limit=2&search=jo"),
            binding(&scope(1, Mode::Test), "/v3/payments", "limit=2&search=jo"),
            binding(&scope(1, Mode::Test), "/v3/customers", ""),
            binding(
                &scope(1, Mode::Test),
                "/v3/customers",
                "search=jo&status=b2b",
            ),
        ];
        for other in others {
            assert_eq!(open(&cursor, &other), None);
        }
        for bad in ["", "x", "????", "AAAA"] {
            assert_eq!(open(bad, &here), None);
        }
    }
}
