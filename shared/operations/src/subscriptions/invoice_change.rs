//! A change of an invoice, and what follows from it in the same write: what the customer's balance holds, and where the
//! subscription stands.

use models::billing::{
    AfterRetries, BillingReason, Invoice, InvoiceStatus, Subscription, SubscriptionStatus,
};
use models::event::EventType;
use models::{Money, Result, Timestamp};
use store::{Stored, Writes};

use crate::Context;
use crate::invoicing::commission::accrue;
use crate::invoicing::parties::{Parties, update_credit};
use crate::invoicing::stop_collection::stop_collection;
use crate::schedules::row_payment::sync_row;

/// An invoice before and after, and what happened.
#[derive(Debug)]
pub struct InvoiceChange<'a> {
    /// As it was read.
    pub before: &'a Stored<Invoice>,
    /// As it is to be.
    pub after: &'a Invoice,
    /// What is told of it.
    pub events: &'a [EventType],
    /// The customer as it was read, and what the business decided.
    pub parties: &'a Parties,
    /// What the customer's balance holds then.
    pub credit: Money,
    /// Whether its subscription follows: not while that is being billed, which says itself where it stands then.
    pub follows: bool,
}

impl InvoiceChange<'_> {
    /// The writes: 1 item, 1 more where the customer's balance changes, and where its subscription follows 1 read and 1 item;
    /// where a partner earns from it 2 reads and 1 item.
    pub async fn writes<'c>(&self, context: &'c Context) -> Result<Writes<'c>> {
        let mut writes = context.writes().await?;
        writes.update_after(self.before, self.after, self.events)?;
        update_credit(&mut writes, self.parties, self.credit)?;
        accrue(context, &mut writes, Some(self.before), self.after).await?;
        if self.follows {
            self.follow(context, &mut writes).await?;
        }
        Ok(writes)
    }

    /// The subscription heals or falls behind with its newest invoice; older ones say nothing of how it stands now. It ends,
    /// or is collected no more, with any invoice whose retries came to their end. A payment that somebody asked for heals,
    /// and does not make it fall behind. A change that waits for its payment takes place with that, and nothing else
    /// follows from it.
    async fn follow(&self, context: &Context, writes: &mut Writes<'_>) -> Result<()> {
        let Some(id) = self.after.subscription_id else {
            return Ok(());
        };
        if self.after.billing_reason == BillingReason::PaymentSchedule {
            return sync_row(context, writes, self.before.status, self.after).await;
        }
        let open = self.after.status == InvoiceStatus::Open;
        let manual = self.before.processing.is_some_and(|attempt| attempt.manual);
        let paid =
            self.after.status != self.before.status && self.after.status == InvoiceStatus::Paid;
        let behind = open && !manual && (self.after.is_refused() || self.after.overdue);
        let gone = open && self.after.exhausted && !self.before.exhausted;
        if !(paid || behind || gone) {
            return Ok(());
        }
        let Some(stored) = context.find_now(id).await? else {
            return Ok(());
        };
        let newest = stored.latest_invoice == Some(self.after.id);
        let mut subscription = (*stored).clone();
        let event = if stored.awaits(self.after.id) {
            let applies = paid && subscription.invoice_paid(self.after.id);
            applies.then_some(EventType::SubscriptionUpdated)
        } else if gone && stored.status != SubscriptionStatus::Incomplete {
            let after = self.parties.settings.after_retries;
            give_up(after, &mut subscription, context.now().await?)
        } else if paid && subscription.invoice_paid(self.after.id) {
            Some(EventType::SubscriptionUpdated)
        } else if newest && behind && subscription.fell_behind() {
            Some(EventType::SubscriptionPastDue)
        } else {
            None
        };
        if event.is_none() {
            return Ok(());
        }
        if subscription.status.is_over() && !stored.status.is_over() {
            stop_collection(context, writes, &stored, &[self.after.id]).await?;
        }
        writes.update(&stored, &subscription, event)
    }
}

/// What the business wants after the last retry.
pub(crate) fn give_up(
    after: AfterRetries,
    subscription: &mut Subscription,
    now: Timestamp,
) -> Option<EventType> {
    match after {
        AfterRetries::Cancel => subscription
            .gave_up(true, now)
            .then_some(EventType::SubscriptionCanceled),
        AfterRetries::Unpaid => subscription
            .gave_up(false, now)
            .then_some(EventType::SubscriptionUpdated),
        AfterRetries::PastDue => subscription
            .fell_behind()
            .then_some(EventType::SubscriptionPastDue),
    }
}
