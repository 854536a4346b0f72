//! Pages as PDF. This is the only place where a length becomes a float, because PDF has no other numbers.

use krilla::color::rgb;
use krilla::geom::{PathBuilder, Point, Rect, Size};
use krilla::metadata::Metadata;
use krilla::page::PageSettings;
use krilla::paint::Fill;
use krilla::surface::Surface;
use krilla::text::{Font, GlyphId, KrillaGlyph};
use krilla::{Data, Document};
use models::{Error, Result};

use crate::face::{Face, Faces, Weight};
use crate::layout::{PAGE_HEIGHT, PAGE_WIDTH};
use crate::strip::{Ink, Mils, Placed, Rule, Run, Sheet};

/// How thick a rule is.
const THICKNESS: Mils = 500;

/// Red, green, blue. The grey of texts still has the contrast that small print needs (WCAG AA).
const PLAIN: (u8, u8, u8) = (28, 30, 36);
const QUIET: (u8, u8, u8) = (104, 110, 122);
const STRONG_RULE: (u8, u8, u8) = (104, 110, 122);
const RULE: (u8, u8, u8) = (220, 223, 228);

/// The file.
pub(crate) fn draw(sheet: &Sheet, faces: &Faces) -> Result<Vec<u8>> {
    let fonts = Fonts {
        regular: font(&faces.regular)?,
        bold: font(&faces.bold)?,
    };
    let mut document = Document::new();
    let size = Size::from_wh(points(PAGE_WIDTH), points(PAGE_HEIGHT));
    let size = size.ok_or_else(|| Error::internal("a page has no size"))?;
    for strips in &sheet.pages {
        let mut page = document.start_page_with(PageSettings::new(size));
        let mut surface = page.surface();
        for placed in strips {
            strip(&mut surface, placed, faces, &fonts);
        }
        surface.finish();
        page.finish();
    }
    let authors = [&sheet.author].into_iter().filter(|name| !name.is_empty());
    let authors = authors.cloned().collect();
    let metadata = Metadata::new()
        .title(sheet.title.clone())
        .authors(authors)
        .language("en".to_owned());
    document.set_metadata(metadata);
    document
        .finish()
        .map_err(|error| Error::internal(format_args!("the PDF could not be written: {error:?}")))
}

/// The fonts as the writer knows them.
struct Fonts {
    regular: Font,
    bold: Font,
}

fn font(face: &Face) -> Result<Font> {
    Font::new(Data::from(face.bytes.to_vec()), 0)
        .ok_or_else(|| Error::internal("a font could not be read"))
}

fn strip(surface: &mut Surface<'_>, placed: &Placed, faces: &Faces, fonts: &Fonts) {
    for run in &placed.strip.runs {
        let baseline = placed.top.saturating_add(run.baseline);
        text(surface, run, baseline, (faces, fonts));
    }
    if let Some(rule) = placed.strip.rule {
        line(
            surface,
            rule,
            placed.top.saturating_add(placed.strip.height),
        );
    }
}

fn text(surface: &mut Surface<'_>, run: &Run, baseline: Mils, (faces, fonts): (&Faces, &Fonts)) {
    let face = faces.of(run.style.weight);
    let font = match run.style.weight {
        Weight::Regular => &fonts.regular,
        Weight::Bold => &fonts.bold,
    };
    let glyph = |(at, character): (usize, char)| {
        let shape = face.shape(character);
        let advance = ratio(shape.advance, face.units);
        let range = at..at.saturating_add(character.len_utf8());
        KrillaGlyph::new(
            GlyphId::new(shape.glyph),
            advance,
            points(0),
            points(0),
            points(0),
            range,
            None,
        )
    };
    let glyphs: Vec<KrillaGlyph> = run.text.char_indices().map(glyph).collect();
    let color = match run.style.ink {
        Ink::Plain => PLAIN,
        Ink::Quiet => QUIET,
    };
    surface.set_fill(Some(fill(color)));
    surface.draw_glyphs(
        Point::from_xy(points(run.x), points(baseline)),
        &glyphs,
        font.clone(),
        &run.text,
        points(run.style.size),
        false,
    );
}

fn line(surface: &mut Surface<'_>, rule: Rule, y: Mils) {
    let (width, height) = (points(rule.to.saturating_sub(rule.from)), points(THICKNESS));
    let Some(rect) = Rect::from_xywh(points(rule.from), points(y), width, height) else {
        return;
    };
    let mut path = PathBuilder::new();
    path.push_rect(rect);
    if let Some(path) = path.finish() {
        surface.set_fill(Some(fill(if rule.strong { STRONG_RULE } else { RULE })));
        surface.draw_path(&path);
    }
}

fn fill((red, green, blue): (u8, u8, u8)) -> Fill {
    Fill {
        paint: rgb::Color::new(red, green, blue).into(),
        ..Fill::default()
    }
}

/// A length in points.
#[expect(
    clippy::disallowed_types,
    clippy::as_conversions,
    clippy::cast_precision_loss,
    clippy::float_arithmetic,
    reason = "PDF measures in floats; lengths on a page are far below what a float holds exactly"
)]
fn points(length: Mils) -> f32 {
    length as f32 / 1000.0
}

/// A part of a whole.
#[expect(
    clippy::disallowed_types,
    clippy::float_arithmetic,
    reason = "PDF measures in floats; this is the same division as the font's own widths go through"
)]
fn ratio(part: u16, whole: u16) -> f32 {
    f32::from(part) / f32::from(whole)
}
