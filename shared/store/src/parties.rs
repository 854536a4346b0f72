//! What an invoice is made with, read with one call.

use models::Result;
use models::billing::{BillingSettings, Invoice};
use models::crm::Customer;
use models::ids::{self, Id};
use models::payments::PaymentMethod;
use models::platform::Account;

use crate::item::Stored;
use crate::keys;
use crate::session::Session;

/// The two parties of an invoice, what the business decided about its billing, and the invoice.
#[derive(Debug)]
pub struct InvoiceParties {
    /// The business.
    pub account: Option<Account>,
    /// What it decided, or the defaults.
    pub settings: BillingSettings,
    /// Who buys.
    pub customer: Option<Stored<Customer>>,
    /// The invoice, where one was asked for and is there.
    pub invoice: Option<Stored<Invoice>>,
    /// The payment method, where one was asked for and is there.
    pub method: Option<Stored<PaymentMethod>>,
}

impl Session {
    /// Business, settings and customer, and an invoice and a payment method where they are asked for, as they are at this
    /// moment. One call of 3 to 5 consistent reads.
    pub async fn invoice_parties(
        &self,
        customer: Id<ids::Customer>,
        invoice: Option<Id<ids::Invoice>>,
        method: Option<Id<ids::PaymentMethod>>,
    ) -> Result<InvoiceParties> {
        let scope = self.scope();
        let account = keys::account(scope.business);
        let settings = keys::billing_settings(&scope);
        let customer = keys::record(&scope, customer);
        let invoice = invoice.map(|id| keys::record(&scope, id));
        let mut wanted = vec![account.clone(), settings.clone(), customer.clone()];
        wanted.extend(invoice.clone());
        let method = method.map(|id| keys::record(&scope, id));
        wanted.extend(method.clone());
        let mut found = self.table().batch_get_now(&wanted).await?;
        Ok(InvoiceParties {
            account: found.take(&account)?.map(Stored::into_inner),
            settings: found
                .take(&settings)?
                .map(Stored::into_inner)
                .unwrap_or_default(),
            customer: found.take(&customer)?,
            invoice: match invoice {
                Some(key) => found.take(&key)?,
                None => None,
            },
            method: match method {
                Some(key) => found.take(&key)?,
                None => None,
            },
        })
    }
}
