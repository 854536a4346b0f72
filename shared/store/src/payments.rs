//! Payment methods, payments and refunds.

use models::ids::{self, Id};
use models::page::{Page, PageRequest};
use models::payments::{Payment, PaymentMethod, PaymentStatus, Refund, RefundStatus};
use models::{Result, Scope, Timestamp};

use crate::crm::TOMBSTONE_DAYS;
use crate::item::{Record, Stored};
use crate::keys::{self, Key};
use crate::list::{Filter, Range, Span};
use crate::session::Session;
use crate::table::backoff;

/// How long an answer of the gateway may take before somebody asks again.
const UNRESOLVED_SECONDS: i64 = 120;

impl Record for PaymentMethod {
    const TYPE: &'static str = "pm";

    fn key(&self, scope: &Scope) -> Key {
        keys::record(scope, self.id)
    }

    fn parent(&self, scope: &Scope) -> Option<String> {
        // A detached one leaves the list at once: else it would take up room on its customer's pages until it is removed.
        let listed = self.deleted.is_none();
        listed.then(|| keys::of_customer::<ids::PaymentMethod>(scope, self.customer_id))
    }

    fn expires(&self) -> Option<Timestamp> {
        self.deleted.map(|at| at.plus_days(TOMBSTONE_DAYS))
    }

    fn is_deleted(&self) -> bool {
        self.deleted.is_some()
    }
}

impl Record for Payment {
    const TYPE: &'static str = "pay";

    fn key(&self, scope: &Scope) -> Key {
        keys::record(scope, self.id)
    }

    fn parent(&self, scope: &Scope) -> Option<String> {
        self.customer_id
            .map(|customer| keys::of_customer::<ids::Payment>(scope, customer))
    }

    fn due(&self) -> Option<Timestamp> {
        // Whoever collects an invoice comes back to its payment; a payment on its own must find somebody itself.
        let alone = self.status == PaymentStatus::Processing && self.invoice_id.is_none();
        alone.then(|| self.created.plus_seconds(UNRESOLVED_SECONDS))
    }
}

impl Record for Refund {
    const TYPE: &'static str = "refund";

    fn key(&self, scope: &Scope) -> Key {
        keys::refund(scope, self.payment_id, self.id)
    }

    fn due(&self) -> Option<Timestamp> {
        (self.status == RefundStatus::Pending)
            .then(|| self.created.plus_seconds(UNRESOLVED_SECONDS))
    }
}

impl Session {
    /// A payment method. One read.
    pub async fn payment_method(
        &self,
        id: Id<ids::PaymentMethod>,
    ) -> Result<Option<Stored<PaymentMethod>>> {
        self.load(&keys::record(&self.scope(), id), false).await
    }

    /// A payment method as it is at this moment: it is about to be charged or changed. One consistent read.
    pub async fn payment_method_now(
        &self,
        id: Id<ids::PaymentMethod>,
    ) -> Result<Option<Stored<PaymentMethod>>> {
        self.load(&keys::record(&self.scope(), id), true).await
    }

    /// Payment methods, newest first, of one customer or of all.
    pub async fn payment_methods(
        &self,
        page: &PageRequest,
        customer: Option<Id<ids::Customer>>,
    ) -> Result<Page<Stored<PaymentMethod>>> {
        self.of_customer_or_all::<ids::PaymentMethod, _>(page, customer, &[])
            .await
    }

    /// A payment. One consistent read: money hangs on it.
    pub async fn payment(&self, id: Id<ids::Payment>) -> Result<Option<Stored<Payment>>> {
        self.load(&keys::record(&self.scope(), id), true).await
    }

    /// Payments, newest first, of one customer or of all, with that status where one is named.
    pub async fn payments(
        &self,
        page: &PageRequest,
        customer: Option<Id<ids::Customer>>,
        status: Option<PaymentStatus>,
    ) -> Result<Page<Stored<Payment>>> {
        let equals = status.map(|status| Filter::Equals("status", status.as_str().to_owned()));
        let found =
            self.of_customer_or_all::<ids::Payment, Payment>(page, customer, equals.as_slice());
        let mut found = found.await?;
        found
            .items
            .retain(|payment| status.is_none_or(|status| payment.status == status));
        Ok(found)
    }

    /// Waits before another try at a record that others change at the same moment: a random time, longer with each attempt,
    /// so that those who met once do not meet again.
    pub async fn make_way(&self, attempt: u32) {
        backoff(attempt).await;
    }

    /// A refund of a payment. One consistent read.
    pub async fn refund(
        &self,
        payment: Id<ids::Payment>,
        id: Id<ids::Refund>,
    ) -> Result<Option<Stored<Refund>>> {
        self.load(&keys::refund(&self.scope(), payment, id), true)
            .await
    }

    /// The refund under that key, which the due index gave.
    pub async fn refund_at(&self, key: &Key) -> Result<Option<Stored<Refund>>> {
        self.load(key, true).await
    }

    /// Refunds of a payment, newest first.
    pub async fn refunds(
        &self,
        payment: Id<ids::Payment>,
        page: &PageRequest,
    ) -> Result<Page<Stored<Refund>>> {
        let range = Range {
            pk: keys::children(&self.scope(), payment),
            span: Span::Prefix(keys::REFUND_PREFIX.to_owned()),
            descending: true,
        };
        self.list(&range, page, &[]).await
    }

    /// Records of kind `K`: of one customer through index `by_parent`, or all, filtered.
    pub(crate) async fn of_customer_or_all<K: ids::Kind, T: Record>(
        &self,
        page: &PageRequest,
        customer: Option<Id<ids::Customer>>,
        filters: &[Filter],
    ) -> Result<Page<Stored<T>>> {
        let scope = self.scope();
        let all = keys::list::<K>(&scope);
        match customer {
            Some(customer) => {
                self.list_children(&keys::of_customer::<K>(&scope, customer), &all, page)
                    .await
            }
            None => self.list(&Range::newest_first(all), page, filters).await,
        }
    }
}
