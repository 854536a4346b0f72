//! The table of rows.

use super::{
    Cell, DETAIL, GUTTER, LABEL, LEADING, LEFT, Pen, RIGHT, Side, TEXT, part_here, side_by_side,
};
use crate::Row;
use crate::face::Weight;
use crate::strip::{Mils, Part, Rule, Strip, Style};

/// A figure that is wider than this continues on the next line.
const WIDEST_FIGURE: Mils = 110_000;
/// Room above and below the text of a row.
const PADDING: Mils = 4_000;

const HEAD: Style = Style {
    weight: Weight::Bold,
    ..LABEL
};

const RULE: Rule = Rule {
    from: LEFT,
    to: RIGHT,
    strong: false,
};

/// The strips of the table, and of its head for every further page.
pub(super) struct Table {
    pub(super) head: Vec<Strip>,
    pub(super) strips: Vec<Strip>,
}

/// No rows make no table.
pub(super) fn table(pen: Pen<'_>, rows: &[Row]) -> Table {
    if rows.is_empty() {
        return Table {
            head: Vec::new(),
            strips: Vec::new(),
        };
    }
    let columns = Columns::of(pen, rows);
    let head = columns.head(pen);
    let mut strips = head.clone();
    for row in rows {
        strips.extend(columns.row(pen, row));
    }
    // The last row stays with the totals, so that no page has totals of nothing.
    if let Some(last) = strips.last_mut() {
        last.joined = true;
    }
    Table { head, strips }
}

/// Where the figures end, and how much room they take.
struct Columns {
    quantity: Cell,
    unit_price: Cell,
    amount: Cell,
    description: Cell,
}

impl Columns {
    /// As wide as the widest figure of each column; the description has the rest.
    fn of(pen: Pen<'_>, rows: &[Row]) -> Self {
        let widest = |head: &str, figure: fn(&Row) -> &str| {
            rows.iter()
                .map(|row| pen.width(&pen.printable(figure(row)), TEXT))
                .fold(pen.width(head, HEAD), Mils::max)
                .min(WIDEST_FIGURE)
        };
        let mut right = RIGHT;
        let mut column = |width: Mils| {
            let x = right - width;
            right = x - GUTTER;
            Cell::new(x, width, Side::Right)
        };
        let amount = column(widest("Amount", |row| &row.amount));
        let unit_price = column(widest("Unit price", |row| &row.unit_price));
        let quantity = column(widest("Quantity", |row| &row.quantity));
        Self {
            quantity,
            unit_price,
            amount,
            description: Cell::new(LEFT, right - LEFT, Side::Left),
        }
    }

    fn head(&self, pen: Pen<'_>) -> Vec<Strip> {
        let cells = [
            self.description.clone().add(pen, "Description", HEAD),
            self.quantity.clone().add(pen, "Quantity", HEAD),
            self.unit_price.clone().add(pen, "Unit price", HEAD),
            self.amount.clone().add(pen, "Amount", HEAD),
        ];
        let mut strips = side_by_side(pen, Part::Head, &cells);
        for strip in &mut strips {
            strip.height = LEADING + PADDING;
            strip.rule = Some(Rule {
                strong: true,
                ..RULE
            });
        }
        strips
    }

    fn row(&self, pen: Pen<'_>, row: &Row) -> Vec<Strip> {
        let description = self.description.clone().add(pen, &row.description, TEXT);
        let detail = row.detail.as_deref().unwrap_or_default();
        let cells = [
            description.add(pen, detail, DETAIL),
            self.quantity.clone().add(pen, &row.quantity, TEXT),
            self.unit_price.clone().add(pen, &row.unit_price, TEXT),
            self.amount.clone().add(pen, &row.amount, TEXT),
        ];
        let mut strips = vec![Strip::empty(Part::Row, PADDING)];
        strips.extend(side_by_side(pen, Part::Row, &cells));
        let mut last = Strip::empty(Part::Row, PADDING);
        last.rule = Some(RULE);
        strips.push(last);
        part_here(&mut strips);
        strips
    }
}
