//! Finding a record by its id, and the records of a kind.

use models::ids::{self, Id, Kind, OfKind, OrNotFound, Slug};
use models::page::{Page, PageRequest};
use models::{Result, Scope, billing, crm, mail, members, messaging, payments, platform, webhooks};

use crate::item::{Record, Stored};
use crate::keys::{self, Key};
use crate::list::{Filter, Range, Span};
use crate::session::Session;

/// A kind of id under which there is one record in the table.
pub trait Entity: Kind {
    /// The record.
    type Record: Record;
    /// Whether a list begins with the newest. Where callers choose the ids, it is in their order.
    const NEWEST_FIRST: bool;
}

macro_rules! entities {
    (newest_first: $newest_first:literal, $($kind:ident => $record:ty,)*) => {$(
        impl Entity for ids::$kind {
            type Record = $record;
            const NEWEST_FIRST: bool = $newest_first;
        }
    )*};
}

entities! {
    newest_first: true,
    ApiKey => platform::ApiKey,
    Commission => members::Commission,
    CreditNote => billing::CreditNote,
    Customer => crm::Customer,
    Email => mail::Email,
    Event => webhooks::EventRecord,
    Invoice => billing::Invoice,
    Member => members::Member,
    Message => messaging::Message,
    OauthClient => platform::OauthClient,
    Payment => payments::Payment,
    PaymentMethod => payments::PaymentMethod,
    Subscription => billing::Subscription,
    TaxRate => billing::TaxRate,
    Webhook => webhooks::Endpoint,
}

entities! {
    newest_first: false,
    Coupon => billing::Coupon,
    Plan => billing::Plan,
}

/// An id that a record is found by.
pub trait RecordId: OfKind {
    /// The record.
    type Record: Record;

    /// Where it is.
    fn key(&self, scope: &Scope) -> Key;
}

impl<K: Entity> RecordId for Id<K> {
    type Record = K::Record;

    fn key(&self, scope: &Scope) -> Key {
        keys::record(scope, *self)
    }
}

impl<K: Entity> RecordId for Slug<K> {
    type Record = K::Record;

    fn key(&self, scope: &Scope) -> Key {
        keys::named(scope, self)
    }
}

impl<I: RecordId> RecordId for &I {
    type Record = I::Record;

    fn key(&self, scope: &Scope) -> Key {
        I::key(self, scope)
    }
}

impl Session {
    /// The record with that id. One read, which may be a moment old.
    pub async fn find<I: RecordId>(&self, id: I) -> Result<Option<Stored<I::Record>>> {
        self.load(&id.key(&self.scope()), false).await
    }

    /// The record with that id as it is at this moment: it is about to be changed, or a decision hangs on it. One consistent
    /// read.
    pub async fn find_now<I: RecordId>(&self, id: I) -> Result<Option<Stored<I::Record>>> {
        self.load(&id.key(&self.scope()), true).await
    }

    /// As [`Session::find`]; not found is an error.
    pub async fn require<I: RecordId>(&self, id: I) -> Result<Stored<I::Record>> {
        self.find(&id).await?.or_not_found(id)
    }

    /// As [`Session::find_now`]; not found is an error.
    pub async fn require_now<I: RecordId>(&self, id: I) -> Result<Stored<I::Record>> {
        self.find_now(&id).await?.or_not_found(id)
    }

    /// As [`Session::find_now`] for the id that the field at `pointer` gave; not found is an error that names the field.
    pub async fn require_at<I: RecordId>(
        &self,
        id: I,
        pointer: &'static str,
    ) -> Result<Stored<I::Record>> {
        self.find_now(&id).await?.or_no_such(id, pointer)
    }

    /// All records of a kind: newest first, or by name where callers name them.
    pub async fn list<K: Entity>(&self, page: &PageRequest) -> Result<Page<Stored<K::Record>>> {
        self.list_filtered::<K>(page, &[]).await
    }

    /// As [`Session::list`], without those that the filters leave out.
    pub(crate) async fn list_filtered<K: Entity>(
        &self,
        page: &PageRequest,
        filters: &[Filter],
    ) -> Result<Page<Stored<K::Record>>> {
        let range = Range {
            pk: keys::list::<K>(&self.scope()),
            span: Span::All,
            descending: K::NEWEST_FIRST,
        };
        self.list_range(&range, page, filters).await
    }

    /// Records of kind `K`: of one customer through index `by_parent`, or all, filtered.
    pub(crate) async fn of_customer_or_all<K: Entity>(
        &self,
        page: &PageRequest,
        customer: Option<Id<ids::Customer>>,
        filters: &[Filter],
    ) -> Result<Page<Stored<K::Record>>> {
        let scope = self.scope();
        let all = keys::list::<K>(&scope);
        match customer {
            Some(customer) => {
                self.list_children(&keys::of_customer::<K>(&scope, customer), &all, page)
                    .await
            }
            None => self.list_filtered::<K>(page, filters).await,
        }
    }
}
