//! Customers.

use models::crm::Customer;
use models::ids;
use models::page::{Page, PageRequest};
use models::text::folded;
use models::{Result, Scope, Timestamp};

use crate::item::{Record, Stored};
use crate::keys::{self, Key};
use crate::list::{Filter, Range, Span};
use crate::session::Session;

impl Record for Customer {
    const TYPE: &'static str = "cust";

    fn key(&self, scope: &Scope) -> Key {
        keys::record(scope, self.id)
    }

    fn parent(&self, scope: &Scope) -> Option<String> {
        let email = self.profile.email.as_deref()?;
        Some(keys::customers_of_email(scope, email))
    }

    fn deleted(&self) -> Option<Timestamp> {
        self.deleted
    }
}

impl Session {
    /// Customers, newest first: those that `query` asks for. One query, or for an e-mail address one query and one read of the
    /// records; up to 10 with `search` or `phone_digits`.
    pub async fn customers(
        &self,
        page: &PageRequest,
        query: &CustomerQuery<'_>,
    ) -> Result<Page<Stored<Customer>>> {
        let scope = self.scope();
        let pk = keys::list::<ids::Customer>(&scope);
        let Some(email) = query.email else {
            let range = Range {
                span: Span::of_window::<ids::Customer>(query.since, query.until)?,
                ..Range::newest_first(pk)
            };
            return self.list_range(&range, page, &query.filters()).await;
        };
        let parent = keys::customers_of_email(&scope, email);
        let mut found: Page<Stored<Customer>> = self.list_children(&parent, &pk, page).await?;
        found.items.retain(|customer| query.has(customer));
        Ok(found)
    }
}

/// Which customers a list has.
#[derive(Debug, Clone, Copy, Default)]
pub struct CustomerQuery<'q> {
    /// Text in names, e-mail address, phone number or company.
    pub search: Option<&'q str>,
    /// The e-mail address, whatever its case.
    pub email: Option<&'q str>,
    /// Digits in the phone number.
    pub phone_digits: Option<&'q str>,
    /// Created from then on.
    pub since: Option<Timestamp>,
    /// Created up to then.
    pub until: Option<Timestamp>,
}

impl CustomerQuery<'_> {
    fn words(&self) -> impl Iterator<Item = String> {
        let search = self.search.map(folded);
        search
            .into_iter()
            .chain(self.phone_digits.map(str::to_owned))
    }

    fn filters(&self) -> Vec<Filter> {
        self.words()
            .map(|text| Filter::Contains("words", text))
            .collect()
    }

    fn has(&self, customer: &Customer) -> bool {
        // The index may be a moment behind the record.
        let email = customer.profile.email.as_deref().map(folded);
        self.email.map(folded) == email
            && self.words().all(|text| customer.words.contains(&text))
            && self.since.is_none_or(|at| customer.created >= at)
            && self.until.is_none_or(|at| customer.created <= at)
    }
}
