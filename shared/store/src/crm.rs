//! Customers.

use models::crm::Customer;
use models::ids::{self, Id};
use models::page::{Page, PageRequest};
use models::{Result, Scope, Timestamp};

use crate::item::{Record, Stored};
use crate::keys::{self, Key};
use crate::list::{Filter, Range};
use crate::session::Session;

/// How long a deleted record stays for the relay, and for whoever wants to know what it was.
pub(crate) const TOMBSTONE_DAYS: i64 = 30;

impl Record for Customer {
    const TYPE: &'static str = "cust";

    fn key(&self, scope: &Scope) -> Key {
        keys::record(scope, self.id)
    }

    fn expires(&self) -> Option<Timestamp> {
        self.deleted.map(|at| at.plus_days(TOMBSTONE_DAYS))
    }

    fn is_deleted(&self) -> bool {
        self.deleted.is_some()
    }
}

impl Session {
    /// A customer. One read.
    pub async fn customer(&self, id: Id<ids::Customer>) -> Result<Option<Stored<Customer>>> {
        self.load(&keys::record(&self.scope(), id), false).await
    }

    /// A customer as it is at this moment: it is about to be changed, or something is made for it. One consistent read.
    pub async fn customer_now(&self, id: Id<ids::Customer>) -> Result<Option<Stored<Customer>>> {
        self.load(&keys::record(&self.scope(), id), true).await
    }

    /// Customers, newest first; those whose name, e-mail or company contains `search` where it is given.
    pub async fn customers(
        &self,
        page: &PageRequest,
        search: Option<&str>,
    ) -> Result<Page<Stored<Customer>>> {
        let range = Range::newest_first(keys::list::<ids::Customer>(&self.scope()));
        let filter = search.map(|text| Filter::Contains("words", text.to_lowercase()));
        self.list(&range, page, filter.as_slice()).await
    }
}
