//! What a subscription was waiting for has come: bill it, end it, announce it, or give its first payment up.

use models::billing::{AnchorChange, DueAction, ProrationBehavior, Resumption, Subscription};
use models::event::EventType;
use models::ids::{self, Id};
use models::{Error, Result, Timestamp};
use store::{Stored, Writes};

use crate::Context;
use crate::customers::delete_customer::end;
use crate::invoicing::issue_invoice::CUSTOMER;
use crate::invoicing::stop_collection::stop_collection;
use crate::invoicing::undo_invoice::undo_invoice;
use crate::schedules::run_schedule::follow_subscription;
use crate::subscriptions::bill_subscription::bill_subscription;
use crate::subscriptions::pending_update::drop_update;
use crate::subscriptions::prorate::resume;

/// Periods that one run catches up with after an outage; the next tick goes on with the rest.
const MAX_TURNS: u32 = 36;
/// A pause that ends by itself ends as one does that somebody ends and says no more.
const ANEW: Resumption = Resumption {
    anchor: AnchorChange::Now,
    proration: ProrationBehavior::CreateProrations,
};

/// Does all that is due to a subscription at `at`, missed periods in order. Doing it twice does it once.
///
/// Budget of a plain renewal besides the payment: 5 round trips and 6 read units (the subscription; then account, settings,
/// customer, invoice and payment method with one call), and in a batch of ten 4.1 write units: the invoice 1, the subscription 1
/// and its move in the due index 2, and a tenth of the number, which who comes alone pays in full. Each tenth renewal after the
/// eleventh puts aside a page of invoices for 1 more.
pub async fn run_subscription(
    context: &Context,
    id: Id<ids::Subscription>,
    at: Timestamp,
) -> Result<()> {
    context.expect_number(true)?;
    let done = turns(context, id, at).await;
    context.expect_number(false)?;
    done
}

async fn turns(context: &Context, id: Id<ids::Subscription>, at: Timestamp) -> Result<()> {
    let mut resumed = false;
    for _ in 0..MAX_TURNS {
        let Some(stored) = context.find_now(id).await? else {
            return Ok(());
        };
        let mut subscription = (*stored).clone();
        let mut writes = context.writes().await?;
        // What a resumption owes waits for whoever resumed it, and that was us.
        let owed = stored.owed()?.filter(|_| resumed);
        let turn = match owed {
            Some(bill) => DueAction::Bill(Box::new(bill)),
            None => stored.turn(at)?,
        };
        match turn {
            DueAction::Nothing => return Ok(()),
            DueAction::Follow => {
                Box::pin(follow_subscription(context, id)).await?;
                continue;
            }
            // Where it is due again, or somebody else moved it, the next round looks at what it wants then.
            DueAction::Bill(bill) => {
                let billed = Box::pin(bill_subscription(context, &stored, &bill));
                let billed = match billed.await {
                    // Nobody is left to bill.
                    Err(Error::NotFound { what: CUSTOMER, .. }) => {
                        return end(context, id, at).await;
                    }
                    billed => billed?,
                };
                match billed {
                    Some(moved) if moved.due().is_none_or(|due| due > at) => return Ok(()),
                    Some(_) | None => continue,
                }
            }
            DueAction::AnnounceTrial => {
                subscription.trial_announced = true;
                let event = Some(EventType::SubscriptionTrialWillEnd);
                writes.update(&stored, &subscription, event)?;
            }
            DueAction::Resume => {
                let now = stored.resumes_at.unwrap_or(at);
                let resumed_at = resume(context, &stored, ANEW, now);
                let prorated = Box::pin(resumed_at).await?;
                prorated.put_invoices(&mut writes)?;
                subscription = prorated.subscription;
                writes.update(&stored, &subscription, told(&subscription))?;
                resumed = true;
            }
            DueAction::Cancel => {
                subscription.end(stored.period.end);
                let event = Some(EventType::SubscriptionCanceled);
                writes.update(&stored, &subscription, event)?;
                stop_collection(context, &mut writes, &stored, &[]).await?;
            }
            DueAction::DropUpdate => {
                if !drop_update(context, &mut writes, &stored, at).await? {
                    return Ok(());
                }
            }
            DueAction::Expire => {
                if !expire(context, &mut writes, &stored, at).await? {
                    return Ok(());
                }
            }
        }
        context.write(&writes).await?;
    }
    Ok(())
}

/// Where something is billed at once, the event travels with the bill.
fn told(subscription: &Subscription) -> Option<EventType> {
    let waits = subscription.bill_now.is_some();
    (!waits).then_some(EventType::SubscriptionResumed)
}

/// The first payment never came: the subscription ends, and nothing is owed for it. `false` says that a payment is still
/// under way: what it brings must find a subscription.
async fn expire(
    context: &Context,
    writes: &mut Writes<'_>,
    stored: &Stored<Subscription>,
    at: Timestamp,
) -> Result<bool> {
    let mut subscription = (**stored).clone();
    subscription.expire(at);
    writes.update(stored, &subscription, Some(EventType::SubscriptionUpdated))?;
    let Some(id) = subscription.latest_invoice else {
        return Ok(true);
    };
    let Some(stored) = context.find_now(id).await? else {
        return Ok(true);
    };
    undo_invoice(context, writes, &stored, at).await
}

/// Nothing is owed of the newest invoice any more, where it is open and nobody knows of a payment under way.
pub async fn undo_latest(
    context: &Context,
    writes: &mut Writes<'_>,
    subscription: &Subscription,
    at: Timestamp,
) -> Result<()> {
    let Some(id) = subscription.latest_invoice else {
        return Ok(());
    };
    let Some(stored) = context.find_now(id).await? else {
        return Ok(());
    };
    undo_invoice(context, writes, &stored, at).await?;
    Ok(())
}
