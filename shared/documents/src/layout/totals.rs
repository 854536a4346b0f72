//! The sums below the table.

use super::{Cell, GUTTER, Pen, RIGHT, STRONG, Side, TEXT, part_here, side_by_side};
use crate::Total;
use crate::strip::{Mils, Part, Rule, Strip};

/// How wide labels and amounts are together.
const WIDTH: Mils = 250_000;
/// The widest amount; what is wider continues on the next line.
const WIDEST_AMOUNT: Mils = 130_000;

/// The totals as one block that stays on one page.
pub(super) fn totals(pen: Pen<'_>, totals: &[Total]) -> Vec<Strip> {
    let widest = totals
        .iter()
        .map(|total| pen.width(&pen.printable(&total.amount), STRONG))
        .max()
        .unwrap_or_default()
        .min(WIDEST_AMOUNT);
    let left = RIGHT - WIDTH;
    let amounts = Cell::new(RIGHT - widest, widest, Side::Right);
    let labels = Cell::new(left, WIDTH - widest - GUTTER, Side::Left);
    let mut strips = vec![Strip::empty(Part::Gap, 8_000)];
    for total in totals {
        let style = if total.strong { STRONG } else { TEXT };
        let mut room = Strip::empty(Part::Free, 3_000);
        if total.strong {
            room.rule = Some(Rule {
                from: left,
                to: RIGHT,
                strong: true,
            });
            strips.push(room);
            room = Strip::empty(Part::Free, 3_000);
        }
        strips.push(room);
        let cells = [
            labels.clone().add(pen, &total.label, style),
            amounts.clone().add(pen, &total.amount, style),
        ];
        strips.extend(side_by_side(pen, Part::Free, &cells));
    }
    part_here(&mut strips);
    strips
}
