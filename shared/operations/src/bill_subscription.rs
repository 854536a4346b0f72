//! One period of a subscription: its invoice, its payment, and the step to that period.

use models::Result;
use models::billing::{Bill, BillingReason, InvoiceStatus, Subscription, SubscriptionStatus};
use models::event::EventType;
use store::Stored;

use crate::Context;
use crate::collect_invoice::collect_invoice;
use crate::issue_invoice::issue_invoice;

/// Bills a period and moves the subscription to it. `None` where somebody else moved it meanwhile: read it again.
///
/// The subscription moves last, so that until then it is still due and a run that dies is repeated.
pub async fn bill_subscription(
    context: &Context,
    stored: &Stored<Subscription>,
    bill: &Bill,
) -> Result<Option<Subscription>> {
    let issued = issue_invoice(context, stored, bill).await?;
    // An earlier run may have died after its attempt: a refusal is not asked for twice in the same turn.
    let invoice = if issued.attempt_count == 0 {
        collect_invoice(context, issued, stored).await?
    } else {
        issued.into_inner()
    };
    let mut subscription = (**stored).clone();
    subscription.billed(bill, invoice.id, invoice.refused());
    if invoice.status == InvoiceStatus::Paid {
        subscription.paid();
    }
    // Its creation is told once, when it is known how it began.
    let event = match (bill.reason, subscription.status) {
        (BillingReason::SubscriptionCreate, _) => EventType::SubscriptionCreated,
        (BillingReason::SubscriptionCycle, SubscriptionStatus::PastDue)
            if stored.status != SubscriptionStatus::PastDue =>
        {
            EventType::SubscriptionPastDue
        }
        (BillingReason::SubscriptionCycle, _) => EventType::SubscriptionUpdated,
    };
    let mut writes = context.writes().await?;
    writes.update(stored, &subscription, Some(event))?;
    Ok(context.write(&writes).await?.then_some(subscription))
}
