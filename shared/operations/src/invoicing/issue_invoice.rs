//! The invoices of subscriptions become records here, written once however often they are asked for.

use models::billing::{
    Bill, Invoice, InvoiceStatus, NewInvoice, PauseBehavior, PaymentBehavior, Subscription,
};
use models::event::EventType;
use models::ids::{self, Id};
use models::{Error, Money, Result};
use store::{Retry, Stored};

use crate::Context;
use crate::invoicing::collect_invoice::{collect, first_attempt};
use crate::invoicing::commission::accrue;
use crate::invoicing::final_invoice::{
    collects, draw_number, events_of_finalization, finalize, is_untried,
};
use crate::invoicing::parties::{Parties, update_credit};

/// What is not found where a customer was deleted.
pub(crate) const CUSTOMER: &str = <ids::Customer as ids::Kind>::NAME;

/// The invoice of a bill, and what it was charged to where that was just done.
#[derive(Debug)]
pub(crate) struct Issued {
    pub(crate) invoice: Invoice,
    pub(crate) charged_to: Option<Id<ids::PaymentMethod>>,
}

/// The invoice of a bill: the one that is there, or a new one, with its first attempt made. Not found where its customer was
/// deleted: then nobody is billed.
///
/// Its id was given with the change that it bills, or is derived from subscription, reason and period, so a second run finds the
/// first one's; its payment is derived from
/// that id, so a run that died in between finds that, too. The invoice is written once, as it is after the attempt; where it is
/// not paid and nothing is to come of it then, it is not written.
pub(crate) async fn issue_invoice(
    context: &Context,
    subscription: &Subscription,
    bill: &Bill,
    new: NewInvoice,
) -> Result<Issued> {
    let identity = new
        .identity()
        .ok_or_else(|| Error::internal("a bill without an identity"))?;
    let mut id = match subscription.next_invoice {
        Some(id) => id,
        None => Id::derived_before(bill.period.start, &identity)?,
    };
    let mut number = None;
    let mut retry = Retry::of("the invoice");
    loop {
        let likely = subscription.payment_method_id.or(subscription.charged_to);
        let (parties, there) = Parties::with_invoice(context, new.customer_id, id, likely).await?;
        match there {
            Some(stored) if stored.identity().as_ref() == Some(&identity) => {
                context.expect_number(false)?;
                let invoice = resume(context, stored, subscription).await?;
                return Ok(Issued {
                    invoice,
                    charged_to: None,
                });
            }
            Some(_) => {
                id = retry.next_id(id)?;
                continue;
            }
            None => {}
        }
        let mut new = new.clone();
        if parties.customer.is_none() {
            return Err(Error::not_found(CUSTOMER, new.customer_id));
        }
        parties.snapshot_on(&mut new);
        let draft = Invoice::draft(id, new, context.now().await?)?;
        let mut issue = Issue {
            context,
            parties: &parties,
            subscription,
            events: Vec::new(),
            charged_to: None,
        };
        let (mut invoice, credit) = issue.run(draft, &mut number).await?;
        if subscription.wants_payment() && is_unpaid(&invoice) {
            if subscription.payment_behavior == PaymentBehavior::ErrorIfIncomplete {
                return Ok(issue.issued(invoice));
            }
            invoice.stop_collection();
        }
        let mut writes = context.writes().await?;
        writes.create_after(&invoice, &issue.events)?;
        update_credit(&mut writes, &parties, credit)?;
        accrue(context, &mut writes, None, &invoice).await?;
        if context.write(&writes).await? {
            return Ok(issue.issued(invoice));
        }
        // Somebody was faster, or the customer changed: the next round reads what is there now.
    }
}

/// Another run wrote the invoice. It may have died before its attempt; a refusal is not asked for twice in one turn. It may also have
/// found that this run was asking the gateway, and written the invoice as under way: then the answer is booked here.
async fn resume(
    context: &Context,
    stored: Stored<Invoice>,
    subscription: &Subscription,
) -> Result<Invoice> {
    if is_untried(&stored) && collects(&stored, Some(subscription)) {
        // Where the subscription stands then is written with the bill.
        return Box::pin(collect(context, stored, false)).await;
    }
    if stored.processing.is_some_and(|attempt| !attempt.manual) {
        return Box::pin(collect(context, stored, true)).await;
    }
    Ok(stored.into_inner())
}

/// Whether its payment was asked for at once and did not come; one under way may still come.
fn is_unpaid(invoice: &Invoice) -> bool {
    invoice.status == InvoiceStatus::Open && invoice.processing.is_none()
}

/// The invoice of a subscription on its way to a record.
struct Issue<'a> {
    context: &'a Context,
    parties: &'a Parties,
    subscription: &'a Subscription,
    events: Vec<EventType>,
    charged_to: Option<Id<ids::PaymentMethod>>,
}

impl Issue<'_> {
    const fn issued(&self, invoice: Invoice) -> Issued {
        Issued {
            invoice,
            charged_to: self.charged_to,
        }
    }

    /// The invoice as it is to be written, and what the customer's balance holds then.
    async fn run(
        &mut self,
        draft: Invoice,
        number: &mut Option<String>,
    ) -> Result<(Invoice, Money)> {
        let now = self.context.now().await?;
        let kept = self.parties.credit(&draft);
        match self.subscription.collection_paused(now) {
            None => self.finalize(draft, number).await,
            Some(PauseBehavior::KeepAsDraft) => {
                self.events.push(EventType::InvoiceCreated);
                // The business's footer is that of the day on which it becomes final.
                let footer = None;
                Ok((Invoice { footer, ..draft }, kept))
            }
            Some(behavior) => {
                let mut invoice = draft;
                let zero = Money::zero(invoice.currency);
                let left = self.number(&mut invoice, number, zero).await?;
                if invoice.status == InvoiceStatus::Open && behavior == PauseBehavior::Void {
                    invoice.void(now)?;
                    self.events.push(EventType::InvoiceVoided);
                } else if invoice.status == InvoiceStatus::Open {
                    invoice.mark_uncollectible(now)?;
                    self.events.push(EventType::InvoiceUncollectible);
                }
                Ok((invoice, kept.plus(left)?))
            }
        }
    }

    /// Numbers a draft and makes the first attempt to collect it.
    async fn finalize(
        &mut self,
        draft: Invoice,
        number: &mut Option<String>,
    ) -> Result<(Invoice, Money)> {
        let mut invoice = draft;
        let credit = self.parties.credit(&invoice);
        // Read while the number is drawn: what the balance does not pay is charged to it.
        let charged = collects(&invoice, Some(self.subscription))
            && invoice.total()?.minor() > credit.minor();
        let method = async {
            if charged {
                let subscription = Some(self.subscription);
                self.parties
                    .payment_method(self.context, subscription)
                    .await
            } else {
                Ok(None)
            }
        };
        let (method, ()) =
            tokio::try_join!(method, draw_number(self.context, self.parties, number))?;
        let mut left = self.number(&mut invoice, number, credit).await?;
        if invoice.status == InvoiceStatus::Open && collects(&invoice, Some(self.subscription)) {
            self.charged_to = method.as_ref().map(|method| method.id);
            let over = first_attempt(self.context, &mut invoice, self.parties, method).await?;
            left = left.plus(over)?;
            if invoice.status == InvoiceStatus::Paid {
                self.events.push(EventType::InvoicePaid);
            } else if invoice.refused.is_some() {
                self.events.push(EventType::InvoicePaymentFailed);
            }
        }
        Ok((invoice, left))
    }

    async fn number(
        &mut self,
        invoice: &mut Invoice,
        number: &mut Option<String>,
        credit: Money,
    ) -> Result<Money> {
        let left = finalize(self.context, self.parties, invoice, number, credit).await?;
        self.events.extend(events_of_finalization(invoice));
        Ok(left)
    }
}
