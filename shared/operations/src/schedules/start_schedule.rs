//! A subscription that is paid by schedule begins.

use models::billing::{
    BillingCycle, CollectionMethod, Item, MissingPaymentMethod, NewSubscription, PaymentTerms,
    Plan, ScheduleRow, Subscription,
};
use models::crm::Customer;
use models::event::EventType;
use models::ids::{self, Id};
use models::{Error, Metadata, Money, Result, Timestamp, Zone};
use store::Writes;

use crate::Context;
use crate::schedules::grow_schedule::{MAX_NEW_ROWS, grow_schedule, set_next_billing, skip_past};

/// What is agreed upon.
#[derive(Debug, Clone)]
pub struct Agreement {
    /// Who pays.
    pub customer: Customer,
    /// The tier.
    pub plan: Plan,
    /// What each billing date costs.
    pub amount: Money,
    /// The first billing date: later than now, or earlier.
    pub start: Timestamp,
    /// The calendar of the business.
    pub zone: Zone,
    /// Where the addresses of payment pages begin.
    pub pages: String,
}

/// Adds the subscription and its first rows to `writes`: 1 item, and 1 for each row.
pub fn start_schedule(
    context: &Context,
    writes: &mut Writes<'_>,
    agreement: &Agreement,
    id: Id<ids::Subscription>,
    now: Timestamp,
) -> Result<(Subscription, Vec<ScheduleRow>)> {
    let plan = &agreement.plan;
    let cycle = BillingCycle::of(plan.price.interval, plan.price.interval_count)
        .ok_or_else(|| Error::internal("a tier without a billing period"))?;
    let terms = PaymentTerms::new(
        &plan.tier_terms(),
        agreement.amount,
        agreement.pages.clone(),
    );
    let new = NewSubscription {
        customer_id: agreement.customer.id,
        items: vec![Item {
            plan_id: plan.id.clone(),
            version: plan.version,
            price: plan.price.clone(),
            quantity: 1,
        }],
        billing_cycle: cycle,
        collection_method: CollectionMethod::PaymentSchedule,
        days_until_due: 0,
        payment_method_id: None,
        start: agreement.start,
        anchor: None,
        prorate_stub: false,
        trial_period_days: 0,
        missing_payment_method: MissingPaymentMethod::CreateInvoice,
        discount: None,
        tax_rates: Vec::new(),
        zone: agreement.zone.clone(),
        metadata: Metadata::new(),
    };
    let mut subscription = Subscription::scheduled(id, new, terms, now)?;
    let first = skip_past(&subscription, now)?;
    let rows = grow_schedule(context, &subscription, (first, MAX_NEW_ROWS), now)?;
    set_next_billing(&mut subscription, rows.iter().map(|row| row.scheduled_for))?;
    writes.create(&subscription, Some(EventType::SubscriptionCreated))?;
    for row in &rows {
        writes.create(row, None)?;
    }
    Ok((subscription, rows))
}
