//! Strips onto pages.

use crate::strip::{Mils, Part, Placed, Strip};

/// The room on every page.
pub(crate) struct Body {
    pub(crate) top: Mils,
    pub(crate) bottom: Mils,
    /// What comes first on a page that begins within the table.
    pub(crate) head: Vec<Strip>,
}

/// Puts strips below each other on as many pages as they need, at least one. Joined strips stay together where a page has
/// room for them.
pub(crate) fn paginate(strips: Vec<Strip>, body: &Body) -> Vec<Vec<Placed>> {
    let mut press = Press {
        body,
        pages: vec![Vec::new()],
        y: body.top,
    };
    let mut block = Vec::new();
    for strip in strips {
        let ends = !strip.joined;
        block.push(strip);
        if ends {
            press.place_block(std::mem::take(&mut block));
        }
    }
    press.place_block(block);
    press.pages
}

struct Press<'b> {
    body: &'b Body,
    pages: Vec<Vec<Placed>>,
    y: Mils,
}

impl Press<'_> {
    fn place_block(&mut self, block: Vec<Strip>) {
        let needed = height(&block);
        let page = self.body.bottom - self.body.top - height(&self.body.head);
        if needed <= page && needed > self.room() {
            self.turn(block.first());
        }
        for strip in block {
            if strip.height > self.room() {
                self.turn(Some(&strip));
            }
            self.place(strip);
        }
    }

    fn room(&self) -> Mils {
        self.body.bottom - self.y
    }

    /// Begins a page, with the head of the table where the table goes on.
    fn turn(&mut self, next: Option<&Strip>) {
        self.pages.push(Vec::new());
        self.y = self.body.top;
        if next.is_some_and(|strip| strip.part == Part::Row) {
            for strip in self.body.head.clone() {
                self.place(strip);
            }
        }
    }

    fn place(&mut self, strip: Strip) {
        let Some(page) = self.pages.last_mut() else {
            return;
        };
        if strip.part == Part::Gap && page.is_empty() {
            return;
        }
        let top = self.y;
        self.y = self.y.saturating_add(strip.height);
        page.push(Placed { top, strip });
    }
}

fn height(strips: &[Strip]) -> Mils {
    strips.iter().map(|strip| strip.height).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strip(part: Part, height: Mils, joined: bool) -> Strip {
        Strip {
            joined,
            ..Strip::empty(part, height)
        }
    }

    /// Part and top of everything on every page.
    fn pages(strips: Vec<Strip>) -> Vec<Vec<(Part, Mils)>> {
        let body = Body {
            top: 10,
            bottom: 110,
            head: vec![strip(Part::Head, 10, true)],
        };
        let shown = |page: Vec<Placed>| {
            let shown = page.iter().map(|placed| (placed.strip.part, placed.top));
            shown.collect()
        };
        paginate(strips, &body).into_iter().map(shown).collect()
    }

    #[test]
    fn nothing_is_one_empty_page() {
        assert_eq!(pages(Vec::new()), [vec![]]);
    }

    #[test]
    fn joined_strips_go_to_the_next_page_together() {
        let found = pages(vec![
            strip(Part::Free, 70, false),
            strip(Part::Free, 20, true),
            strip(Part::Free, 20, false),
        ]);
        assert_eq!(
            found,
            [
                vec![(Part::Free, 10)],
                vec![(Part::Free, 10), (Part::Free, 30)]
            ]
        );
    }

    #[test]
    fn a_page_within_the_table_begins_with_its_head() {
        let found = pages(vec![
            strip(Part::Head, 10, true),
            strip(Part::Row, 80, false),
            strip(Part::Row, 40, false),
            strip(Part::Gap, 40, true),
            strip(Part::Free, 20, false),
        ]);
        assert_eq!(
            found,
            [
                vec![(Part::Head, 10), (Part::Row, 20)],
                vec![(Part::Head, 10), (Part::Row, 20)],
                vec![(Part::Free, 10)],
            ],
            "and a gap at the top of a page is none"
        );
    }

    #[test]
    fn what_is_taller_than_a_page_is_broken() {
        let found = pages(vec![strip(Part::Row, 40, true); 5]);
        assert_eq!(found.len(), 3);
        assert_eq!(found[0], [(Part::Row, 10), (Part::Row, 50)]);
        assert_eq!(
            found[1],
            [(Part::Head, 10), (Part::Row, 20), (Part::Row, 60)]
        );
    }
}
