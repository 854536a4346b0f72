//! Credit notes: what of an invoice is owed no longer, and the way back of the money that was paid for it.

use models::billing::{
    BillingReason, CreditNote, CreditNoteReason, Crediting, GivenBack, Invoice, InvoiceStatus,
    NewCreditNote, NoteRefund,
};
use models::event::EventType;
use models::ids::{self, Id};
use models::payments::{Payment, PaymentStatus, Refund};
use models::{Error, Money, Result};
use store::{Retry, Stored, Writes};

use crate::Context;
use crate::context::missing_record;
use crate::invoicing::commission::accrue;
use crate::invoicing::parties::zone_of;
use crate::payments::lease::Ask;
use crate::payments::refund_payment::resolve_refund;
use crate::schedules::row_payment::sync_row;

/// What a caller wants credited.
#[derive(Debug, Clone)]
pub struct CreditNoteRequest {
    /// Of which invoice.
    pub invoice_id: Id<ids::Invoice>,
    /// What of it.
    pub what: Crediting,
    /// Where the money goes that was paid for it.
    pub back: GivenBack,
    /// What is said of it.
    pub new: NewCreditNote,
}

/// Issues a credit note, with the caller's key: one transaction of the note, the invoice, the customer's balance, the
/// subscription where it heals, and the refunds that are set aside on their payments. So notes never credit more than the
/// invoice, however many are issued at once, and none is without its refunds.
///
/// The gateway has not been asked yet: that is [`settle_credit_note`]. Errors as [`Invoice::credit`]; where the invoice or its
/// customer does not exist; and with 400 where `refund` is more than can be refunded of the invoice's payments.
pub async fn issue_credit_note(
    context: &Context,
    wanted: &CreditNoteRequest,
) -> Result<CreditNote> {
    if wanted.back.refund.is_some_and(|minor| minor > 0) {
        // Nothing is set aside that nobody could give back.
        context.gateway()?;
    }
    let mut number = None;
    let mut retry = Retry::of("the invoice");
    loop {
        let stored = context.require_at(wanted.invoice_id, "/invoice_id").await?;
        let mut writes = context.writes().await?;
        let mut issue = Issue {
            context,
            writes: &mut writes,
        };
        let (note, invoice) = issue.run(&stored, wanted, &mut number).await?;
        issue.heal_subscription(&stored, &invoice).await?;
        if context.begin(&writes, &note.id.to_string()).await? {
            return Ok(note);
        }
        retry.again().await?;
    }
}

/// Adds to `writes` a note of all that is left of an invoice that is owed and of which a part was paid or credited: nothing is
/// owed any more, and what was paid and not given back is on the customer's balance. Its subscription is left to the caller.
pub(crate) async fn credit_rest(
    context: &Context,
    writes: &mut Writes<'_>,
    stored: &Stored<Invoice>,
    memo: &str,
) -> Result<()> {
    let paid = stored.notable()?;
    let owed = stored.amount_remaining()?;
    let customer = context.find_now(stored.customer_id).await?;
    let wanted = CreditNoteRequest {
        invoice_id: stored.id,
        what: Crediting::Amount(owed.plus(paid)?.minor()),
        back: GivenBack {
            // There is no balance any more where the customer was deleted.
            out_of_band: customer.is_none().then_some(paid.minor()),
            ..GivenBack::default()
        },
        new: NewCreditNote {
            reason: Some(CreditNoteReason::OrderChange),
            memo: Some(memo.to_owned()),
            ..NewCreditNote::default()
        },
    };
    let mut issue = Issue { context, writes };
    issue.run(stored, &wanted, &mut None).await?;
    Ok(())
}

/// Asks the gateway for the refunds of a note. Called again, it asks again with the same keys and changes nothing. Where nobody
/// comes back to it, the refunds themselves are due.
///
/// A refund that the gateway refuses is told as such, and its money is the payment's again; the note stands.
///
/// `begun` says that whoever asks has just issued the note, with a lease on its refunds.
pub async fn settle_credit_note(context: &Context, note: &CreditNote, begun: bool) -> Result<()> {
    for refund in &note.refunds {
        let id = refund.refund_id;
        let stored = context.refund_now(refund.payment_id, id).await?;
        let stored = stored.ok_or_else(|| missing_record(id))?;
        let ask = if begun {
            Ask::begun(stored)
        } else {
            stored.into()
        };
        resolve_refund(context, ask).await?;
    }
    Ok(())
}

/// A note on its way to a record.
struct Issue<'a, 'w> {
    context: &'a Context,
    writes: &'a mut Writes<'w>,
}

impl Issue<'_, '_> {
    async fn run(
        &mut self,
        stored: &Stored<Invoice>,
        wanted: &CreditNoteRequest,
        number: &mut Option<String>,
    ) -> Result<(CreditNote, Invoice)> {
        let now = self.context.now().await?;
        let mut invoice = (**stored).clone();
        let credit = invoice.credit(&wanted.what, wanted.back, now)?;
        let (refund, balance) = (credit.refund, credit.balance);
        let id: Id<ids::CreditNote> = self.context.mint().await?;
        let mut note = CreditNote::new(id, &invoice, credit, wanted.new.clone(), now);
        self.add_to_balance(&invoice, balance).await?;
        let payments = self.payments(&invoice, refund).await?;
        note.number = match number {
            Some(number) => number.clone(),
            None => number.insert(self.next_number().await?).clone(),
        };
        self.reserve(&mut note, payments).await?;
        let paid = invoice.status == InvoiceStatus::Paid && stored.status != InvoiceStatus::Paid;
        let event = if paid {
            EventType::InvoicePaid
        } else {
            EventType::InvoiceUpdated
        };
        self.writes.update(stored, &invoice, Some(event))?;
        accrue(self.context, self.writes, Some(stored), &invoice).await?;
        self.writes
            .create(&note, Some(EventType::CreditNoteCreated))?;
        Ok((note, invoice))
    }

    async fn next_number(&self) -> Result<String> {
        let zone = zone_of(self.context.account().await?.as_ref())?;
        let year = zone.date(self.context.now().await?)?.year();
        self.context.next_credit_note_number(year).await
    }

    async fn add_to_balance(&mut self, invoice: &Invoice, amount: Money) -> Result<()> {
        if amount.is_zero() {
            return Ok(());
        }
        let Some(stored) = self.context.find_now(invoice.customer_id).await? else {
            let detail = format!(
                "customer {} was deleted, so there is no balance to credit; say refund_amount or out_of_band_amount",
                invoice.customer_id
            );
            return Err(Error::conflict("customer_deleted", detail));
        };
        let mut customer = (*stored).clone();
        customer.set_credit(customer.credit(amount.currency()).plus(amount)?);
        self.writes
            .update(&stored, &customer, Some(EventType::CustomerUpdated))
    }

    /// A subscription heals with its newest invoice, and a change takes place that waited for it, in the same transaction: nobody would come back to an invoice that is paid.
    async fn heal_subscription(&mut self, before: &Invoice, invoice: &Invoice) -> Result<()> {
        let paid = invoice.status == InvoiceStatus::Paid && before.status != InvoiceStatus::Paid;
        let Some(id) = invoice.subscription_id.filter(|_| paid) else {
            return Ok(());
        };
        let Some(stored) = self.context.find_now(id).await? else {
            return Ok(());
        };
        if invoice.billing_reason == BillingReason::PaymentSchedule {
            return sync_row(self.context, self.writes, before.status, invoice).await;
        }
        let mut subscription = (*stored).clone();
        if subscription.invoice_paid(invoice.id) {
            let event = Some(EventType::SubscriptionUpdated);
            self.writes.update(&stored, &subscription, event)?;
        }
        Ok(())
    }

    /// The payments that `amount` goes back to, newest first, and how much to each. One read a payment.
    async fn payments(
        &self,
        invoice: &Invoice,
        amount: Money,
    ) -> Result<Vec<(Stored<Payment>, Money)>> {
        let mut left = amount;
        let mut payments = Vec::new();
        for id in invoice.payment_ids.iter().rev() {
            if left.is_zero() {
                break;
            }
            let payment = self.context.find_now(*id).await?;
            let payment = payment.ok_or_else(|| missing_record(id))?;
            if payment.status != PaymentStatus::Succeeded {
                continue;
            }
            let part = payment.refundable()?.minor().clamp(0, left.minor());
            if part > 0 {
                let part = Money::new(part, left.currency());
                left = left.minus(part)?;
                payments.push((payment, part));
            }
        }
        if left.is_zero() {
            return Ok(payments);
        }
        let detail = format!(
            "must be at most {}: no more of the invoice's payments can be refunded",
            amount.minus(left)?.minor()
        );
        Err(Error::invalid(
            "/refund_amount",
            "exceeds_refundable",
            detail,
        ))
    }

    /// Sets the refunds of a note aside on their payments.
    async fn reserve(
        &mut self,
        note: &mut CreditNote,
        payments: Vec<(Stored<Payment>, Money)>,
    ) -> Result<()> {
        for (stored, amount) in payments {
            let mut payment = (*stored).clone();
            payment.reserve_refund(amount)?;
            self.writes.update(&stored, &payment, None)?;
            let id = self.context.mint().await?;
            let refund = Refund::begin(
                id,
                stored.id,
                amount,
                Some(note.number.clone()),
                note.created,
            );
            let refund = refund.leased(self.context.wall());
            self.writes.create(&refund, None)?;
            note.refunds.push(NoteRefund {
                refund_id: id,
                payment_id: stored.id,
                amount,
            });
        }
        Ok(())
    }
}
