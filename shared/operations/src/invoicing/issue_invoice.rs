//! The invoices of subscriptions become records here, written once however often they are asked for; and what every invoice
//! gets the moment it is final.

use models::billing::{
    Bill, BillingSettings, CollectionMethod, Invoice, InvoiceStatus, NewInvoice, Party,
    PauseBehavior, PaymentBehavior, Subscription, SubscriptionStatus,
};
use models::crm::Customer;
use models::event::EventType;
use models::ids::{self, Id};
use models::payments::PaymentMethod;
use models::platform::Account;
use models::{Error, Money, Result, Zone};
use store::{InvoiceParties, Stored};

use crate::Context;
use crate::invoicing::collect_invoice::{collect, first_attempt};
use crate::invoicing::commission::accrue;

/// Neighbours that are looked at where another invoice drew the same id, and tries at a record that others change.
const MAX_TRIES: u32 = 64;

/// The two parties of an invoice, and what the business decided about its billing.
#[derive(Debug)]
pub struct Parties {
    /// The business.
    pub account: Option<Account>,
    /// What it decided.
    pub settings: BillingSettings,
    /// Who buys.
    pub customer: Option<Stored<Customer>>,
    /// A payment method that was read with them: it is most often the one to charge.
    method: Option<PaymentMethod>,
}

impl Parties {
    /// Reads them: one call.
    pub async fn read(context: &Context, customer: Id<ids::Customer>) -> Result<Self> {
        let read = context.invoice_parties(customer, None, None).await?;
        Ok(Self::of(read).0)
    }

    /// The same with an invoice of the customer, which may not be there, and what that is probably charged to: one call, too.
    pub async fn with_invoice(
        context: &Context,
        customer: Id<ids::Customer>,
        invoice: Id<ids::Invoice>,
        method: Option<Id<ids::PaymentMethod>>,
    ) -> Result<(Self, Option<Stored<Invoice>>)> {
        let read = context.invoice_parties(customer, Some(invoice), method);
        let read = read.await?;
        Ok(Self::of(read))
    }

    fn of(read: InvoiceParties) -> (Self, Option<Stored<Invoice>>) {
        let parties = Self {
            account: read.account,
            settings: read.settings,
            customer: read.customer,
            method: read.method.map(Stored::into_inner),
        };
        (parties, read.invoice)
    }

    /// Puts them on an invoice as they are now, with the business's footer where it has none of its own.
    pub fn sign(&self, new: &mut NewInvoice) {
        new.seller = self.seller();
        new.footer = self.footer(new.footer.take());
        if let Some(buyer) = self.buyer() {
            new.customer = buyer;
        }
    }

    /// Puts them on a draft as they are now; it is done again the moment it becomes final.
    pub fn put_on(&self, draft: &mut Invoice) {
        draft.seller = self.seller();
        if let Some(buyer) = self.buyer() {
            draft.customer = buyer;
        }
    }

    /// The customer; `None` for one who was deleted, whom an invoice keeps as it knew it.
    fn buyer(&self) -> Option<Party> {
        let customer = self.customer.as_ref()?;
        let name = customer.profile.name();
        let email = customer.profile.email.clone();
        Some(Party {
            email: email.filter(|email| *email != name),
            name,
            lines: Vec::new(),
            tax_id: None,
        })
    }

    /// The text at the foot of an invoice.
    pub(crate) fn footer(&self, own: Option<String>) -> Option<String> {
        own.or_else(|| self.settings.invoice_footer.clone())
    }

    fn seller(&self) -> Party {
        let account = self.account.as_ref();
        match &self.settings.seller {
            Some(seller) => Party {
                name: seller.name.clone(),
                lines: seller.address_lines.clone(),
                email: seller.email.clone(),
                tax_id: seller.tax_id.clone(),
            },
            None => Party {
                name: account
                    .map(|account| account.name.clone())
                    .unwrap_or_default(),
                ..Party::default()
            },
        }
    }

    /// The calendar of the business.
    pub fn zone(&self) -> Result<Zone> {
        zone_of(self.account.as_ref())
    }

    /// What an invoice is charged to: its subscription's own payment method, or the customer's default. At most one read.
    pub async fn payment_method(
        &self,
        context: &Context,
        subscription: Option<&Subscription>,
    ) -> Result<Option<PaymentMethod>> {
        let own = subscription.and_then(|subscription| subscription.payment_method_id);
        let default = || self.customer.as_ref()?.default_payment_method;
        match own.or_else(default) {
            Some(id) if self.method.as_ref().is_some_and(|known| known.id == id) => {
                Ok(self.method.clone())
            }
            Some(id) => Ok(context
                .payment_method_now(id)
                .await?
                .map(Stored::into_inner)),
            None => Ok(None),
        }
    }

    /// What the customer's balance holds.
    pub fn credit(&self, invoice: &Invoice) -> Money {
        let currency = invoice.currency;
        self.customer
            .as_ref()
            .map_or(Money::zero(currency), |customer| customer.credit(currency))
    }
}

/// The calendar of a business.
pub(crate) fn zone_of(account: Option<&Account>) -> Result<Zone> {
    account.map_or_else(
        || Ok(Zone::default()),
        |account| Zone::new(&account.time_zone),
    )
}

/// The invoice of a bill, and what it was charged to where that was just done.
#[derive(Debug)]
pub(crate) struct Issued {
    pub(crate) invoice: Invoice,
    pub(crate) charged_to: Option<Id<ids::PaymentMethod>>,
}

/// The invoice of a bill: the one that is there, or a new one, with its first attempt made.
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
    for _ in 0..MAX_TRIES {
        let likely = subscription.payment_method_id.or(subscription.charged_to);
        let (parties, there) = Parties::with_invoice(context, new.customer_id, id, likely).await?;
        match there {
            Some(stored) if stored.identity().as_ref() == Some(&identity) => {
                context.expect_number(false)?;
                let invoice = go_on(context, stored, subscription).await?;
                return Ok(Issued {
                    invoice,
                    charged_to: None,
                });
            }
            Some(_) => {
                id = id.successor()?;
                continue;
            }
            None => {}
        }
        let mut new = new.clone();
        parties.sign(&mut new);
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
    Err(Error::Unavailable(
        "no free invoice id was found".to_owned(),
    ))
}

/// An earlier run wrote the invoice. It may have died before its attempt; a refusal is not asked for twice in one turn.
async fn go_on(
    context: &Context,
    stored: Stored<Invoice>,
    subscription: &Subscription,
) -> Result<Invoice> {
    if is_untried(&stored) && collects(&stored, Some(subscription)) {
        // Where the subscription stands then is written with the bill.
        return Box::pin(collect(context, stored, false)).await;
    }
    Ok(stored.into_inner())
}

/// Whether its payment was asked for at once and did not come; one under way may still come.
fn is_unpaid(invoice: &Invoice) -> bool {
    invoice.status == InvoiceStatus::Open && invoice.processing.is_none()
}

/// Whether it is owed and nobody has tried to collect it.
pub(crate) fn is_untried(invoice: &Invoice) -> bool {
    invoice.status == InvoiceStatus::Open
        && invoice.attempt_count == 0
        && invoice.refused.is_none()
        && invoice.processing.is_none()
}

/// Writes what the customer's balance holds now, where that changed.
pub(crate) fn update_credit(
    writes: &mut store::Writes<'_>,
    parties: &Parties,
    credit: Money,
) -> Result<()> {
    let Some(stored) = &parties.customer else {
        return Ok(());
    };
    if stored.credit(credit.currency()) == credit {
        return Ok(());
    }
    let mut customer = (**stored).clone();
    customer.set_credit(credit);
    writes.update(stored, &customer, Some(EventType::CustomerUpdated))
}

/// Whether an open invoice is charged by itself.
pub(crate) fn collects(invoice: &Invoice, subscription: Option<&Subscription>) -> bool {
    let collects = |subscription: &Subscription| {
        let ends = subscription.bill_now.is_some();
        subscription.standing() != SubscriptionStatus::Unpaid
            && subscription.payment_behavior != PaymentBehavior::DefaultIncomplete
            && (ends || subscription.collects(invoice.id))
    };
    invoice.collection_method == CollectionMethod::ChargeAutomatically
        && subscription.is_none_or(collects)
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

/// Numbers a draft. `credit` is what the customer's balance holds for it; returns what it holds then. A number that was
/// taken is kept in `number`, for another try.
pub(crate) async fn finalize(
    context: &Context,
    parties: &Parties,
    invoice: &mut Invoice,
    number: &mut Option<String>,
    credit: Money,
) -> Result<Money> {
    draw_number(context, parties, number).await?;
    let now = context.now().await?;
    let zone = parties.zone()?;
    let number = number.clone().unwrap_or_default();
    let buyer = parties.customer.as_ref();
    invoice.enrolled_by = buyer.and_then(|customer| customer.enrolled_by);
    invoice.finalize(number, credit, &zone, now)
}

/// Draws the number of an invoice that becomes final now, unless it has one from an earlier try.
async fn draw_number(
    context: &Context,
    parties: &Parties,
    number: &mut Option<String>,
) -> Result<()> {
    if number.is_none() {
        let year = parties.zone()?.date(context.now().await?)?.year();
        *number = Some(context.next_invoice_number(year).await?);
    }
    Ok(())
}

/// What is told of an invoice that has just become final: also that it is paid, where nothing was left to pay.
pub(crate) fn events_of_finalization(invoice: &Invoice) -> Vec<EventType> {
    match invoice.status {
        InvoiceStatus::Paid => vec![EventType::InvoiceFinalized, EventType::InvoicePaid],
        InvoiceStatus::Draft
        | InvoiceStatus::Open
        | InvoiceStatus::Void
        | InvoiceStatus::Uncollectible => vec![EventType::InvoiceFinalized],
    }
}
