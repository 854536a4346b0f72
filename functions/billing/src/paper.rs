//! What is printed of an invoice.

use documents::{Kind, Paper, Party, Row, Total, amount, quantity, unit_price};
use models::billing::{Invoice, InvoiceStatus, LineItem};
use models::crm::Customer;
use models::platform::Account;
use models::{Mode, Money, Result};
use rust_decimal::Decimal;

/// An invoice on paper. A customer who was deleted is only an id. Errors where its sums leave the range, which writing it has
/// ruled out.
pub(crate) fn paper_of(
    invoice: &Invoice,
    account: &Account,
    customer: Option<&Customer>,
    mode: Mode,
) -> Result<Paper> {
    let mut notes = Vec::new();
    if !mode.is_live() {
        notes.push("Made in test mode: nothing is owed and nothing was paid.".to_owned());
    }
    Ok(Paper {
        kind: Kind::Invoice,
        number: invoice.number.clone(),
        seller: seller(account),
        customer: customer.map_or_else(
            || Party {
                name: invoice.customer_id.to_string(),
                lines: Vec::new(),
            },
            buyer,
        ),
        facts: facts(invoice)?,
        rows: invoice.lines.iter().map(row).collect(),
        totals: totals(invoice)?,
        notes,
    })
}

fn seller(account: &Account) -> Party {
    Party {
        name: account.name.clone(),
        lines: vec![account.country.clone(), account.email.clone()],
    }
}

/// The company, then the person; whoever has no name goes by e-mail, telephone or id.
fn buyer(customer: &Customer) -> Party {
    let profile = &customer.profile;
    let company = profile
        .company
        .as_ref()
        .and_then(|company| company.name.clone());
    let names = [profile.first_name.as_deref(), profile.last_name.as_deref()];
    let person = names.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let mut lines = [
        company,
        Some(person),
        profile.email.clone(),
        profile.phone.clone(),
    ]
    .into_iter()
    .flatten()
    .filter(|line| !line.is_empty());
    Party {
        name: lines.next().unwrap_or_else(|| customer.id.to_string()),
        lines: lines.collect(),
    }
}

fn facts(invoice: &Invoice) -> Result<Vec<(String, String)>> {
    let fact = |label: &str, value: String| (label.to_owned(), value);
    let (start, end) = (invoice.period.start.date()?, invoice.period.end.date()?);
    let mut facts = vec![
        fact("Date", invoice.finalized_at.date()?.to_string()),
        fact("Due", invoice.due_date.to_string()),
        fact("Period", format!("{start} – {end}")),
        fact("Status", status(invoice.status).to_owned()),
    ];
    if let Some(paid_at) = invoice.paid_at {
        facts.push(fact("Paid", paid_at.date()?.to_string()));
    }
    if let Some(method) = &invoice.payment_method {
        facts.push(fact("Paid with", method.replace('_', " ")));
    }
    facts.push(fact("Reference", invoice.id.to_string()));
    Ok(facts)
}

const fn status(status: InvoiceStatus) -> &'static str {
    match status {
        InvoiceStatus::Open => "Open",
        InvoiceStatus::Paid => "Paid",
        InvoiceStatus::Void => "Void",
    }
}

fn row(line: &LineItem) -> Row {
    let price = Decimal::from(line.unit_amount.minor());
    Row {
        description: line.description.clone(),
        detail: None,
        quantity: quantity(Decimal::from(line.quantity)),
        unit_price: unit_price(price, line.unit_amount.currency()),
        amount: amount(line.amount),
    }
}

fn totals(invoice: &Invoice) -> Result<Vec<Total>> {
    let total = |label: &str, money: Money, strong| Total {
        label: label.to_owned(),
        amount: amount(money),
        strong,
    };
    let mut totals = vec![
        total("Subtotal", invoice.subtotal()?, false),
        total("Total", invoice.total()?, true),
    ];
    if !invoice.amount_paid.is_zero() {
        let paid = Money::zero(invoice.currency).minus(invoice.amount_paid)?;
        totals.push(total("Paid", paid, false));
    }
    totals.push(total("Amount due", invoice.amount_remaining()?, true));
    Ok(totals)
}

#[cfg(test)]
mod tests {
    use models::billing::{BillingReason, CollectionMethod, NewInvoice};
    use models::crm::{Company, Profile};
    use models::time::Period;
    use models::{Id, Timestamp};

    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_768_478_400);

    fn account() -> Account {
        Account {
            id: Id::new(1).unwrap(),
            name: "Acme <Ltd>".to_owned(),
            email: "owner@acme.example".to_owned(),
            country: "GB".to_owned(),
            currency: "USD".parse().unwrap(),
            time_zone: "Europe/London".to_owned(),
            created: NOW,
        }
    }

    fn customer(profile: Profile) -> Customer {
        Customer::new(Id::new(5).unwrap(), profile, NOW)
    }

    /// An open invoice over three seats.
    fn invoice(unit_minor: i64, code: &str) -> Invoice {
        let period = Period {
            start: NOW,
            end: NOW.plus_days(31),
        };
        let unit_amount = Money::new(unit_minor, code.parse().unwrap());
        let new = NewInvoice {
            customer_id: Id::new(5).unwrap(),
            subscription_id: Id::new(6).unwrap(),
            billing_reason: BillingReason::SubscriptionCycle,
            currency: unit_amount.currency(),
            lines: vec![LineItem {
                description: "Pro {{seats}}".to_owned(),
                quantity: 3,
                unit_amount,
                amount: unit_amount.times(3).unwrap(),
                period,
            }],
            period,
            collection_method: CollectionMethod::SendInvoice,
            days_until_due: 30,
        };
        Invoice::finalize(
            Id::new(789_012).unwrap(),
            "INV-2026-000001".to_owned(),
            new,
            NOW,
        )
        .unwrap()
    }

    fn printed(invoice: &Invoice, mode: Mode) -> Paper {
        let customer = customer(Profile {
            email: Some("jo@example.com".to_owned()),
            first_name: Some("Jo".to_owned()),
            last_name: Some("Doe".to_owned()),
            phone: Some("+1 555 0100".to_owned()),
            company: Some(Company {
                name: Some("Example GmbH".to_owned()),
                ..Company::default()
            }),
            ..Profile::default()
        });
        paper_of(invoice, &account(), Some(&customer), mode).unwrap()
    }

    fn pairs(facts: &[(String, String)]) -> Vec<(&str, &str)> {
        let pairs = facts.iter();
        pairs
            .map(|(label, value)| (label.as_str(), value.as_str()))
            .collect()
    }

    fn sums(paper: &Paper) -> Vec<(&str, &str, bool)> {
        let sums = paper.totals.iter();
        sums.map(|total| (total.label.as_str(), total.amount.as_str(), total.strong))
            .collect()
    }

    #[test]
    fn an_open_invoice_says_who_owes_whom_what_and_until_when() {
        let paper = printed(&invoice(9999, "USD"), Mode::Live);
        assert_eq!(
            (paper.kind, paper.number.as_str()),
            (Kind::Invoice, "INV-2026-000001")
        );
        assert_eq!(paper.seller.name, "Acme <Ltd>");
        assert_eq!(paper.seller.lines, ["GB", "owner@acme.example"]);
        assert_eq!(paper.customer.name, "Example GmbH");
        assert_eq!(
            paper.customer.lines,
            ["Jo Doe", "jo@example.com", "+1 555 0100"]
        );
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
    fn what_is_paid_or_void_is_not_due() {
        let mut paid = invoice(1500, "JPY");
        paid.status = InvoiceStatus::Paid;
        paid.amount_paid = paid.total().unwrap();
        paid.paid_at = Some(NOW.plus_days(1));
        paid.payment_method = Some("card_ending_4242".to_owned());
        let paper = printed(&paid, Mode::Test);
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

        let mut void = invoice(1500, "KWD");
        void.status = InvoiceStatus::Void;
        let paper = printed(&void, Mode::Live);
        assert!(pairs(&paper.facts).contains(&("Status", "Void")));
        assert_eq!(
            sums(&paper).last(),
            Some(&("Amount due", "0.000 KWD", true))
        );
    }

    #[test]
    fn a_customer_without_a_name_goes_by_what_there_is() {
        let named = |profile| buyer(&customer(profile)).name;
        let email = Some("jo@example.com".to_owned());
        let phone = Some("+1 555 0100".to_owned());
        let both = Profile {
            email,
            phone: phone.clone(),
            ..Profile::default()
        };
        assert_eq!(named(both), "jo@example.com");
        let only = Profile {
            phone,
            ..Profile::default()
        };
        assert_eq!(named(only), "+1 555 0100");
        assert_eq!(named(Profile::default()), "cust_rs_5");
        let deleted = paper_of(&invoice(1, "USD"), &account(), None, Mode::Live).unwrap();
        assert_eq!(deleted.customer.name, "cust_rs_5");
    }
}
