//! Credit notes: what of an invoice is owed no longer, and the way back of the money that was paid for it.

use models::billing::{
    BillingReason, CreditNote, CreditNoteReason, Crediting, GivenBack, Invoice, InvoiceStatus,
    NewCreditNote,
};
use models::event::EventType;
use models::ids::{self, Id};
use models::{Error, Money, Result};
use store::{Retry, Stored, Writes};

use crate::Context;
use crate::invoicing::commission::accrue;
use crate::invoicing::parties::zone_of;
use crate::invoicing::refund_note::{AT_ONCE, GivesBack, plan_refunds, set_aside};
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
/// invoice, however many are issued at once, and none is without its refunds. Of more refunds than fit into it the note has all, and
/// the invoice says which are still to be set aside.
///
/// The gateway has not been asked yet: that is [`settle_credit_note`](crate::settle_credit_note). Errors as [`Invoice::credit`];
/// where the invoice or its customer does not exist; and with 400 where `refund` is more than can be refunded of the invoice's
/// payments, or goes back to more than a thousand of them. A refusal takes no number.
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

/// Adds to `writes` a note of all that is left of an invoice that was paid, or is owed and of which a part was paid or credited:
/// nothing is owed any more, and what was paid and not given back is on the customer's balance. Its subscription is left to the caller.
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
        let given = plan_refunds(self.context, &invoice, refund).await?;
        note.number = match number {
            Some(number) => number.clone(),
            None => number.insert(self.next_number().await?).clone(),
        };
        note.refunds = given.iter().map(|given| given.refund).collect();
        let first: Vec<GivesBack> = given.into_iter().take(AT_ONCE).collect();
        invoice.set_refunds_aside(note.id, (first.len(), note.refunds.len()), now);
        set_aside(self.context, self.writes, &note, first)?;
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
}
