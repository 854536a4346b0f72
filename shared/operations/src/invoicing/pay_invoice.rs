//! One attempt to collect an invoice from a card. Of attempts there is one at a time: invoice and payment say so in one write
//! before the gateway is asked, and whoever comes later finds it and goes on from there.

use models::billing::{BillingReason, Invoice};
use models::event::EventType;
use models::ids::{self, Id};
use models::payments::{Card, NewPayment, Payment, PaymentMethod};
use models::{Error, Metadata, Money, Result};
use store::{Retry, Stored};

use crate::Context;
use crate::context::missing_record;
use crate::invoicing::parties::Parties;
use crate::payments::lease::{Ask, Resolved};
use crate::payments::take_payment::resolve_payment;
use crate::subscriptions::invoice_change::InvoiceChange;

/// What is charged.
#[derive(Debug, Clone)]
pub struct InvoiceCharge {
    /// The stored payment method; `None` for a card of this moment.
    pub method: Option<Id<ids::PaymentMethod>>,
    /// The card.
    pub card: Card,
    /// How much: what remains, or less.
    pub amount: Money,
    /// Whether somebody asked for it, rather than the schedule.
    pub manual: bool,
}

impl InvoiceCharge {
    /// A charge of a stored payment method.
    pub fn of(method: PaymentMethod, amount: Money, manual: bool) -> Self {
        Self {
            method: Some(method.id),
            card: method.card,
            amount,
            manual,
        }
    }

    /// The payment of the next attempt.
    pub(crate) fn payment(&self, invoice: &Invoice) -> NewPayment {
        let number = invoice.number.as_deref().unwrap_or_default();
        NewPayment {
            amount: self.amount,
            customer_id: Some(invoice.customer_id),
            payment_method_id: self.method,
            card: self.card.clone(),
            invoice: Some((invoice.id, invoice.attempt_count.saturating_add(1))),
            description: Some(format!("Invoice {number}")),
            fraud_protection: false,
            metadata: Metadata::new(),
        }
    }
}

/// Writes an attempt down: nobody else can make one until its outcome is booked. `None` says that the invoice was changed
/// meanwhile: read it again. Errors unless it can be paid, and where it was paid in so many parts that this one must be all
/// that remains.
///
/// One transaction of two items. The caller's idempotency key begins with it where somebody asked for the attempt.
pub async fn begin_attempt(
    context: &Context,
    stored: &Stored<Invoice>,
    charge: &InvoiceCharge,
) -> Result<Option<Ask<Payment>>> {
    let gateway = context.gateway()?.name();
    let now = context.now().await?;
    if let Some(orphan) = orphan(context, stored).await? {
        let mut invoice = (**stored).clone();
        invoice.begin_attempt(orphan.id, false, now)?;
        let mut writes = context.writes().await?;
        writes.update(stored, &invoice, None)?;
        let adopted = context.write(&writes).await?;
        return Ok((adopted && !charge.manual).then(|| orphan.into()));
    }
    stored.refuse_part(charge.amount)?;
    let mut id: Id<ids::Payment> = context.mint().await?;
    let mut retry = Retry::of("the payment");
    loop {
        let mut invoice = (**stored).clone();
        invoice.begin_attempt(id, charge.manual, now)?;
        let payment = Payment::begin(id, charge.payment(stored), gateway, now);
        let payment = payment.leased(context.wall());
        let mut writes = context.writes().await?;
        let begun = writes.create(&payment, None)?;
        writes.update(stored, &invoice, None)?;
        let written = if charge.manual {
            context.begin(&writes, &id.to_string()).await?
        } else {
            context.write(&writes).await?
        };
        if written {
            return Ok(Some(Ask::begun(begun)));
        }
        if context.find_now(id).await?.is_none() {
            return Ok(None);
        }
        id = retry.next_id(id)?;
    }
}

/// The payment of a run that charged the card and died before it wrote the invoice. One read for the invoice of a
/// subscription that nobody has collected from yet, none for any other, nor for one that nothing charges by itself.
async fn orphan(context: &Context, invoice: &Invoice) -> Result<Option<Stored<Payment>>> {
    let by_itself = invoice.billing_reason != BillingReason::PaymentSchedule;
    if invoice.attempt_count > 0 || invoice.identity().is_none() || !by_itself {
        return Ok(None);
    }
    first_payment(context, invoice).await
}

/// The payment of an invoice's first attempt, where that was made before the invoice was written. One read.
pub(crate) async fn first_payment(
    context: &Context,
    invoice: &Invoice,
) -> Result<Option<Stored<Payment>>> {
    let mut id = first_id(invoice)?;
    let mut retry = Retry::of("the payment");
    loop {
        match context.find_now(id).await? {
            Some(stored) if is_first_of(&stored, invoice) => return Ok(Some(stored)),
            Some(_) => id = retry.next_id(id)?,
            None => return Ok(None),
        }
    }
}

/// The id of the payment of an invoice's first attempt where that is made before the invoice is written: the invoice's own
/// integer, so payments are in the order of what they pay.
fn first_id(invoice: &Invoice) -> Result<Id<ids::Payment>> {
    Id::new(invoice.id.number())
}

fn is_first_of(payment: &Payment, invoice: &Invoice) -> bool {
    payment.invoice_id == Some(invoice.id) && payment.attempt == Some(1)
}

/// The payment of the first attempt at an invoice that is not written yet, with its outcome where the gateway gave one.
pub(crate) async fn pay_unwritten(
    context: &Context,
    invoice: &Invoice,
    charge: &InvoiceCharge,
) -> Result<Payment> {
    let gateway = context.gateway()?.name();
    let now = context.now().await?;
    let mut id = first_id(invoice)?;
    let mut retry = Retry::of("the payment");
    loop {
        let payment = Payment::begin(id, charge.payment(invoice), gateway, now);
        let payment = payment.leased(context.wall());
        let mut writes = context.writes().await?;
        let begun = writes.create(&payment, None)?;
        if context.write(&writes).await? {
            let resolved = resolve_payment(context, Ask::begun(begun)).await?;
            return Ok(resolved.record);
        }
        match context.find_now(id).await? {
            Some(stored) if is_first_of(&stored, invoice) => {
                // Where another run asks, this one goes on as with a payment that takes its time.
                return Ok(resolve_payment(context, stored).await?.record);
            }
            Some(_) => id = retry.next_id(id)?,
            None => return Err(missing_record(id)),
        }
    }
}

/// An attempt, and what it did to its invoice.
#[derive(Debug)]
pub struct Settled {
    /// The invoice as it is afterwards.
    pub invoice: Invoice,
    /// The payment, and whether another worker asks about it.
    pub payment: Resolved<Payment>,
}

/// Asks the gateway about an attempt that was begun, books what it says, and returns the invoice and the payment as they are
/// then. Called again, it asks again with the same key and books nothing twice.
pub async fn settle_attempt(context: &Context, begun: impl Into<Ask<Payment>>) -> Result<Settled> {
    settle(context, begun, true).await
}

/// As [`settle_attempt`]; `follows` says whether the subscription follows.
pub(crate) async fn settle(
    context: &Context,
    begun: impl Into<Ask<Payment>>,
    follows: bool,
) -> Result<Settled> {
    let resolved = resolve_payment(context, begun).await?;
    let payment = &resolved.record;
    let (Some(id), Some(customer)) = (payment.invoice_id, payment.customer_id) else {
        return Err(Error::internal("an attempt without an invoice"));
    };
    let now = context.now().await?;
    let mut retry = Retry::of("the invoice");
    let invoice = loop {
        let (parties, stored) = Parties::with_invoice(context, customer, id, None).await?;
        let stored = stored.ok_or_else(|| missing_record(id))?;
        // Who asks books what comes of it.
        if resolved.elsewhere {
            break stored.into_inner();
        }
        let mut invoice = (*stored).clone();
        let booked = invoice.book(payment, &parties.settings.retry_days, now)?;
        if !booked.changed {
            break stored.into_inner();
        }
        let event = event_of(&stored, &invoice);
        let change = InvoiceChange {
            before: &stored,
            after: &invoice,
            events: event.as_slice(),
            parties: &parties,
            credit: parties.credit(&invoice).plus(booked.overpaid)?,
            follows,
        };
        if context.write(&change.writes(context).await?).await? {
            break invoice;
        }
        retry.again().await?;
    };
    Ok(Settled {
        invoice,
        payment: resolved,
    })
}

/// What is told of money that came in, or did not.
pub(crate) fn event_of(before: &Invoice, after: &Invoice) -> Option<EventType> {
    use models::billing::InvoiceStatus::{Draft, Open, Paid, Uncollectible, Void};
    match after.status {
        Paid if before.status != Paid => Some(EventType::InvoicePaid),
        _ if after.amount_paid != before.amount_paid => Some(EventType::InvoiceUpdated),
        _ if after.attempt_count == before.attempt_count => None,
        Open | Uncollectible => Some(EventType::InvoicePaymentFailed),
        Paid | Draft | Void => Some(EventType::InvoiceUpdated),
    }
}
