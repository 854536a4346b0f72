//! Prints papers to look at: `cargo run -p documents --example sample -- /tmp/papers`.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a tool for whoever changes the layout"
)]

use std::path::PathBuf;

use documents::{Kind, Party, PdfDocument, Row, Total, amount, quantity, render, unit_price};
use models::{Currency, Money};
use rust_decimal::Decimal;

fn main() {
    let folder = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| ".".to_owned()));
    std::fs::create_dir_all(&folder).unwrap();
    let papers = [
        ("simple", simple()),
        ("long", long()),
        ("scripts", scripts()),
        ("odd", odd()),
        ("empty", empty()),
    ];
    for (name, paper) in papers {
        let begun = std::time::Instant::now();
        let pdf = render(&paper).unwrap();
        let file = folder.join(name).with_extension("pdf");
        println!(
            "{}: {} bytes, {:?}",
            file.display(),
            pdf.len(),
            begun.elapsed()
        );
        std::fs::write(file, pdf).unwrap();
    }
}

fn party(name: &str, lines: &[&str]) -> Party {
    Party {
        name: name.to_owned(),
        lines: lines.iter().map(|line| (*line).to_owned()).collect(),
    }
}

fn row(description: &str, detail: &str, count: i64, minor: Decimal, code: &str) -> Row {
    let currency: Currency = code.parse().unwrap();
    let sum = minor * Decimal::from(count);
    Row {
        description: description.to_owned(),
        detail: Some(detail.to_owned()).filter(|detail| !detail.is_empty()),
        quantity: quantity(Decimal::from(count)),
        unit_price: unit_price(minor, currency),
        amount: amount(Money::new(sum.round().try_into().unwrap(), currency)),
    }
}

fn total(label: &str, minor: i64, strong: bool) -> Total {
    Total {
        label: label.to_owned(),
        amount: amount(Money::new(minor, "USD".parse().unwrap())),
        strong,
    }
}

fn fact(label: &str, value: &str) -> (String, String) {
    (label.to_owned(), value.to_owned())
}

fn simple() -> PdfDocument {
    PdfDocument {
        kind: Kind::Invoice,
        number: "INV-2026-000001".to_owned(),
        seller: party(
            "Acme Software Ltd",
            &["12 High Street", "London N1 9GU", "United Kingdom", "VAT GB123456789", "billing@acme.example"],
        ),
        customer: party("Jane Doe", &["Example GmbH", "Hauptstraße 5", "10115 Berlin", "jane@example.com"]),
        facts: vec![
            fact("Date", "2026-01-15"),
            fact("Due", "2026-02-14"),
            fact("Period", "2026-01-15 – 2026-02-15"),
            fact("Status", "Open"),
            fact("Reference", "PO 4711/2026 of the purchasing department"),
        ],
        rows: vec![
            row("Enterprise Pro", "2026-01-15 – 2026-02-15", 1, Decimal::from(9999), "USD"),
            row("API calls", "First 1,000 free → then by volume", 1_500_000, Decimal::new(25, 2), "USD"),
            row("Credit for 12 unused days of the plan Starter", "", 1, Decimal::from(-1935), "USD"),
        ],
        totals: vec![
            total("Subtotal", 383_064, false),
            total("Discount SPRING (10 %)", -38_306, false),
            total("VAT 20 %", 68_952, false),
            total("Total", 413_710, true),
            total("Paid", -100_000, false),
            total("Amount due", 313_710, true),
        ],
        notes: vec![
            "Thank you for your business. Please pay within 30 days by bank transfer to the account below, and give the number of this invoice as reference.".to_owned(),
            "IBAN GB33 BUKB 2020 1555 5555 55 · BIC BUKBGB22".to_owned(),
        ],
    }
}

fn long() -> PdfDocument {
    let row = |n: i64| {
        let detail = if n % 7 == 0 {
            "Europe (Frankfurt), compute optimised, reserved for one year, paid monthly; see the agreement of 3 March for the conditions that apply to instances which are stopped"
        } else {
            ""
        };
        row(
            &format!("Instance hours, region {n}"),
            detail,
            n,
            Decimal::from(1234),
            "USD",
        )
    };
    PdfDocument {
        rows: (1..=1000).map(row).collect(),
        ..simple()
    }
}

fn scripts() -> PdfDocument {
    PdfDocument {
        kind: Kind::CreditNote,
        number: "CN-2026-000042".to_owned(),
        seller: party(
            "Ελληνική Εταιρεία ΑΕ",
            &["Οδός Πανεπιστημίου 5", "Αθήνα 106 71", "ΑΦΜ EL123456789"],
        ),
        customer: party(
            "ООО «Ромашка»",
            &[
                "ул. Ленина, д. 1",
                "Київ, Україна",
                "Łódź Žižkov Đà Nẵng",
                "東京 שלום العربية 🦀",
            ],
        ),
        rows: vec![
            row(
                "Τόνοι καφέ — ΚΑΦΕΣ ἀρχή ᾠδή",
                "Ame\u{301}lie, decomposed",
                3,
                Decimal::from(1500),
                "JPY",
            ),
            row(
                "Кофе в зёрнах № 5",
                "Їжачок, Ѓорѓи, Қазақстан",
                2,
                Decimal::from(12_345),
                "KWD",
            ),
            row(
                "Äpfel, œufs, smørrebrød, żółć, ığdır, þing",
                "€ $ £ ¥ ₹ ₺ ₽ ₴ ₫ ₪ ₩ ₦ ₱ ₸ ₿ ™ © ½ ≤ ≥ ✓ ☐",
                1,
                Decimal::from(1),
                "EUR",
            ),
            row(
                "Turned \u{202E}round\u{202C} and z\u{300}\u{301}\u{302}\u{303}\u{304}a\u{316}\u{317}lgo",
                "tab\there\nline",
                1,
                Decimal::from(1),
                "EUR",
            ),
        ],
        ..simple()
    }
}

fn odd() -> PdfDocument {
    let word = "Donaudampfschifffahrtsgesellschaftskapitän".repeat(6);
    PdfDocument {
        number: "X".repeat(90),
        seller: party(
            "<b>x</b> {{7*7}} \\input{/etc/passwd} %s ${env}",
            &[&word, "<script>alert(1)</script>"],
        ),
        customer: party(
            &word,
            &[
                "https://example.com/a/very/long/path/to/something?with=query&and=more",
                &"long line ".repeat(12),
            ],
        ),
        facts: vec![
            fact(&word, &word),
            fact("Short", "x"),
            fact("", "no label"),
            fact("no value", ""),
        ],
        rows: vec![
            row(&word, &word, 1, Decimal::from(1), "USD"),
            row(
                "<b>x</b> {{7*7}} \\input{} %s ${env}",
                "-- ' OR 1=1; <!-- ]]> &amp; (a) /Type /Page",
                99_999_999,
                Decimal::new(123_456_789, 8),
                "USD",
            ),
            row(
                "The largest amount",
                "",
                1,
                Decimal::from(99_999_999_999_999_i64),
                "USD",
            ),
            row(
                &"A long story. ".repeat(300),
                "",
                1,
                Decimal::from(1),
                "USD",
            ),
            Row {
                amount: "W".repeat(80),
                quantity: "9".repeat(40),
                ..row("Figures without end", "", 1, Decimal::from(1), "USD")
            },
        ],
        totals: vec![
            total(&"A label without end ".repeat(6), 1, false),
            total("Total", 99_999_999_999_999, true),
        ],
        notes: vec![word, "https://example.com/".repeat(20)],
        ..simple()
    }
}

fn empty() -> PdfDocument {
    PdfDocument {
        kind: Kind::Invoice,
        number: String::new(),
        seller: Party::default(),
        customer: Party::default(),
        facts: Vec::new(),
        rows: Vec::new(),
        totals: Vec::new(),
        notes: Vec::new(),
    }
}
