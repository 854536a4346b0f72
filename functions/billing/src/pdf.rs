//! What is printed of an invoice.

mod credit_note;
#[cfg(test)]
mod testing;

use documents::{Kind, Party, PdfDocument, Row, Total, amount, quantity, unit_price};
use models::billing::{self, Invoice, InvoiceStatus, LineItem, TaxAmount};
use models::time::Period;
use models::{Mode, Money, Result};
use rust_decimal::Decimal;

pub(crate) use credit_note::credit_note_pdf;

/// An invoice on paper: its parties as they were when it was made. Errors where its sums leave the range, which writing it has
/// ruled out.
pub(crate) fn invoice_pdf(invoice: &Invoice, mode: Mode) -> Result<PdfDocument> {
    let number = invoice.number.clone();
    Ok(PdfDocument {
        kind: Kind::Invoice,
        number: number.unwrap_or_else(|| "Draft".to_owned()),
        seller: party(&invoice.seller, ""),
        customer: party(&invoice.customer, &invoice.customer_id.to_string()),
        facts: facts(invoice)?,
        rows: invoice
            .lines
            .iter()
            .map(|line| row(line, invoice.period))
            .collect::<Result<_>>()?,
        totals: totals(invoice)?,
        notes: notes(invoice, mode)?,
    })
}

/// Who has no name goes by `otherwise`.
fn party(party: &billing::Party, otherwise: &str) -> Party {
    let tax_id = party.tax_id.as_ref().map(|id| format!("Tax ID {id}"));
    let name = Some(&party.name).filter(|name| !name.is_empty());
    let mut lines = party.lines.clone();
    lines.extend(tax_id);
    lines.extend(party.email.clone());
    Party {
        name: name.map_or_else(|| otherwise.to_owned(), Clone::clone),
        lines,
    }
}

fn facts(invoice: &Invoice) -> Result<Vec<(String, String)>> {
    let mut facts = Vec::new();
    let mut fact = |label: &str, value: String| facts.push((label.to_owned(), value));
    let date = invoice.finalized_at.unwrap_or(invoice.created);
    fact("Date", date.date()?.to_string());
    if let Some(due) = invoice.due_date {
        fact("Due", due.to_string());
    }
    if invoice.period.end > invoice.period.start {
        fact("Period", days(invoice.period)?);
    }
    fact("Status", status(invoice.status).to_owned());
    if let Some(paid_at) = invoice.paid_at {
        fact("Paid", paid_at.date()?.to_string());
    }
    if let Some(method) = &invoice.payment_method {
        fact("Paid with", method.replace('_', " "));
    }
    fact("Reference", invoice.id.to_string());
    Ok(facts)
}

fn days(period: Period) -> Result<String> {
    Ok(format!("{} – {}", period.start.date()?, period.end.date()?))
}

const fn status(status: InvoiceStatus) -> &'static str {
    match status {
        InvoiceStatus::Draft => "Draft",
        InvoiceStatus::Open => "Open",
        InvoiceStatus::Paid => "Paid",
        InvoiceStatus::Void => "Void",
        InvoiceStatus::Uncollectible => "Uncollectible",
    }
}

/// A price of one that does not make the amount (tiers, free units, a part of a period) is left out: it would not add up.
fn row(line: &LineItem, period: Period) -> Result<Row> {
    let own = line.period.filter(|own| *own != period);
    let makes = |unit: &Decimal| {
        let exact = unit.checked_mul(line.quantity);
        exact.and_then(|exact| Money::rounded(exact, line.amount.currency()).ok())
            == Some(line.amount)
    };
    let unit = line.unit_amount().filter(makes);
    Ok(Row {
        description: line.description.clone(),
        detail: own.map(days).transpose()?,
        quantity: quantity(line.quantity),
        unit_price: unit.map_or_else(String::new, |unit| unit_price(unit, line.amount.currency())),
        amount: amount(line.amount),
    })
}

fn total(label: &str, money: Money) -> Total {
    Total {
        label: label.to_owned(),
        amount: amount(money),
        strong: false,
    }
}

fn strong(label: &str, money: Money) -> Total {
    Total {
        strong: true,
        ..total(label, money)
    }
}

/// `VAT 20 %`, or `incl. VAT 20 %` where the amounts contain it.
fn tax(tax: &TaxAmount) -> Total {
    let rate = &tax.rate;
    let percentage = rate.percentage.normalize();
    let contained = if rate.inclusive { "incl. " } else { "" };
    total(
        &format!("{contained}{} {percentage} %", rate.name),
        tax.amount,
    )
}

/// A total among its taxes: those that it is the sum of come before it, those that it contains come after it.
fn sums_of(taxes: &[TaxAmount], total: Total) -> Vec<Total> {
    let (contained, on_top): (Vec<_>, Vec<_>) = taxes.iter().partition(|tax| tax.rate.inclusive);
    let mut totals: Vec<Total> = on_top.into_iter().map(tax).collect();
    totals.push(total);
    totals.extend(contained.into_iter().map(tax));
    totals
}

/// What adds up, down to what is due.
fn totals(invoice: &Invoice) -> Result<Vec<Total>> {
    let zero = Money::zero(invoice.currency);
    let mut totals = vec![total("Subtotal", invoice.subtotal()?)];
    if let Some(discount) = &invoice.discount {
        let label = format!("Discount ({})", discount.coupon_id);
        totals.push(total(&label, zero.minus(discount.amount)?));
    }
    totals.extend(sums_of(&invoice.taxes, strong("Total", invoice.total()?)));
    let balance = invoice.balance_applied.unwrap_or(zero);
    let label = if balance.minor() < 0 {
        "Added to balance"
    } else {
        "Paid from balance"
    };
    let credited = invoice.credited.as_ref();
    let credited = credited.map_or(zero, |credited| credited.before_payment);
    for (label, money) in [
        (label, balance),
        ("Credited", credited),
        ("Paid", invoice.amount_paid),
    ] {
        if !money.is_zero() {
            totals.push(total(label, zero.minus(money)?));
        }
    }
    totals.push(strong("Amount due", invoice.amount_remaining()?));
    let refunded = invoice.amount_refunded();
    if !refunded.is_zero() {
        totals.push(total("Refunded", refunded));
    }
    Ok(totals)
}

fn notes(invoice: &Invoice, mode: Mode) -> Result<Vec<String>> {
    let mut notes = Vec::new();
    if !mode.is_live() {
        notes.push(TEST_MODE.to_owned());
    }
    if let Some(credited) = &invoice.credited {
        let after = credited.total.minus(credited.before_payment)?;
        if !after.is_zero() {
            let after = amount(after);
            notes.push(format!("{after} of what was paid has been credited since."));
        }
    }
    notes.extend(invoice.footer.clone());
    Ok(notes)
}

/// What a paper of test mode says before anything else.
const TEST_MODE: &str = "Made in test mode: nothing is owed and nothing was paid.";

#[cfg(test)]
mod tests {
    use models::Id;
    use models::billing::{AppliedRate, Credited, Discount, Duration, Fraction, Terms};

    use super::testing::{NOW, draft, finalized, line, new, sums};
    use super::*;

    fn rate(percentage: &str, inclusive: bool) -> AppliedRate {
        AppliedRate {
            id: Id::new(7).unwrap(),
            name: "VAT".to_owned(),
            percentage: percentage.parse().unwrap(),
            inclusive,
        }
    }

    fn pairs(facts: &[(String, String)]) -> Vec<(&str, &str)> {
        let pairs = facts.iter();
        pairs
            .map(|(label, value)| (label.as_str(), value.as_str()))
            .collect()
    }

    #[test]
    fn an_open_invoice_says_who_owes_whom_what_and_until_when() {
        let invoice = finalized(new(vec![line(9999, 3, "USD")]), 0);
        let paper = invoice_pdf(&invoice, Mode::Live).unwrap();
        assert_eq!(
            (paper.kind, paper.number.as_str()),
            (Kind::Invoice, "INV-2026-000001")
        );
        assert_eq!(paper.seller.name, "Acme <Ltd>");
        assert_eq!(
            paper.seller.lines,
            [
                "1 Main St",
                "London",
                "Tax ID GB123456789",
                "owner@acme.example"
            ]
        );
        assert_eq!(paper.customer.name, "Example GmbH");
        assert_eq!(paper.customer.lines, ["jo@example.com"]);
        assert_eq!(
            pairs(&paper.facts),
            [
                ("Date", "2026-01-15"),
                ("Due", "2026-02-14"),
                ("Period", "2026-01-15 – 2026-02-15"),
                ("Status", "Open"),
                ("Reference", "inv_rs_789012"),
            ]
        );
        assert_eq!(
            paper.rows,
            [Row {
                description: "Pro {{seats}}".to_owned(),
                detail: None,
                quantity: "3".to_owned(),
                unit_price: "99.99 USD".to_owned(),
                amount: "299.97 USD".to_owned(),
            }]
        );
        assert_eq!(
            sums(&paper),
            [
                ("Subtotal", "299.97 USD", false),
                ("Total", "299.97 USD", true),
                ("Amount due", "299.97 USD", true),
            ]
        );
        assert_eq!(paper.notes, [""; 0]);
    }

    #[test]
    fn the_sums_add_up_from_the_lines_to_what_is_due() {
        let mut new = new(vec![line(10_000, 1, "USD")]);
        new.discount = Some(Discount {
            coupon_id: "welcome".parse().unwrap(),
            name: "Welcome".to_owned(),
            terms: Terms::Percent(Decimal::from(25)),
            duration: Duration::Once,
            start: NOW,
            end: None,
            used: false,
        });
        new.rates = vec![rate("20.0", false)];
        new.footer = Some("Thank you.".to_owned());
        let mut invoice = finalized(new, 1000);
        invoice
            .receive(Money::new(3000, invoice.currency), NOW)
            .unwrap();
        invoice.credited = Some(Credited {
            total: Money::new(700, invoice.currency),
            before_payment: Money::new(600, invoice.currency),
            lines: Vec::new(),
            taxes: Vec::new(),
            quantities: Vec::new(),
            refunds: None,
            unused: None,
        });
        let paper = invoice_pdf(&invoice, Mode::Live).unwrap();
        assert_eq!(
            sums(&paper),
            [
                ("Subtotal", "100.00 USD", false),
                ("Discount (welcome)", "-25.00 USD", false),
                ("VAT 20 %", "15.00 USD", false),
                ("Total", "90.00 USD", true),
                ("Paid from balance", "-10.00 USD", false),
                ("Credited", "-6.00 USD", false),
                ("Paid", "-30.00 USD", false),
                ("Amount due", "44.00 USD", true),
            ]
        );
        assert_eq!(
            paper.notes,
            [
                "1.00 USD of what was paid has been credited since.",
                "Thank you."
            ]
        );
    }

    #[test]
    fn a_tax_that_the_total_contains_comes_after_it() {
        let mut new = new(vec![line(12_000, 1, "USD")]);
        new.rates = vec![rate("20", true)];
        let paper = invoice_pdf(&finalized(new, 0), Mode::Live).unwrap();
        assert_eq!(
            sums(&paper)[1..],
            [
                ("Total", "120.00 USD", true),
                ("incl. VAT 20 %", "20.00 USD", false),
                ("Amount due", "120.00 USD", true),
            ]
        );
    }

    #[test]
    fn what_is_paid_or_void_is_not_due() {
        let mut paid = finalized(new(vec![line(1500, 3, "JPY")]), 0);
        paid.receive(paid.total().unwrap(), NOW.plus_days(1))
            .unwrap();
        paid.payment_method = Some("card_ending_4242".to_owned());
        let paper = invoice_pdf(&paid, Mode::Test).unwrap();
        for fact in [
            ("Status", "Paid"),
            ("Paid", "2026-01-16"),
            ("Paid with", "card ending 4242"),
        ] {
            assert!(pairs(&paper.facts).contains(&fact), "{:?}", paper.facts);
        }
        assert_eq!(
            sums(&paper)[1..],
            [
                ("Total", "4,500 JPY", true),
                ("Paid", "-4,500 JPY", false),
                ("Amount due", "0 JPY", true),
            ]
        );
        assert!(paper.notes[0].contains("test mode"), "{:?}", paper.notes);
        let mut void = finalized(new(vec![line(1500, 1, "KWD")]), 0);
        void.void(NOW).unwrap();
        let paper = invoice_pdf(&void, Mode::Live).unwrap();
        assert!(pairs(&paper.facts).contains(&("Status", "Void")));
        assert_eq!(
            sums(&paper).last(),
            Some(&("Amount due", "0.000 KWD", true))
        );
    }

    #[test]
    fn what_is_given_up_is_still_due_and_what_is_given_back_is_the_customers() {
        let mut given_up = finalized(new(vec![line(100, 1, "USD")]), 0);
        given_up.mark_uncollectible(NOW).unwrap();
        let paper = invoice_pdf(&given_up, Mode::Live).unwrap();
        assert!(pairs(&paper.facts).contains(&("Status", "Uncollectible")));
        assert_eq!(sums(&paper).last(), Some(&("Amount due", "1.00 USD", true)));
        let back = finalized(new(vec![line(-2477, 1, "USD")]), 0);
        assert_eq!(
            sums(&invoice_pdf(&back, Mode::Live).unwrap())[1..],
            [
                ("Total", "-24.77 USD", true),
                ("Added to balance", "24.77 USD", false),
                ("Amount due", "0.00 USD", true),
            ]
        );
    }

    #[test]
    fn a_draft_has_neither_number_nor_due_date_and_its_customer_perhaps_no_name() {
        let mut new = new(vec![line(100, 1, "USD")]);
        new.customer = billing::Party::default();
        new.period.end = new.period.start;
        let paper = invoice_pdf(&draft(new), Mode::Live).unwrap();
        assert_eq!(paper.number, "Draft");
        assert_eq!(paper.customer.name, "cust_rs_5");
        assert_eq!(
            pairs(&paper.facts),
            [
                ("Date", "2026-01-15"),
                ("Status", "Draft"),
                ("Reference", "inv_rs_789012"),
            ]
        );
    }

    #[test]
    fn a_part_of_a_period_is_named_and_a_price_that_does_not_make_the_amount_is_not() {
        let mut part = line(1000, 3, "USD");
        part.basis.fraction = Some(Fraction { part: 1, whole: 2 });
        part.amount = part.derive("USD".parse().unwrap()).unwrap().amount;
        part.period = Some(Period {
            start: NOW.plus_days(10),
            end: NOW.plus_days(31),
        });
        let paper = invoice_pdf(&finalized(new(vec![part]), 0), Mode::Live).unwrap();
        assert_eq!(
            paper.rows,
            [Row {
                description: "Pro {{seats}}".to_owned(),
                detail: Some("2026-01-25 – 2026-02-15".to_owned()),
                quantity: "3".to_owned(),
                unit_price: String::new(),
                amount: "15.00 USD".to_owned(),
            }]
        );
    }
}
