//! A customer leaves: its subscriptions end at once, as in Stripe, and then the record goes.

use models::Result;
use models::billing::SubscriptionStatus;
use models::crm::Customer;
use models::event::EventType;
use models::ids::{self, Id};
use models::page::Pages;
use store::Stored;

use crate::Context;
use crate::invoicing::stop_collection::stop_collection;
use crate::subscriptions::pending_update::drop_pending_update;
use crate::subscriptions::run_subscription::undo_latest;

/// Ends the running subscriptions of a customer, one write each; there is nobody left to bill. Called again, it finds none.
pub async fn delete_customer(context: &Context, id: Id<ids::Customer>) -> Result<Stored<Customer>> {
    context.require_now(id).await?;
    end_subscriptions(context, id).await?;
    // What ended may have given something to its balance.
    context.require_now(id).await
}

/// Ends the running subscriptions of a customer. Once it is deleted there come no others, but some may have come while it was being
/// deleted: whoever deleted it looks again, and a renewal ends what an index did not show yet.
pub async fn end_subscriptions(context: &Context, id: Id<ids::Customer>) -> Result<()> {
    let now = context.now().await?;
    let mut pages = Pages::of(100);
    while let Some(request) = pages.request() {
        let page = context.subscriptions(request, Some(id), None).await?;
        let running = pages.turn(page).into_iter();
        for subscription in running.filter(|one| !one.status.is_over()) {
            end(context, subscription.id, now).await?;
        }
    }
    Ok(())
}

/// What waits for a payment does not come about any more: 409 where one is under way.
pub(crate) async fn end(
    context: &Context,
    id: Id<ids::Subscription>,
    now: models::Timestamp,
) -> Result<()> {
    loop {
        let Some(stored) = context.find_now(id).await? else {
            return Ok(());
        };
        if stored.status.is_over() {
            return Ok(());
        }
        if stored.pending_update.is_some() {
            drop_pending_update(context, id).await?;
            continue;
        }
        let mut subscription = (*stored).clone();
        subscription.end(now);
        let mut writes = context.writes().await?;
        writes.update(
            &stored,
            &subscription,
            Some(EventType::SubscriptionCanceled),
        )?;
        if stored.status == SubscriptionStatus::Incomplete {
            undo_latest(context, &mut writes, &stored, now).await?;
        } else {
            stop_collection(context, &mut writes, &stored, &[]).await?;
        }
        if context.write(&writes).await? {
            return Ok(());
        }
    }
}
