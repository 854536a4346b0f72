//! Payment methods, payments and refunds.

use models::billing::Invoice;
use models::ids::{self, Id};
use models::page::{Page, PageRequest};
use models::payments::{Payment, PaymentMethod, PaymentStatus, Refund, RefundStatus};
use models::{Error, Result, Scope, Timestamp};

use crate::due::DueKind;
use crate::item::{Record, Stored};
use crate::keys::{self, Key};
use crate::list::{Filter, Range, Span};
use crate::session::Session;

/// Payments of a customer of which one request looks whether they are an invoice's: the page is then short, and its cursor goes on.
const MAX_LOOKED_AT: u32 = 1_000;
/// Records that DynamoDB reads at once.
const BATCH: u32 = 100;

/// How long an answer of the gateway may take before somebody asks again.
const UNRESOLVED_SECONDS: i64 = 120;

impl Record for PaymentMethod {
    const TYPE: &'static str = "pm";

    fn key(&self, scope: &Scope) -> Key {
        keys::record(scope, self.id)
    }

    fn parent(&self, scope: &Scope) -> Option<String> {
        Some(keys::of_customer::<ids::PaymentMethod>(
            scope,
            self.customer_id,
        ))
    }

    fn deleted(&self) -> Option<Timestamp> {
        self.deleted
    }
}

impl Record for Payment {
    const TYPE: &'static str = DueKind::Payment.as_str();

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
    const TYPE: &'static str = DueKind::Refund.as_str();

    fn key(&self, scope: &Scope) -> Key {
        keys::refund(scope, self.payment_id, self.id)
    }

    fn due(&self) -> Option<Timestamp> {
        (self.status == RefundStatus::Pending)
            .then(|| self.created.plus_seconds(UNRESOLVED_SECONDS))
    }
}

impl Session {
    /// Payment methods, newest first, of one customer or of all.
    pub async fn payment_methods(
        &self,
        page: &PageRequest,
        customer: Option<Id<ids::Customer>>,
    ) -> Result<Page<Stored<PaymentMethod>>> {
        self.of_customer_or_all::<ids::PaymentMethod>(page, customer, &[])
            .await
    }

    /// Payments, newest first, of one customer or of all, with that status where one is named.
    pub async fn payments(
        &self,
        page: &PageRequest,
        customer: Option<Id<ids::Customer>>,
        status: Option<PaymentStatus>,
    ) -> Result<Page<Stored<Payment>>> {
        let equals = status.map(|status| Filter::Equals("status", status.as_str().to_owned()));
        let found = self.of_customer_or_all::<ids::Payment>(page, customer, equals.as_slice());
        let mut found = found.await?;
        found
            .items
            .retain(|payment| status.is_none_or(|status| payment.status == status));
        Ok(found)
    }

    /// Payments of an invoice, where it is that customer's, newest first, with that status where one is named. The customer's are
    /// looked through, so those are among them that the invoice does not know any more.
    pub async fn payments_of_invoice(
        &self,
        page: &PageRequest,
        id: Id<ids::Invoice>,
        customer: Option<Id<ids::Customer>>,
        status: Option<PaymentStatus>,
    ) -> Result<Page<Stored<Payment>>> {
        let invoice = self.find(id).await?;
        let of = |invoice: &Stored<Invoice>| customer.is_none_or(|id| invoice.customer_id == id);
        let Some(invoice) = invoice.filter(of) else {
            return Ok(Page {
                items: Vec::new(),
                next: None,
            });
        };
        let scope = self.scope();
        let pk = keys::list::<ids::Payment>(&scope);
        let parent = keys::of_customer::<ids::Payment>(&scope, invoice.customer_id);
        let limit = usize::try_from(page.limit).map_err(Error::internal)?;
        let mut items: Vec<Stored<Payment>> = Vec::new();
        let mut request = PageRequest {
            limit: BATCH,
            after: page.after.clone(),
        };
        let mut looked_at = 0;
        while items.len() <= limit && looked_at < MAX_LOOKED_AT {
            let read: Page<Stored<Payment>> = self.list_children(&parent, &pk, &request).await?;
            let wanted = |payment: &Stored<Payment>| {
                payment.invoice_id == Some(id)
                    && status.is_none_or(|status| payment.status == status)
            };
            items.extend(read.items.into_iter().filter(wanted));
            looked_at = looked_at.saturating_add(BATCH);
            request.after = read.next;
            if request.after.is_none() {
                break;
            }
        }
        let mut next = request.after;
        if items.len() > limit {
            items.truncate(limit);
            next = items.last().map(|payment| payment.id.digits());
        }
        Ok(Page { items, next })
    }

    /// Payments as they are at this moment, in that order. One call of a consistent read for each, at most a hundred.
    pub async fn payments_now(&self, ids: &[Id<ids::Payment>]) -> Result<Vec<Stored<Payment>>> {
        let scope = self.scope();
        let keys: Vec<_> = ids.iter().map(|id| keys::record(&scope, *id)).collect();
        let mut found = self.table().batch_get_now(&keys).await?;
        let mut payments = Vec::with_capacity(keys.len());
        for (id, key) in ids.iter().zip(&keys) {
            let payment = found.take(key)?;
            let vanished = || Error::internal(format_args!("{id} has vanished"));
            payments.push(payment.ok_or_else(vanished)?);
        }
        Ok(payments)
    }

    /// A refund of a payment. One consistent read.
    pub async fn refund_now(
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
        self.list_range(&range, page, &[]).await
    }
}
