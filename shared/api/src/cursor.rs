//! Pages. A cursor is good for the business, the list and the filters that it came from, and for nothing else.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use models::page::{Page, PageRequest};
use models::{Error, Result, Scope};
use sha2::{Digest, Sha256};
use utoipa::IntoParams;

use crate::cx::Cx;
use crate::dialect::rocketsavvy::List;
use crate::input::{Fields, Input};

/// `limit` and `cursor` of a list, as the caller gave them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageQuery {
    limit: u32,
    cursor: Option<String>,
}

/// The same two parameters for the description of a list.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the schema of what `PageQuery` reads")]
pub struct PageParams {
    /// Records in a page, 1 to 100.
    #[param(example = 20)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

impl Input for PageQuery {
    /// `limit` 1 to 100, 20 where it is absent.
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let limit = fields.count("limit", 1..=100).optional().unwrap_or(20);
        Some(Self {
            limit,
            cursor: fields.text("cursor", 1..=512).optional(),
        })
    }
}

/// One list of one business: which page is asked for, and how the answer names the next one.
#[derive(Debug)]
pub struct Paging {
    /// What the store is asked for.
    pub request: PageRequest,
    binding: String,
}

impl<S> Cx<S> {
    /// The page that `query` asks for. `filters` are the other parameters: with others, the cursor is another list's.
    pub fn page(&self, query: &PageQuery, filters: &[Option<&str>]) -> Result<Paging> {
        let binding = binding(&self.scope(), self.path(), filters);
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
    /// The page as v3 prints it, where printing a record can fail.
    pub fn try_list<T, V>(
        &self,
        page: Page<T>,
        view: impl FnMut(T) -> Result<V>,
    ) -> Result<List<V>> {
        let items = page.items.into_iter().map(view).collect::<Result<_>>()?;
        Ok(self.list(
            Page {
                items,
                next: page.next,
            },
            |view| view,
        ))
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

    /// The page as v3 prints it.
    pub fn list<T, V>(&self, page: Page<T>, view: impl FnMut(T) -> V) -> List<V> {
        let next_cursor = page.next.as_ref().map(|sk| seal(sk, &self.binding));
        List {
            data: page.items.into_iter().map(view).collect(),
            has_more: next_cursor.is_some(),
            next_cursor,
        }
    }
}

fn binding(scope: &Scope, path: &str, filters: &[Option<&str>]) -> String {
    let mut digest = Sha256::new();
    digest.update(format!("{}#{}#{path}", scope.business, scope.mode.as_str()));
    for filter in filters {
        digest.update(format!(
            "#{}#",
            filter.map_or(-1, |text| i64::try_from(text.len()).unwrap_or(i64::MAX))
        ));
        digest.update(filter.unwrap_or_default());
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
        let here = binding(&scope(1, Mode::Test), "/v3/customers", &[Some("jo")]);
        let cursor = seal("0000000000000042", &here);
        assert_eq!(open(&cursor, &here).as_deref(), Some("0000000000000042"));
        let others = [
            binding(&scope(2, Mode::Test), "/v3/customers", &[Some("jo")]),
            binding(&scope(1, Mode::Live), "/v3/customers", &[Some("jo")]),
            binding(&scope(1, Mode::Test), "/v3/payments", &[Some("jo")]),
            binding(&scope(1, Mode::Test), "/v3/customers", &[None]),
            binding(&scope(1, Mode::Test), "/v3/customers", &[Some("jo"), None]),
        ];
        for other in others {
            assert_eq!(open(&cursor, &other), None);
        }
        for bad in ["", "x", "????", "AAAA"] {
            assert_eq!(open(bad, &here), None);
        }
    }
}
