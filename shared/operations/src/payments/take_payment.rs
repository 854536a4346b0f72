//! A payment in two phases: the attempt is written down, then the gateway is asked, then its answer is written down.

use models::Result;
use models::event::EventType;
use models::ids::{self, Id};
use models::payments::{NewPayment, Payment, PaymentStatus};
use providers::gateway::Charge;
use store::{Retry, Stored};

use crate::Context;
use crate::context::missing_record;

/// Writes down a payment of a caller, with its idempotency key. The gateway has not been asked yet.
///
/// Two write units, for the payment and its place among what is due; one more with a customer (index), three with a key.
pub async fn begin_payment(context: &Context, new: NewPayment) -> Result<Stored<Payment>> {
    let now = context.now().await?;
    let gateway = context.gateway()?.name();
    let mut retry = Retry::of("the payment");
    loop {
        let id: Id<ids::Payment> = context.mint().await?;
        let payment = Payment::begin(id, new.clone(), gateway, now);
        let mut writes = context.writes().await?;
        let stored = writes.create(&payment, None)?;
        if context.begin(&writes, &id.to_string()).await? {
            return Ok(stored);
        }
        retry.again().await?;
    }
}

/// Asks the gateway and writes its answer down; a payment that it has no answer to yet stays as it is. Called again, it asks
/// again with the same key and changes nothing.
pub async fn resolve_payment(context: &Context, mut stored: Stored<Payment>) -> Result<Payment> {
    loop {
        if stored.status != PaymentStatus::Processing {
            return Ok(stored.into_inner());
        }
        let key = stored.id.to_string();
        let charge = Charge {
            idempotency_key: &key,
            card: &stored.card,
            amount: stored.amount,
        };
        let outcome = context.gateway()?.charge(charge).await?;
        let mut payment = (*stored).clone();
        if !payment.resolve(outcome)? {
            return Ok(payment);
        }
        let event = match payment.status {
            PaymentStatus::Succeeded => EventType::PaymentSucceeded,
            PaymentStatus::Failed | PaymentStatus::Processing => EventType::PaymentFailed,
        };
        let mut writes = context.writes().await?;
        writes.update(&stored, &payment, Some(event))?;
        if context.write(&writes).await? {
            return Ok(payment);
        }
        // Somebody else wrote the answer down, and it is the same one: the gateway knows the key.
        stored = reload(context, stored.id).await?;
    }
}

async fn reload(context: &Context, id: Id<ids::Payment>) -> Result<Stored<Payment>> {
    context
        .find_now(id)
        .await?
        .ok_or_else(|| missing_record(id))
}
