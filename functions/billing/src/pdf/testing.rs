//! Invoices that the tests of papers print.

use documents::PdfDocument;
use models::billing::{
    self, Basis, BillingReason, Charge, CollectionMethod, Invoice, LineItem, NewInvoice,
    PricingModel,
};
use models::time::Period;
use models::{Id, Metadata, Money, Timestamp, Zone};
use rust_decimal::Decimal;

pub(super) const NOW: Timestamp = Timestamp::from_seconds(1_768_478_400);

pub(super) fn line(unit_minor: i64, quantity: i64, code: &str) -> LineItem {
    let charge = Charge {
        model: PricingModel::PerUnit,
        amount: Decimal::from(unit_minor),
        ..Charge::default()
    };
    let basis = Basis {
        charge,
        ..Basis::default()
    };
    let quantity = Decimal::from(quantity);
    LineItem::new(
        "Pro {{seats}}".into(),
        quantity,
        basis,
        code.parse().unwrap(),
    )
    .unwrap()
}

pub(super) fn new(lines: Vec<LineItem>) -> NewInvoice {
    NewInvoice {
        customer_id: Id::new(5).unwrap(),
        subscription_id: Some(Id::new(6).unwrap()),
        billing_reason: BillingReason::SubscriptionCycle,
        revision: 0,
        currency: lines[0].amount.currency(),
        lines,
        discount: None,
        rates: Vec::new(),
        period: Period {
            start: NOW,
            end: NOW.plus_days(31),
        },
        collection_method: CollectionMethod::SendInvoice,
        days_until_due: 30,
        seller: billing::Party {
            name: "Acme <Ltd>".to_owned(),
            lines: vec!["1 Main St".to_owned(), "London".to_owned()],
            email: Some("owner@acme.example".to_owned()),
            tax_id: Some("GB123456789".to_owned()),
        },
        customer: billing::Party {
            name: "Example GmbH".to_owned(),
            email: Some("jo@example.com".to_owned()),
            ..billing::Party::default()
        },
        footer: None,
        metadata: Metadata::new(),
    }
}

pub(super) fn draft(new: NewInvoice) -> Invoice {
    Invoice::draft(Id::new(789_012).unwrap(), new, NOW).unwrap()
}

/// Final, with what the customer's balance holds.
pub(super) fn finalized(new: NewInvoice, credit: i64) -> Invoice {
    let mut invoice = draft(new);
    let credit = Money::new(credit, invoice.currency);
    let number = "INV-2026-000001".to_owned();
    invoice
        .finalize(number, credit, &Zone::default(), NOW)
        .unwrap();
    invoice
}

pub(super) fn sums(paper: &PdfDocument) -> Vec<(&str, &str, bool)> {
    let sums = paper.totals.iter();
    sums.map(|total| (total.label.as_str(), total.amount.as_str(), total.strong))
        .collect()
}
