//! A payment in two phases: the attempt is written down, then the gateway is asked, then its answer is written down.

use models::Result;
use models::event::EventType;
use models::ids::{self, Id};
use models::payments::{Lease, NewPayment, Outcome, Payment, PaymentStatus};
use providers::gateway::Charge;
use store::{Retry, Stored};

use crate::Context;
use crate::context::missing_record;
use crate::payments::lease::{Ask, Leased, Resolved, Turn, in_time, take_lease};

/// Writes down a payment of a caller, with its idempotency key. The gateway has not been asked yet.
///
/// Two write units, for the payment and its place among what is due; one more with a customer (index), three with a key.
pub async fn begin_payment(context: &Context, new: NewPayment) -> Result<Ask<Payment>> {
    let now = context.now().await?;
    let gateway = context.gateway()?.name();
    let mut retry = Retry::of("the payment");
    loop {
        let id: Id<ids::Payment> = context.mint().await?;
        let payment = Payment::begin(id, new.clone(), gateway, now).leased(context.wall());
        let mut writes = context.writes().await?;
        let stored = writes.create(&payment, None)?;
        if context.begin(&writes, &id.to_string()).await? {
            return Ok(Ask::begun(stored));
        }
        retry.again().await?;
    }
}

/// Asks the gateway, unless another worker does, and writes its answer down; a payment that it has no answer to yet stays as it is.
/// Called again, it asks again with the same key and changes nothing.
pub async fn resolve_payment(
    context: &Context,
    ask: impl Into<Ask<Payment>>,
) -> Result<Resolved<Payment>> {
    let (stored, asked) = match take_lease(context, ask.into()).await? {
        Turn::Mine(stored, asked) => (stored, asked),
        Turn::Over(resolved) => return Ok(resolved),
    };
    let key = stored.id.to_string();
    let charge = Charge {
        idempotency_key: &key,
        card: &stored.card,
        amount: stored.amount,
        asked,
    };
    let outcome = in_time(context, stored.lease, context.gateway()?.charge(charge)).await?;
    book(context, stored, outcome).await.map(Resolved::here)
}

/// Writes down what the gateway answered.
async fn book(context: &Context, mut stored: Stored<Payment>, outcome: Outcome) -> Result<Payment> {
    let mut retry = Retry::of("the payment");
    loop {
        let mut payment = (*stored).clone();
        if !payment.resolve(outcome.clone())? {
            return release(context, stored).await;
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
        retry.again().await?;
        stored = stored.reload(context).await?;
    }
}

/// The gateway does not know yet, so whoever comes may ask it again: a write unit. Where somebody else changed the payment meanwhile,
/// they may when the lease has run out.
async fn release(context: &Context, stored: Stored<Payment>) -> Result<Payment> {
    let mut payment = (*stored).clone();
    payment.lease = payment.lease.map(|lease| lease.over(context.wall()));
    if payment != *stored {
        let mut writes = context.writes().await?;
        writes.update(&stored, &payment, None)?;
        context.write(&writes).await?;
    }
    Ok(payment)
}

impl Leased for Payment {
    const NAME: &'static str = "the payment";

    fn lease(&mut self) -> &mut Option<Lease> {
        &mut self.lease
    }

    fn is_open(&self) -> bool {
        self.status == PaymentStatus::Processing
    }

    async fn reload(&self, context: &Context) -> Result<Stored<Self>> {
        let stored = context.find_now(self.id).await?;
        stored.ok_or_else(|| missing_record(self.id))
    }
}
