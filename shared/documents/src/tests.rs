//! Papers, read back by a PDF reader that shares no code with the writer.

use lopdf::Document;
use models::Money;

use super::*;
use crate::face::Faces;
use crate::layout::{LEFT, PAGE_HEIGHT, RIGHT, lay_out};

fn usd(minor: i64) -> String {
    amount(Money::new(minor, "USD".parse().unwrap()))
}

fn row(description: &str) -> Row {
    Row {
        description: description.to_owned(),
        detail: None,
        quantity: "1".to_owned(),
        unit_price: usd(9999),
        amount: usd(9999),
    }
}

fn party(name: &str, lines: &[&str]) -> Party {
    Party {
        name: name.to_owned(),
        lines: lines.iter().map(|line| (*line).to_owned()).collect(),
    }
}

fn total(label: &str, minor: i64, strong: bool) -> Total {
    Total {
        label: label.to_owned(),
        amount: usd(minor),
        strong,
    }
}

fn paper() -> PdfDocument {
    PdfDocument {
        kind: Kind::Invoice,
        number: "INV-2026-000001".to_owned(),
        seller: party("Acme Ltd", &["1 High Street", "London"]),
        customer: party("Jane Doe", &["jane@example.com"]),
        facts: vec![
            ("Date".to_owned(), "2026-01-15".to_owned()),
            ("Status".to_owned(), "Open".to_owned()),
        ],
        rows: vec![Row {
            detail: Some("2026-01-15 – 2026-02-15".to_owned()),
            ..row("Enterprise Pro")
        }],
        totals: vec![
            total("Subtotal", 9999, false),
            total("Amount due", 9999, true),
        ],
        notes: vec!["Thank you.".to_owned()],
    }
}

fn empty() -> PdfDocument {
    PdfDocument {
        kind: Kind::CreditNote,
        number: String::new(),
        seller: Party::default(),
        customer: Party::default(),
        facts: Vec::new(),
        rows: Vec::new(),
        totals: Vec::new(),
        notes: Vec::new(),
    }
}

fn read(paper: &PdfDocument) -> Document {
    Document::load_mem(&render(paper).unwrap()).unwrap()
}

/// The text of every page, a line for each run of text.
fn texts(paper: &PdfDocument) -> Vec<Vec<String>> {
    let document = read(paper);
    let text = |page| {
        let text = document.extract_text(&[page]).unwrap();
        let lines = text.lines().map(|line| line.trim().to_owned());
        lines.filter(|line| !line.is_empty()).collect()
    };
    document.get_pages().into_keys().map(text).collect()
}

/// The lines of a paper that has one page.
fn lines(paper: &PdfDocument) -> Vec<String> {
    let mut pages = texts(paper);
    assert_eq!(pages.len(), 1);
    pages.remove(0)
}

#[test]
fn a_paper_says_what_it_was_given_in_the_order_of_reading() {
    assert_eq!(
        lines(&paper()),
        [
            "Invoice",
            "INV-2026-000001",
            "From",
            "Bill to",
            "Date",
            "2026-01-15",
            "Acme Ltd",
            "Jane Doe",
            "Status",
            "Open",
            "1 High Street",
            "jane@example.com",
            "London",
            "Description",
            "Quantity",
            "Unit price",
            "Amount",
            "Enterprise Pro",
            "1",
            "99.99 USD",
            "99.99 USD",
            "2026-01-15 – 2026-02-15",
            "Subtotal",
            "99.99 USD",
            "Amount due",
            "99.99 USD",
            "Thank you.",
            "Invoice INV-2026-000001",
            "Page 1 of 1",
        ]
    );
}

#[test]
fn an_empty_paper_is_a_page_with_its_title() {
    assert_eq!(
        lines(&empty()),
        ["Credit note", "Credit note", "Page 1 of 1"]
    );
}

#[test]
fn the_same_paper_is_the_same_bytes() {
    assert_eq!(render(&paper()).unwrap(), render(&paper()).unwrap());
    let other = PdfDocument {
        notes: Vec::new(),
        ..paper()
    };
    assert_ne!(render(&paper()).unwrap(), render(&other).unwrap());
}

#[test]
fn a_file_tells_title_author_and_language_and_no_time() {
    let document = read(&paper());
    let info = document.trailer.get(b"Info").unwrap().as_reference();
    let info = document.get_dictionary(info.unwrap()).unwrap();
    let text = |key: &[u8]| lopdf::decode_text_string(info.get(key).unwrap()).unwrap();
    assert_eq!(text(b"Title"), "Invoice INV-2026-000001");
    assert_eq!(text(b"Author"), "Acme Ltd");
    assert!(!info.has(b"CreationDate") && !info.has(b"ModDate"));
    let catalog = document.catalog().unwrap();
    assert_eq!(catalog.get(b"Lang").unwrap().as_str().unwrap(), b"en");
    for page in document.page_iter() {
        let page = document.get_dictionary(page).unwrap();
        let frame = page.get(b"MediaBox").unwrap().as_array().unwrap();
        let frame: Vec<String> = frame
            .iter()
            .map(|edge| format!("{:.1}", edge.as_float().unwrap()))
            .collect();
        assert_eq!(frame, ["0.0", "0.0", "595.3", "841.9"]);
    }
}

#[test]
fn both_weights_are_embedded_and_searchable_and_nothing_runs() {
    let document = read(&paper());
    let dictionaries = || {
        document.objects.values().filter_map(|object| {
            let stream = object.as_stream().ok().map(|stream| &stream.dict);
            stream.or_else(|| object.as_dict().ok())
        })
    };
    let count = |key: &[u8]| dictionaries().filter(|found| found.has(key)).count();
    assert_eq!((count(b"FontFile2"), count(b"ToUnicode")), (2, 2));
    for key in [&b"JS"[..], b"AA", b"OpenAction", b"URI", b"EmbeddedFiles"] {
        assert_eq!(count(key), 0);
    }
}

#[test]
fn names_that_look_like_markup_are_printed_as_they_stand() {
    let names = [
        "<b>x</b>",
        "{{7*7}}",
        r"\input{/etc/passwd}",
        "%s %n ${env}",
        "(a) Tj ET >> endobj",
        "</Title><x>&amp;",
    ];
    let paper = PdfDocument {
        number: names[5].to_owned(),
        seller: party(names[0], &names[1..]),
        customer: party(names[5], &names),
        facts: names
            .map(|name| (name.to_owned(), name.to_owned()))
            .to_vec(),
        rows: names.map(row).to_vec(),
        notes: names.map(str::to_owned).to_vec(),
        ..paper()
    };
    let lines = lines(&paper);
    for name in names {
        let found = lines.iter().filter(|line| *line == name).count();
        assert!(found >= 4, "{name}: {found} in {lines:?}");
    }
}

#[test]
fn latin_greek_and_cyrillic_can_be_read_back() {
    let names = [
        "Łódź, Đà Nẵng, ığdır, Þór, œuvre, ß ẞ",
        "Ελληνική Εταιρεία ΑΕ, ἀρχή ᾠδή",
        "ООО «Ромашка», Київ, Ђорђе, Қазақстан",
        "€ £ ¥ ₹ ₺ ₽ ₴ ₫ ₪ ₩ ₦ ₱ ₸ ₿",
        "“quoted” — and ‘so’ on… №\u{a0}5 ½ → ✓",
    ];
    let paper = PdfDocument {
        seller: party(names[1], &[]),
        rows: names.map(row).to_vec(),
        ..paper()
    };
    let lines = lines(&paper);
    for name in names {
        assert!(lines.iter().any(|line| line == name), "{name} in {lines:?}");
    }
}

#[test]
fn what_the_font_lacks_or_nobody_sees_breaks_nothing() {
    let lines = lines(&PdfDocument {
        rows: vec![
            row("東京 café 🦀"),
            row("\u{202E}turned\u{202C} \u{2066}ro\u{200D}und\u{2069}"),
            row("one\r\n\ttwo\u{0}\u{1b}[31mthree"),
            row("e\u{301}\u{302}\u{303} שלום"),
        ],
        ..paper()
    });
    for line in [
        "�� café �",
        "turned round",
        "one   two  [31mthree",
        "é\u{302}\u{303} ����",
    ] {
        assert!(
            lines.iter().any(|found| found == line),
            "{line:?} in {lines:?}"
        );
    }
    // Every character of the first planes' beginnings, and the odd ones out.
    let all: Vec<char> = (0..0x3100)
        .chain(0xD7F0..0xE010)
        .chain(0xFB00..0x1_0010)
        .chain(0xE_0000..0xE_0200)
        .chain(0x10_FFF0..=0x10_FFFF)
        .filter_map(char::from_u32)
        .collect();
    let rows = all.chunks(300).map(|chunk| row(&String::from_iter(chunk)));
    let paper = PdfDocument {
        rows: rows.collect(),
        ..paper()
    };
    assert!(texts(&paper).len() > 3);
}

#[test]
fn a_thousand_rows_go_over_pages_that_each_begin_with_the_head_of_the_table() {
    let names: Vec<String> = (1..=1000).map(|number| format!("Item {number}")).collect();
    let paper = PdfDocument {
        rows: names.iter().map(|name| row(name)).collect(),
        ..paper()
    };
    let pages = texts(&paper);
    let count = pages.len();
    assert!((20..40).contains(&count), "{count}");
    for (index, page) in pages.iter().enumerate() {
        let place = format!("Page {} of {count}", index + 1);
        assert_eq!(page.last(), Some(&place));
        let heads = page.iter().filter(|line| *line == "Unit price").count();
        assert_eq!(heads, 1);
        if index > 0 {
            assert_eq!(page[0], "Description");
            assert!(page[4].starts_with("Item "), "{page:?}");
        }
    }
    let items = pages.iter().flatten();
    let items: Vec<&String> = items.filter(|line| line.starts_with("Item ")).collect();
    assert_eq!(items, names.iter().collect::<Vec<_>>());
    let last = pages.last().unwrap();
    for line in ["Item 1000", "Subtotal", "Amount due", "Thank you."] {
        assert!(last.iter().any(|found| found == line), "{line}");
    }
}

#[test]
fn totals_stay_together_and_with_the_last_row() {
    // However far down the page the table ends.
    for count in 20..40 {
        let paper = PdfDocument {
            rows: vec![row("Item"); count],
            totals: (1..=8)
                .map(|number| total(&format!("Sum {number}"), 1, number > 6))
                .collect(),
            ..paper()
        };
        let pages = texts(&paper);
        let page = pages
            .iter()
            .find(|page| page.iter().any(|line| line == "Sum 1"));
        let page = page.unwrap();
        assert!(page.iter().any(|line| line == "Sum 8"), "{count}");
        assert!(page.iter().any(|line| line == "Item"), "{count}");
    }
}

#[test]
fn currencies_without_and_with_three_digits_are_printed() {
    let money = |minor, code: &str| Money::new(minor, code.parse().unwrap());
    let row = |minor: i64, code: &str| Row {
        quantity: quantity(1500.into()),
        unit_price: unit_price("0.25".parse().unwrap(), code.parse().unwrap()),
        amount: amount(money(minor, code)),
        ..row("x")
    };
    let lines = lines(&PdfDocument {
        rows: vec![row(1234, "JPY"), row(-1234, "KWD")],
        ..paper()
    });
    for figure in [
        "1,500",
        "0.25 JPY",
        "1,234 JPY",
        "0.00025 KWD",
        "-1.234 KWD",
    ] {
        assert!(
            lines.iter().any(|line| line == figure),
            "{figure} in {lines:?}"
        );
    }
}

/// Texts as long as nobody writes them, everywhere.
fn endless() -> PdfDocument {
    let word = "Donaudampfschifffahrtsgesellschaftskapitän".repeat(8);
    let story = "A long story. ".repeat(500);
    PdfDocument {
        number: "W".repeat(200),
        seller: party(&word, &[&word, &story]),
        customer: party(&story, &["x"; 100]),
        facts: vec![(word.clone(), story.clone()), (story.clone(), word.clone())],
        rows: vec![
            row(&word),
            Row {
                description: story.clone(),
                detail: Some(word.clone()),
                quantity: "9".repeat(300),
                unit_price: "W".repeat(100),
                amount: story.clone(),
            },
        ],
        totals: vec![
            Total {
                label: story.clone(),
                amount: word.clone(),
                strong: true,
            },
            total("Sum", i64::MIN, false),
        ],
        notes: vec![word, story],
        ..paper()
    }
}

#[test]
fn nothing_leaves_the_page_and_nothing_covers_anything() {
    let faces = Faces::new().unwrap();
    for paper in [paper(), endless()] {
        let sheet = lay_out(&paper, &faces);
        for page in &sheet.pages {
            let mut y = 0;
            for placed in page {
                assert!(placed.top >= y, "strips overlap");
                y = placed.top + placed.strip.height;
                let mut x = LEFT;
                for run in &placed.strip.runs {
                    assert!(run.x >= x, "{} covers what is left of it", run.text);
                    x = run.x + faces.of(run.style.weight).width(&run.text, run.style.size);
                    assert!(x <= RIGHT, "{} leaves the page", run.text);
                }
            }
            assert!(y < PAGE_HEIGHT);
        }
    }
    assert!(texts(&endless()).len() > 5);
}
