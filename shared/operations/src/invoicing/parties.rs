//! Who is on an invoice: the business, the customer, and how it is paid.

use models::billing::{BillingSettings, Invoice, NewInvoice, Party, Subscription};
use models::crm::Customer;
use models::event::EventType;
use models::ids::{self, Id};
use models::payments::PaymentMethod;
use models::platform::Account;
use models::{Money, Result, Zone};
use store::{InvoiceParties, Stored};

use crate::Context;

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
    pub fn snapshot_on(&self, new: &mut NewInvoice) {
        new.seller = self.seller();
        new.footer = self.footer(new.footer.take());
        if let Some(buyer) = self.buyer() {
            new.customer = buyer;
        }
    }

    /// Puts them on a draft as they are now; it is done again the moment it becomes final.
    pub fn snapshot_on_draft(&self, draft: &mut Invoice) {
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
            Some(id) => Ok(context.find_now(id).await?.map(Stored::into_inner)),
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
