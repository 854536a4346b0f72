//! Plans, subscriptions and invoices.

use models::billing::{CreditNote, Invoice, Plan, PlanVersion, Subscription};
use models::ids::{self, Id, Slug};
use models::page::{Page, PageRequest};
use models::{Result, Scope, Timestamp};

use crate::due::DueKind;
use crate::item::{Record, Stored};
use crate::keys::{self, Key};
use crate::list::{Filter, Range};
use crate::session::Session;

impl Record for Plan {
    const TYPE: &'static str = "plan";
    const NAMED: bool = true;

    fn key(&self, scope: &Scope) -> Key {
        keys::named(scope, &self.id)
    }

    fn deleted(&self) -> Option<Timestamp> {
        self.deleted
    }
}

impl Record for Subscription {
    const TYPE: &'static str = DueKind::Subscription.as_str();

    fn key(&self, scope: &Scope) -> Key {
        keys::record(scope, self.id)
    }

    fn parent(&self, scope: &Scope) -> Option<String> {
        Some(keys::of_customer::<ids::Subscription>(
            scope,
            self.customer_id,
        ))
    }

    fn due(&self) -> Option<Timestamp> {
        Self::due(self)
    }

    // One whose first payment was refused, where its caller wanted none without, never was.
    fn deleted(&self) -> Option<Timestamp> {
        self.deleted
    }
}

impl Record for Invoice {
    const TYPE: &'static str = DueKind::Invoice.as_str();

    fn key(&self, scope: &Scope) -> Key {
        keys::record(scope, self.id)
    }

    // What a subscription made is in that subscription's list.
    fn parent(&self, scope: &Scope) -> Option<String> {
        let written = self.identity().is_none();
        written.then(|| keys::of_customer::<ids::Invoice>(scope, self.customer_id))
    }

    fn due(&self) -> Option<Timestamp> {
        Self::due(self)
    }

    fn deleted(&self) -> Option<Timestamp> {
        self.deleted
    }
}

impl Record for CreditNote {
    const TYPE: &'static str = "cn";

    fn key(&self, scope: &Scope) -> Key {
        keys::record(scope, self.id)
    }

    fn parent(&self, scope: &Scope) -> Option<String> {
        Some(keys::credit_notes_of(scope, self.invoice_id))
    }
}

impl Record for PlanVersion {
    const TYPE: &'static str = "planv";

    fn key(&self, scope: &Scope) -> Key {
        keys::plan_version(scope, &self.plan.id, self.plan.version)
    }
}

impl Session {
    /// A plan as it was at an earlier version. One read.
    pub async fn plan_version(
        &self,
        id: &Slug<ids::Plan>,
        version: u32,
    ) -> Result<Option<Stored<PlanVersion>>> {
        self.load(&keys::plan_version(&self.scope(), id, version), false)
            .await
    }

    /// Subscriptions, newest first, of one customer or of all, in one status or in any.
    pub async fn subscriptions(
        &self,
        page: &PageRequest,
        customer: Option<Id<ids::Customer>>,
        status: Option<&str>,
    ) -> Result<Page<Stored<Subscription>>> {
        let mut filters = Vec::new();
        filters.extend(customer.map(|id| Filter::Equals("customer_id", id.to_string())));
        filters.extend(status.map(|status| Filter::Equals("status", status.to_owned())));
        // A status changes without the index hearing of it, so only the plain question goes there.
        let by_index = customer.filter(|_| status.is_none());
        self.of_customer_or_all::<ids::Subscription>(page, by_index, &filters)
            .await
    }

    /// Invoices as they are at this moment, those that are there. One call of a consistent read for each.
    pub async fn invoices_now(&self, ids: &[Id<ids::Invoice>]) -> Result<Vec<Stored<Invoice>>> {
        let scope = self.scope();
        let keys: Vec<_> = ids.iter().map(|id| keys::record(&scope, *id)).collect();
        let mut found = self.table().batch_get_now(&keys).await?;
        let mut invoices = Vec::with_capacity(keys.len());
        for key in &keys {
            invoices.extend(found.take(key)?);
        }
        Ok(invoices)
    }

    /// The next invoice number of that year: unique and rising. At most one write unit; those who ask at the same moment in
    /// one process share it.
    pub async fn next_invoice_number(&self, year: i16) -> Result<String> {
        let key = keys::invoice_counter(&self.scope(), year);
        let number = self.next_number(key).await?;
        Ok(format!("INV-{year}-{number:06}"))
    }

    /// The next credit note number of that year, as [`Session::next_invoice_number`].
    pub async fn next_credit_note_number(&self, year: i16) -> Result<String> {
        let key = keys::credit_note_counter(&self.scope(), year);
        let number = self.next_number(key).await?;
        Ok(format!("CN-{year}-{number:06}"))
    }

    /// Credit notes, newest first, of one invoice, of one customer or of all.
    pub async fn credit_notes(
        &self,
        page: &PageRequest,
        invoice: Option<Id<ids::Invoice>>,
        customer: Option<Id<ids::Customer>>,
    ) -> Result<Page<Stored<CreditNote>>> {
        let scope = self.scope();
        let all = keys::list::<ids::CreditNote>(&scope);
        if let Some(invoice) = invoice.filter(|_| customer.is_none()) {
            let parent = keys::credit_notes_of(&scope, invoice);
            return self.list_children(&parent, &all, page).await;
        }
        let mut filters = Vec::new();
        filters.extend(invoice.map(|id| Filter::Equals("invoice_id", id.to_string())));
        filters.extend(customer.map(|id| Filter::Equals("customer_id", id.to_string())));
        self.list_range(&Range::newest_first(all), page, &filters)
            .await
    }
}
