//! Which invoices a subscription has: it knows them itself, so that its invoices need no place in an index.
//!
//! The newest is `latest_invoice`, those before it are `earlier_invoices`; when these are a page full, the page is put aside
//! as a record of its own before the subscription lets go of it. What a page holds follows from the subscription's history
//! alone, so whoever puts it aside writes the same.

use serde::{Deserialize, Serialize};

use super::Subscription;
use crate::ids::{self, Id};

/// Invoices on a page. The subscription carries up to so many besides the newest, at ten bytes each.
pub const INVOICES_ON_A_PAGE: usize = 10;

/// Earlier invoices of a subscription that it no longer carries itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoicePage {
    /// Whose they are.
    pub subscription_id: Id<ids::Subscription>,
    /// The number of the page, from 0.
    pub page: u32,
    /// In the order in which they were billed.
    #[serde(with = "crate::ids::numbers")]
    pub invoices: Vec<Id<ids::Invoice>>,
}

impl Subscription {
    /// The page that has to be written before the next invoice is taken in.
    pub fn full_page(&self) -> Option<InvoicePage> {
        let invoices = self.earlier_invoices.get(..INVOICES_ON_A_PAGE)?;
        Some(InvoicePage {
            subscription_id: self.id,
            page: self.invoice_pages,
            invoices: invoices.to_vec(),
        })
    }

    /// Lets go of the invoices on that page, which is written.
    pub fn archive(&mut self, page: &InvoicePage) {
        if page.page == self.invoice_pages {
            let kept = self.earlier_invoices.len().min(page.invoices.len());
            self.earlier_invoices.drain(..kept);
            self.invoice_pages = self.invoice_pages.saturating_add(1);
        }
    }

    /// Takes in a new invoice, once.
    pub(in crate::billing) fn take_in(&mut self, invoice: Id<ids::Invoice>) {
        if self.latest_invoice == Some(invoice) || self.earlier_invoices.contains(&invoice) {
            return;
        }
        self.earlier_invoices.extend(self.latest_invoice);
        self.latest_invoice = Some(invoice);
    }

    /// The invoices that it carries itself, in no order.
    pub fn carried_invoices(&self) -> impl Iterator<Item = Id<ids::Invoice>> {
        self.earlier_invoices
            .iter()
            .copied()
            .chain(self.latest_invoice)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::start;
    use super::*;

    fn invoice(number: u64) -> Id<ids::Invoice> {
        Id::new(number).unwrap()
    }

    #[test]
    fn no_invoice_is_forgotten_or_known_twice() {
        let mut subscription = start(0, "2026-01-01T00:00:00Z");
        let mut pages: Vec<InvoicePage> = Vec::new();
        for number in 1..=35 {
            if let Some(page) = subscription.full_page() {
                subscription.archive(&page);
                subscription.archive(&page);
                pages.push(page);
            }
            subscription.take_in(invoice(number));
            subscription.take_in(invoice(number));
        }
        assert_eq!(
            pages.iter().map(|page| page.page).collect::<Vec<_>>(),
            [0, 1, 2]
        );
        assert!(subscription.earlier_invoices.len() <= INVOICES_ON_A_PAGE);
        let aside = pages.iter().flat_map(|page| page.invoices.iter().copied());
        let known: Vec<_> = aside.chain(subscription.carried_invoices()).collect();
        assert_eq!(known, (1..=35).map(invoice).collect::<Vec<_>>());
    }

    #[test]
    fn whoever_puts_a_page_aside_writes_the_same() {
        let mut subscription = start(0, "2026-01-01T00:00:00Z");
        for number in 1..=11 {
            subscription.take_in(invoice(number));
        }
        let page = subscription.full_page();
        subscription.take_in(invoice(12));
        assert_eq!(subscription.full_page(), page);
    }
}
