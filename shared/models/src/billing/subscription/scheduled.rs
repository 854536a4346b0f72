//! A subscription that is paid by schedule: its rows are billed one by one, never its periods.

use super::{CollectionMethod, NewSubscription, Subscription, SubscriptionStatus};
use crate::billing::{
    Basis, Bill, BillingReason, Charge, LineItem, NewInvoice, Party, PaymentTerms, ScheduleRow,
};
use crate::error::{Error, Result};
use crate::ids::{self, Id};
use crate::metadata::Metadata;
use crate::time::Timestamp;

impl Subscription {
    /// A new subscription that is paid by schedule. It is active from the start: what is owed says each row.
    pub fn scheduled(
        id: Id<ids::Subscription>,
        new: NewSubscription,
        terms: PaymentTerms,
        now: Timestamp,
    ) -> Result<Self> {
        let new = NewSubscription {
            collection_method: CollectionMethod::PaymentSchedule,
            trial_period_days: 0,
            anchor: None,
            ..new
        };
        let mut subscription = Self::start(id, new, now)?;
        subscription.status = SubscriptionStatus::Active;
        subscription.bill_now = None;
        subscription.next_invoice = None;
        subscription.tells = None;
        subscription.resumes_at = None;
        subscription.schedule = Some(terms);
        Ok(subscription)
    }

    /// A 409 for what can only be done to a subscription that is billed by periods.
    pub fn refuse_if_scheduled(&self, what: &str) -> Result<()> {
        if self.schedule.is_none() {
            return Ok(());
        }
        let detail = format!(
            "subscription {} is paid by schedule, so it cannot be {what}",
            self.id
        );
        Err(Error::conflict("paid_by_schedule", detail))
    }

    /// Says that its rows are behind: whoever changed it brings them along, and a worker does where that one died.
    pub fn call_rows(&mut self, now: Timestamp) {
        if let Some(terms) = &mut self.schedule {
            terms.stale_since = Some(now);
        }
    }

    /// The pause is over. What fell behind before it still is.
    pub(super) fn resume_schedule(&mut self, now: Timestamp) {
        let behind = self
            .schedule
            .as_ref()
            .is_some_and(|terms| terms.overdue > 0);
        self.status = if behind {
            SubscriptionStatus::PastDue
        } else {
            SubscriptionStatus::Active
        };
        self.call_rows(now);
    }

    /// A row's grace ended without a payment. Returns whether the subscription falls behind by it.
    pub fn row_expired(&mut self) -> bool {
        if let Some(terms) = &mut self.schedule {
            terms.overdue = terms.overdue.saturating_add(1);
        }
        self.fell_behind()
    }

    /// A row that had expired is no longer owed, or its day is still to come. Returns whether the subscription heals by it.
    pub fn row_healed(&mut self) -> bool {
        let Some(terms) = &mut self.schedule else {
            return false;
        };
        terms.overdue = terms.overdue.saturating_sub(1);
        terms.overdue == 0 && self.paid()
    }

    /// A row was paid: the subscription's period is that row's.
    pub fn row_paid(&mut self, row: &ScheduleRow, bill: &Bill, at: Timestamp) -> Result<()> {
        if row.expired_at.is_some() {
            self.row_healed();
        }
        let start = self.hour_of(row.slot)?;
        if start >= self.period.start {
            self.period.start = start;
            self.period.end = bill.period.end.max(start);
            self.period_index = row.order.unwrap_or(self.period_index);
        }
        if let Some(terms) = &mut self.schedule {
            terms.last_billed = terms.last_billed.max(Some(at));
        }
        Ok(())
    }

    /// Takes in the invoice of a row, once.
    pub fn take_in_row(&mut self, invoice: Id<ids::Invoice>) {
        self.take_in(invoice);
    }

    /// The invoice of a row.
    pub fn row_invoice(
        &self,
        row: &ScheduleRow,
        bill: &Bill,
        now: Timestamp,
    ) -> Result<NewInvoice> {
        // One that is made early, because somebody pays ahead, is due on the row's day all the same.
        let ahead = self.zone.days_between(now, row.payable_at)?.max(0);
        let main = self.main()?;
        let basis = Basis {
            charge: Charge::flat(row.amount.decimal()),
            ..Basis::default()
        };
        let description = format!("{} ({})", main.price.name, row.scheduled_for);
        let currency = row.amount.currency();
        let line = LineItem::new(description, rust_decimal::Decimal::ONE, basis, currency)?;
        Ok(NewInvoice {
            customer_id: self.customer_id,
            subscription_id: Some(self.id),
            billing_reason: BillingReason::PaymentSchedule,
            revision: bill.revision,
            currency,
            lines: vec![LineItem {
                plan_id: Some(main.plan_id.clone()),
                tax_behavior: main.price.tax_behavior,
                ..line
            }],
            discount: None,
            rates: Vec::new(),
            period: bill.period,
            collection_method: CollectionMethod::PaymentSchedule,
            days_until_due: u32::try_from(ahead).map_err(Error::internal)?,
            seller: Party::default(),
            customer: Party::default(),
            footer: None,
            metadata: Metadata::new(),
        })
    }
}
