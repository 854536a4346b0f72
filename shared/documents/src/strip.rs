//! What a page is made of: strips of paper as wide as the page, one below the other.

use crate::face::Weight;

/// A length: thousandths of a point, of which an inch has 72.
pub(crate) type Mils = i64;

/// The colour of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ink {
    /// Nearly black.
    Plain,
    /// Grey: labels and details.
    Quiet,
}

/// How a text looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Style {
    pub(crate) weight: Weight,
    pub(crate) size: Mils,
    pub(crate) ink: Ink,
}

/// A line of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) text: String,
    pub(crate) style: Style,
    /// Where it begins, from the left edge of the page.
    pub(crate) x: Mils,
    /// Its baseline, from the top of its strip.
    pub(crate) baseline: Mils,
}

/// A line across part of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) from: Mils,
    pub(crate) to: Mils,
    /// Whether it separates parts of the page, or only rows.
    pub(crate) strong: bool,
}

/// What a strip is to the page that it comes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// Text of its own.
    Free,
    /// Room between two things, which nobody needs at the top of a page.
    Gap,
    /// The head of the table.
    Head,
    /// A piece of a row: on a new page it comes below the head.
    Row,
}

/// A strip of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Strip {
    pub(crate) part: Part,
    pub(crate) height: Mils,
    pub(crate) runs: Vec<Run>,
    /// Along its lower edge.
    pub(crate) rule: Option<Rule>,
    /// Whether it stays on one page with the strip after it.
    pub(crate) joined: bool,
}

impl Strip {
    /// Room.
    pub(crate) const fn empty(part: Part, height: Mils) -> Self {
        Self {
            part,
            height,
            runs: Vec::new(),
            rule: None,
            joined: true,
        }
    }
}

/// A strip at its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Placed {
    /// From the top of the page.
    pub(crate) top: Mils,
    pub(crate) strip: Strip,
}

/// All pages, and what a reader's window calls them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sheet {
    pub(crate) title: String,
    pub(crate) author: String,
    pub(crate) pages: Vec<Vec<Placed>>,
}
