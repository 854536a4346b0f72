//! Where everything goes.

use std::borrow::Cow;

use crate::face::{Face, Faces, Weight};
use crate::pages::{self, Body};
use crate::strip::{Ink, Mils, Part, Placed, Rule, Run, Sheet, Strip, Style};
use crate::text::{clip, printable, wrap};
use crate::{Party, PdfDocument};

mod table;
mod totals;

/// A4.
pub(crate) const PAGE_WIDTH: Mils = 595_276;
pub(crate) const PAGE_HEIGHT: Mils = 841_890;

/// The edges of what is printed.
pub(crate) const LEFT: Mils = 50_000;
pub(crate) const RIGHT: Mils = PAGE_WIDTH - LEFT;
const TOP: Mils = 50_000;
const BOTTOM: Mils = PAGE_HEIGHT - 66_000;
/// Where the foot of a page begins.
const FOOT: Mils = PAGE_HEIGHT - 50_000;

/// From one line of text to the next.
const LEADING: Mils = 12_600;
/// From the top of a line to its baseline.
const ASCENT: Mils = 9_600;
/// Between things that stand side by side.
const GUTTER: Mils = 14_000;

const TEXT: Style = style(Weight::Regular, 9_000, Ink::Plain);
const STRONG: Style = style(Weight::Bold, 9_000, Ink::Plain);
const DETAIL: Style = style(Weight::Regular, 8_000, Ink::Quiet);
const LABEL: Style = style(Weight::Regular, 8_000, Ink::Quiet);
const TITLE: Style = style(Weight::Bold, 24_000, Ink::Plain);
const NUMBER: Style = style(Weight::Regular, 12_000, Ink::Quiet);
const FOOTER: Style = style(Weight::Regular, 7_500, Ink::Quiet);

const fn style(weight: Weight, size: Mils, ink: Ink) -> Style {
    Style { weight, size, ink }
}

/// Measures texts and breaks them into lines.
#[derive(Clone, Copy)]
struct Pen<'f> {
    faces: &'f Faces,
}

impl<'f> Pen<'f> {
    fn face(self, style: Style) -> &'f Face {
        self.faces.of(style.weight)
    }

    fn printable(self, text: &str) -> String {
        printable(text, &self.faces.regular)
    }

    fn width(self, text: &str, style: Style) -> Mils {
        self.face(style).width(text, style.size)
    }
}

/// Where the lines of a cell end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
}

/// A column of text, filled line by line.
#[derive(Debug, Clone)]
struct Cell {
    x: Mils,
    width: Mils,
    side: Side,
    lines: Vec<(String, Style)>,
}

impl Cell {
    const fn new(x: Mils, width: Mils, side: Side) -> Self {
        Self {
            x,
            width,
            side,
            lines: Vec::new(),
        }
    }

    /// Adds a text of strangers, in as many lines as it needs.
    fn add(mut self, pen: Pen<'_>, text: &str, style: Style) -> Self {
        let text = pen.printable(text);
        let lines = wrap(&text, pen.face(style), style.size, self.width);
        self.lines
            .extend(lines.into_iter().map(|line| (line, style)));
        self
    }

    /// The line with that number as a run.
    fn run(&self, pen: Pen<'_>, number: usize) -> Option<Run> {
        let (text, style) = self.lines.get(number)?;
        let indent = match self.side {
            Side::Left => 0,
            Side::Right => self.width.saturating_sub(pen.width(text, *style)).max(0),
        };
        Some(Run {
            text: text.clone(),
            style: *style,
            x: self.x.saturating_add(indent),
            baseline: ASCENT,
        })
    }
}

/// Cells side by side as strips, a line of each in every strip.
fn side_by_side(pen: Pen<'_>, part: Part, cells: &[Cell]) -> Vec<Strip> {
    let count = cells.iter().map(|cell| cell.lines.len()).max();
    let strip = |number| Strip {
        runs: cells
            .iter()
            .filter_map(|cell| cell.run(pen, number))
            .collect(),
        ..Strip::empty(part, LEADING)
    };
    (0..count.unwrap_or_default()).map(strip).collect()
}

/// The end of what stays together.
fn part_here(strips: &mut [Strip]) {
    if let Some(last) = strips.last_mut() {
        last.joined = false;
    }
}

/// The pages of a paper.
pub(crate) fn lay_out(paper: &PdfDocument, faces: &Faces) -> Sheet {
    let pen = Pen { faces };
    let mut strips = heading(pen, paper);
    strips.extend(parties(pen, paper));
    let table = table::table(pen, &paper.rows);
    strips.extend(table.strips);
    strips.extend(totals::totals(pen, &paper.totals));
    strips.extend(notes(pen, &paper.notes));
    let body = Body {
        top: TOP,
        bottom: BOTTOM,
        head: table.head,
    };
    let mut pages = pages::paginate(strips, &body);
    let name = name(pen, paper);
    let count = pages.len();
    for (index, page) in pages.iter_mut().enumerate() {
        let place = format!("Page {} of {count}", index.saturating_add(1));
        page.push(foot(pen, &name, &place));
    }
    Sheet {
        title: name,
        author: pen.printable(&paper.seller.name),
        pages,
    }
}

/// `Invoice INV-2026-000001`.
fn name(pen: Pen<'_>, paper: &PdfDocument) -> String {
    let name = format!("{} {}", paper.kind.title(), pen.printable(&paper.number));
    name.trim_end().to_owned()
}

/// The title, and the number at the other end of its line.
fn heading(pen: Pen<'_>, paper: &PdfDocument) -> Vec<Strip> {
    let title = Run {
        text: paper.kind.title().to_owned(),
        style: TITLE,
        x: LEFT,
        baseline: 20_000,
    };
    let x = LEFT + pen.width(&title.text, TITLE) + 2 * GUTTER;
    let number = Cell::new(x, RIGHT - x, Side::Right).add(pen, &paper.number, NUMBER);
    let mut first = Strip::empty(Part::Free, 30_000);
    // Both stand on one baseline.
    first.runs.extend(number.run(pen, 0).map(|run| Run {
        baseline: title.baseline,
        ..run
    }));
    first.runs.insert(0, title);
    let mut strips = vec![first];
    let rest = side_by_side(pen, Part::Free, std::slice::from_ref(&number));
    strips.extend(rest.into_iter().skip(1).map(|strip| Strip {
        height: 16_000,
        ..strip
    }));
    if let Some(last) = strips.last_mut() {
        last.rule = Some(Rule {
            from: LEFT,
            to: RIGHT,
            strong: true,
        });
    }
    strips.push(Strip::empty(Part::Gap, 16_000));
    part_here(&mut strips);
    strips
}

/// Seller, customer and facts, side by side.
fn parties(pen: Pen<'_>, paper: &PdfDocument) -> Vec<Strip> {
    const PARTY: Mils = 144_000;
    let party = |x, label: &str, party: &Party| {
        let cell = Cell::new(x, PARTY, Side::Left).add(pen, &party.name, STRONG);
        let mut cell = party
            .lines
            .iter()
            .fold(cell, |cell, line| cell.add(pen, line, TEXT));
        if !cell.lines.is_empty() {
            cell.lines.insert(0, (label.to_owned(), LABEL));
        }
        cell
    };
    let second = LEFT + PARTY + GUTTER;
    let third = second + PARTY + GUTTER;
    let mut cells = vec![
        party(LEFT, "From", &paper.seller),
        party(second, paper.kind.customer(), &paper.customer),
    ];
    let (labels, values) = facts(pen, third, &paper.facts);
    cells.extend([labels, values]);
    let mut strips = side_by_side(pen, Part::Free, &cells);
    for strip in &mut strips {
        // Whoever has a hundred lines may have them on two pages.
        strip.joined = false;
    }
    strips.push(Strip::empty(Part::Gap, 20_000));
    part_here(&mut strips);
    strips
}

/// Labels and values as two cells whose lines are on one height.
fn facts(pen: Pen<'_>, x: Mils, facts: &[(String, String)]) -> (Cell, Cell) {
    const LABELS: Mils = 64_000;
    let widest = facts
        .iter()
        .map(|(label, _)| pen.width(&pen.printable(label), LABEL))
        .max()
        .unwrap_or_default()
        .min(LABELS);
    let values = x + widest + 8_000;
    let mut cells = (
        Cell::new(x, widest, Side::Left),
        Cell::new(values, RIGHT - values, Side::Left),
    );
    for (label, value) in facts {
        cells.0 = cells.0.add(pen, label, LABEL);
        cells.1 = cells.1.add(pen, value, TEXT);
        let lines = cells.0.lines.len().max(cells.1.lines.len());
        cells.0.lines.resize(lines, (String::new(), LABEL));
        cells.1.lines.resize(lines, (String::new(), TEXT));
    }
    cells
}

fn notes(pen: Pen<'_>, notes: &[String]) -> Vec<Strip> {
    let mut strips = Vec::new();
    for note in notes {
        let cell = Cell::new(LEFT, RIGHT - LEFT, Side::Left).add(pen, note, DETAIL);
        let mut lines = side_by_side(pen, Part::Free, std::slice::from_ref(&cell));
        if lines.is_empty() {
            continue;
        }
        let gap = if strips.is_empty() { 24_000 } else { 5_000 };
        strips.push(Strip::empty(Part::Gap, gap));
        part_here(&mut lines);
        strips.extend(lines);
    }
    strips
}

/// The foot of a page: what it belongs to, and its place in it.
fn foot(pen: Pen<'_>, name: &str, place: &str) -> Placed {
    let width = pen.width(place, FOOTER);
    let room = RIGHT - LEFT - width - GUTTER;
    let run = |text: Cow<'_, str>, x| Run {
        text: text.into_owned(),
        style: FOOTER,
        x,
        baseline: 12_000,
    };
    let name = clip(name, pen.face(FOOTER), FOOTER.size, room);
    Placed {
        top: FOOT,
        strip: Strip {
            runs: vec![run(name.into(), LEFT), run(place.into(), RIGHT - width)],
            ..Strip::empty(Part::Free, LEADING)
        },
    }
}
