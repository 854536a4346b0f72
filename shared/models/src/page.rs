//! One page of a list.

/// Records of one page, newest first, and where the next one begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The records.
    pub items: Vec<T>,
    /// The sort key of the last record looked at; `None` where nothing follows.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// The same page of something else.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(f).collect(),
            next: self.next,
        }
    }
}

/// The pages of a list, one after the other.
///
/// ```
/// # use models::page::{Page, Pages};
/// # let read = |_: &_| Page { items: vec![1], next: None };
/// let mut pages = Pages::of(100);
/// while let Some(request) = pages.request() {
///     let page = read(request);
///     for record in pages.turn(page) {
///         assert_eq!(record, 1);
///     }
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Pages(Option<PageRequest>);

impl Pages {
    /// From the first one, with up to `limit` records each.
    pub const fn of(limit: u32) -> Self {
        Self(Some(PageRequest { limit, after: None }))
    }

    /// What the next page is asked for with; `None` after the last one.
    pub const fn request(&self) -> Option<&PageRequest> {
        self.0.as_ref()
    }

    /// The records of the page that was asked for. There may be none although another page follows.
    pub fn turn<T>(&mut self, page: Page<T>) -> Vec<T> {
        let last = self.0.take();
        self.0 = last.zip(page.next).map(|(last, next)| PageRequest {
            limit: last.limit,
            after: Some(next),
        });
        page.items
    }
}

/// Which page is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PageRequest {
    /// Records wanted, 1 to 100.
    pub limit: u32,
    /// The sort key after which the page begins.
    pub after: Option<String>,
}
