//! What is printed of a credit note.

use documents::{Kind, PdfDocument, Row, Total, amount, quantity};
use models::billing::{CreditNote, CreditNoteLine, CreditNoteReason, Invoice};
use models::{Mode, Result};

use super::{TEST_MODE, party, strong, sums_of, total};

/// A credit note on paper, with the parties of its invoice. Errors where its sums leave the range, which writing it has ruled
/// out.
pub(crate) fn credit_note_pdf(
    note: &CreditNote,
    invoice: &Invoice,
    mode: Mode,
) -> Result<PdfDocument> {
    let mut notes = Vec::new();
    if !mode.is_live() {
        notes.push(TEST_MODE.to_owned());
    }
    notes.extend(note.memo.clone());
    notes.extend(invoice.footer.clone());
    Ok(PdfDocument {
        kind: Kind::CreditNote,
        number: note.number.clone(),
        seller: party(&invoice.seller, ""),
        customer: party(&invoice.customer, &note.customer_id.to_string()),
        facts: facts(note, invoice)?,
        rows: note.lines.iter().map(row).collect(),
        totals: totals(note)?,
        notes,
    })
}

fn facts(note: &CreditNote, invoice: &Invoice) -> Result<Vec<(String, String)>> {
    let mut facts = Vec::new();
    let mut fact = |label: &str, value: String| facts.push((label.to_owned(), value));
    fact("Date", note.created.date()?.to_string());
    let of = invoice.number.clone();
    fact("Invoice", of.unwrap_or_else(|| invoice.id.to_string()));
    if let Some(reason) = note.reason {
        fact("Reason", words(reason).to_owned());
    }
    fact("Reference", note.id.to_string());
    Ok(facts)
}

const fn words(reason: CreditNoteReason) -> &'static str {
    match reason {
        CreditNoteReason::Duplicate => "Duplicate",
        CreditNoteReason::Fraudulent => "Fraudulent",
        CreditNoteReason::OrderChange => "Order change",
        CreditNoteReason::ProductUnsatisfactory => "Product unsatisfactory",
    }
}

fn row(line: &CreditNoteLine) -> Row {
    Row {
        description: line.description.clone(),
        detail: None,
        quantity: line.quantity.map_or_else(String::new, quantity),
        unit_price: String::new(),
        amount: amount(line.amount),
    }
}

/// The sums, and below them where the money went.
fn totals(note: &CreditNote) -> Result<Vec<Total>> {
    let mut totals = vec![total("Subtotal", note.subtotal()?)];
    totals.extend(sums_of(
        &note.taxes,
        strong("Total credited", note.total()?),
    ));
    for (label, money) in [
        ("Owed no longer", note.before_payment),
        ("Refunded", note.refund_amount),
        ("Added to balance", note.credit_amount),
        ("Settled otherwise", note.out_of_band_amount),
    ] {
        if !money.is_zero() {
            totals.push(total(label, money));
        }
    }
    Ok(totals)
}

#[cfg(test)]
mod tests {
    use models::billing::{AppliedRate, TaxAmount};
    use models::{Id, Metadata, Money};
    use rust_decimal::Decimal;

    use super::super::testing::{NOW, finalized, line, new, sums};
    use super::*;

    fn note() -> CreditNote {
        let usd = |minor| Money::new(minor, "USD".parse().unwrap());
        let rate = AppliedRate {
            id: Id::new(7).unwrap(),
            name: "VAT".to_owned(),
            percentage: Decimal::from(20),
            inclusive: false,
        };
        let line = CreditNoteLine {
            line: 0,
            description: "Pro".to_owned(),
            quantity: Some(Decimal::ONE),
            amount: usd(10_000),
        };
        CreditNote {
            id: Id::new(8).unwrap(),
            number: "CN-2026-000001".to_owned(),
            invoice_id: Id::new(789_012).unwrap(),
            customer_id: Id::new(5).unwrap(),
            currency: "USD".parse().unwrap(),
            lines: vec![line],
            taxes: vec![TaxAmount {
                rate,
                base: usd(10_000),
                amount: usd(2000),
            }],
            before_payment: usd(6000),
            refund_amount: usd(3000),
            credit_amount: usd(2000),
            out_of_band_amount: usd(1000),
            refunds: Vec::new(),
            reason: Some(CreditNoteReason::OrderChange),
            memo: Some("Sorry.".to_owned()),
            metadata: Metadata::new(),
            created: NOW,
        }
    }

    #[test]
    fn a_credit_note_says_what_is_credited_of_which_invoice_and_where_the_money_went() {
        let invoice = finalized(new(vec![line(30_000, 1, "USD")]), 0);
        let paper = credit_note_pdf(&note(), &invoice, Mode::Live).unwrap();
        assert_eq!(
            (paper.kind, paper.number.as_str()),
            (Kind::CreditNote, "CN-2026-000001")
        );
        assert_eq!(paper.seller.name, "Acme <Ltd>");
        assert_eq!(paper.customer.name, "Example GmbH");
        let facts = [
            ("Date", "2026-01-15"),
            ("Invoice", "INV-2026-000001"),
            ("Reason", "Order change"),
            ("Reference", "cn_rs_8"),
        ];
        assert_eq!(
            paper.facts,
            facts.map(|(label, value)| (label.to_owned(), value.to_owned()))
        );
        assert_eq!(
            paper.rows,
            [Row {
                description: "Pro".to_owned(),
                detail: None,
                quantity: "1".to_owned(),
                unit_price: String::new(),
                amount: "100.00 USD".to_owned(),
            }]
        );
        assert_eq!(
            sums(&paper),
            [
                ("Subtotal", "100.00 USD", false),
                ("VAT 20 %", "20.00 USD", false),
                ("Total credited", "120.00 USD", true),
                ("Owed no longer", "60.00 USD", false),
                ("Refunded", "30.00 USD", false),
                ("Added to balance", "20.00 USD", false),
                ("Settled otherwise", "10.00 USD", false),
            ]
        );
        assert_eq!(paper.notes, ["Sorry."]);
        let paper = credit_note_pdf(&note(), &invoice, Mode::Test).unwrap();
        assert!(paper.notes[0].contains("test mode"), "{:?}", paper.notes);
    }
}
