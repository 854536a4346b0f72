//! The font: which characters it has, and how wide each is. Whole numbers only.

use models::{Error, Result};
use skrifa::charmap::Charmap;
use skrifa::raw::TableProvider;
use skrifa::raw::tables::hmtx::Hmtx;
use skrifa::{FontRef, GlyphId, MetadataProvider};

use crate::strip::Mils;

static REGULAR: &[u8] = include_bytes!("../fonts/NotoSans-Regular.ttf");
static BOLD: &[u8] = include_bytes!("../fonts/NotoSans-Bold.ttf");

/// What prints where the font lacks a character.
pub(crate) const REPLACEMENT: char = '\u{FFFD}';

/// How heavy a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    Regular,
    Bold,
}

/// The shape of one character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Its index in the font.
    pub(crate) glyph: u32,
    /// How far it moves the pen, in units of the font.
    pub(crate) advance: u16,
}

/// One weight.
pub(crate) struct Face {
    /// The font file.
    pub(crate) bytes: &'static [u8],
    /// Units of the font in the height of a line of text.
    pub(crate) units: u16,
    charmap: Charmap<'static>,
    widths: Hmtx<'static>,
}

impl Face {
    fn open(bytes: &'static [u8]) -> Result<Self> {
        let font = FontRef::new(bytes).map_err(Error::internal)?;
        Ok(Self {
            bytes,
            units: font.head().map_err(Error::internal)?.units_per_em().max(1),
            charmap: font.charmap(),
            widths: font.hmtx().map_err(Error::internal)?,
        })
    }

    /// Whether the font has this character.
    pub(crate) fn has(&self, character: char) -> bool {
        self.charmap.map(character).is_some()
    }

    /// The shape of a character; that of [`REPLACEMENT`] where the font lacks it.
    pub(crate) fn shape(&self, character: char) -> Shape {
        let glyph = self.charmap.map(character);
        let glyph = glyph.or_else(|| self.charmap.map(REPLACEMENT));
        let glyph = glyph.unwrap_or(GlyphId::NOTDEF);
        Shape {
            glyph: glyph.to_u32(),
            advance: self.widths.advance(glyph).unwrap_or_default(),
        }
    }

    /// How wide a character is at that size.
    pub(crate) fn width_of(&self, character: char, size: Mils) -> Mils {
        let advance = i64::from(self.shape(character).advance);
        advance
            .saturating_mul(size)
            .div_euclid(i64::from(self.units))
    }

    /// How wide a line is at that size.
    pub(crate) fn width(&self, line: &str, size: Mils) -> Mils {
        line.chars()
            .map(|character| self.width_of(character, size))
            .fold(0, Mils::saturating_add)
    }
}

/// Both weights.
pub(crate) struct Faces {
    pub(crate) regular: Face,
    pub(crate) bold: Face,
}

impl Faces {
    /// Errors where a font file is broken, which it is not.
    pub(crate) fn new() -> Result<Self> {
        Ok(Self {
            regular: Face::open(REGULAR)?,
            bold: Face::open(BOLD)?,
        })
    }

    pub(crate) const fn of(&self, weight: Weight) -> &Face {
        match weight {
            Weight::Regular => &self.regular,
            Weight::Bold => &self.bold,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_weights_have_the_same_characters() {
        let faces = Faces::new().unwrap();
        let characters = |face: &Face| -> Vec<u32> {
            face.charmap
                .mappings()
                .map(|(character, _)| character)
                .collect()
        };
        assert_eq!(characters(&faces.regular), characters(&faces.bold));
        assert!(characters(&faces.regular).len() > 2000);
    }

    #[test]
    fn latin_greek_cyrillic_and_currencies_are_there() {
        let faces = Faces::new().unwrap();
        let wanted = "AZaz09 éüßñçøåæœłśżőűğışțŵẞ ẤếỘỹ ΑΩάώἀᾳῶ АЯаяЁёЇіЄҐәҒӘқң €$£¥₩₹₺₽₴₫₪₦₱₮₸₼₾₿ „“”‘’«»–—…•·§¶†№™©®°×÷−≤≥→✓½⅓²³";
        for character in wanted.chars() {
            assert!(faces.regular.has(character), "{character}");
        }
        assert!(faces.regular.has(REPLACEMENT));
        assert!(!faces.regular.has('東'));
    }

    #[test]
    fn figures_stand_below_each_other() {
        let faces = Faces::new().unwrap();
        for face in [&faces.regular, &faces.bold] {
            let widths: Vec<Mils> = ('0'..='9')
                .map(|digit| face.width_of(digit, 9000))
                .collect();
            assert!(widths.iter().all(|width| *width == widths[0]), "{widths:?}");
        }
    }
}
