//! What a subscription was waiting for has come: bill it, end it, or give its first payment up.

use models::billing::{Subscription, Turn};
use models::event::EventType;
use models::ids::{self, Id};
use models::{Result, Timestamp};
use store::{Stored, Writes};

use crate::Context;
use crate::bill_subscription::bill_subscription;

/// Periods that one run catches up with after an outage; the next tick goes on with the rest.
const MAX_TURNS: u32 = 36;

/// Does all that is due to a subscription at `at`, missed periods in order. Doing it twice does it once.
///
/// Budget of a plain renewal: 4 read units (subscription, invoice, customer, payment method) and 10 write units: number 1;
/// invoice 1, its place in the customer's list 1, and 1 when it is paid; payment 1, its place 1, and 1 with its outcome;
/// subscription 1 and its move in the due index 2.
pub async fn run_subscription(
    context: &Context,
    id: Id<ids::Subscription>,
    at: Timestamp,
) -> Result<()> {
    for _ in 0..MAX_TURNS {
        let Some(stored) = context.subscription_now(id).await? else {
            return Ok(());
        };
        let mut writes = context.writes().await?;
        match stored.turn(at)? {
            Turn::Nothing => return Ok(()),
            // Where it is due again, or somebody else moved it, the next round looks at what it wants then.
            Turn::Bill(bill) => match bill_subscription(context, &stored, &bill).await? {
                Some(moved) if moved.due().is_none_or(|due| due > at) => return Ok(()),
                Some(_) | None => continue,
            },
            Turn::Cancel => {
                let mut subscription = (*stored).clone();
                subscription.end(stored.period.end);
                let event = Some(EventType::SubscriptionCanceled);
                writes.update(&stored, &subscription, event)?;
            }
            Turn::Expire => expire(context, &mut writes, &stored, at).await?,
        }
        context.write(&writes).await?;
    }
    Ok(())
}

/// The first payment never came: the subscription ends, and nothing is owed for it.
async fn expire(
    context: &Context,
    writes: &mut Writes<'_>,
    stored: &Stored<Subscription>,
    at: Timestamp,
) -> Result<()> {
    let mut subscription = (**stored).clone();
    subscription.expire(at);
    writes.update(stored, &subscription, Some(EventType::SubscriptionUpdated))?;
    void_invoice(context, writes, &subscription, at).await
}

/// Voids the newest invoice where it is open.
pub(crate) async fn void_invoice(
    context: &Context,
    writes: &mut Writes<'_>,
    subscription: &Subscription,
    at: Timestamp,
) -> Result<()> {
    let Some(id) = subscription.latest_invoice else {
        return Ok(());
    };
    let Some(stored) = context.invoice(id).await? else {
        return Ok(());
    };
    let mut invoice = (*stored).clone();
    if invoice.void(at) {
        writes.update(&stored, &invoice, Some(EventType::InvoiceVoided))?;
    }
    Ok(())
}
