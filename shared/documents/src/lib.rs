//! Invoices and credit notes on paper: data in, an A4 PDF out.
//!
//! A [`PdfDocument`] is texts and nothing else. None of them is a template or markup: `<b>{{name}}</b>` prints as it stands. What a
//! line holds is decided here, by measuring; what it says is decided by the caller, with the help of [`amount`], [`quantity`]
//! and [`unit_price`].
//!
//! # Determinations
//! - The same paper gives the same bytes: no time, no chance, no name of a machine is in them.
//! - Texts are composed (NFC) and set character by character in Noto Sans, which has Latin, Greek and Cyrillic. A character
//!   that it lacks prints as `�`; one that steers and shows nothing (controls, direction marks, joiners) is left out.
//! - Line breaks inside a text are spaces. Whoever wants lines gives lines.
//! - Labels are English.
#![warn(missing_docs)]

mod draw;
mod face;
mod figures;
mod layout;
mod pages;
mod strip;
mod text;

#[cfg(test)]
mod tests;

pub use figures::{amount, quantity, unit_price};

/// What a paper is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// What is owed.
    Invoice,
    /// What is owed no longer.
    CreditNote,
}

impl Kind {
    /// The word at the head of the paper.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Invoice => "Invoice",
            Self::CreditNote => "Credit note",
        }
    }

    /// The words above the customer.
    const fn customer(self) -> &'static str {
        match self {
            Self::Invoice => "Bill to",
            Self::CreditNote => "Credit to",
        }
    }
}

/// Who sells, or who buys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Party {
    /// The name, which is printed bold.
    pub name: String,
    /// Address, registration numbers, e-mail: a line each.
    pub lines: Vec<String>,
}

/// One row of the table. An empty figure prints as nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row {
    /// What for.
    pub description: String,
    /// What else there is to say of it, smaller.
    pub detail: Option<String>,
    /// How many, as [`quantity`] writes it.
    pub quantity: String,
    /// One of them, as [`unit_price`] writes it.
    pub unit_price: String,
    /// All of them, as [`amount`] writes it.
    pub amount: String,
}

/// One line below the table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Total {
    /// What it is the sum of.
    pub label: String,
    /// The sum, as [`amount`] writes it.
    pub amount: String,
    /// Whether it is one that the reader looks for: printed bold, below a rule.
    pub strong: bool,
}

/// Everything that is on a paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PdfDocument {
    /// What it is.
    pub kind: Kind,
    /// Its number in the books; empty while it has none.
    pub number: String,
    /// Who issues it.
    pub seller: Party,
    /// Whom it is for.
    pub customer: Party,
    /// Label and value: date, due date, period, status, reference.
    pub facts: Vec<(String, String)>,
    /// What for.
    pub rows: Vec<Row>,
    /// The sums.
    pub totals: Vec<Total>,
    /// What else must be said, a paragraph each.
    pub notes: Vec<String>,
}

/// The paper as PDF: A4, one font embedded in two weights, the text of it selectable and searchable.
///
/// Any text will do. Errors are ours: a font that cannot be read, a file that cannot be written.
pub fn render(paper: &PdfDocument) -> models::Result<Vec<u8>> {
    let faces = face::Faces::new()?;
    let sheet = layout::lay_out(paper, &faces);
    draw::draw(&sheet, &faces)
}
