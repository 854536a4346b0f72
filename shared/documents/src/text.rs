//! Texts of strangers as lines of a page.

use icu_normalizer::ComposingNormalizerBorrowed;

use crate::face::{Face, REPLACEMENT};
use crate::strip::Mils;

/// The text as it can be printed: composed, on one line, with [`REPLACEMENT`] for what the font lacks.
pub(crate) fn printable(text: &str, face: &Face) -> String {
    let shown: String = text
        .chars()
        .filter_map(|character| match character {
            character if steers(character) => None,
            character if character.is_control() || is_space(character) => Some(' '),
            character => Some(character),
        })
        .collect();
    let composed = ComposingNormalizerBorrowed::new_nfc().normalize(&shown);
    composed
        .trim()
        .chars()
        .map(|character| {
            if face.has(character) {
                character
            } else {
                REPLACEMENT
            }
        })
        .collect()
}

/// Characters that show nothing and change how others show: direction marks and overrides, joiners, fillers, variation
/// selectors, tags. The font has no use for them, and a line must not be turned round by a name in it.
const fn steers(character: char) -> bool {
    matches!(character,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}' | '\u{180B}'..='\u{180F}'
        | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}'
        | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF9}'..='\u{FFFB}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}'
        | '\u{E0000}'..='\u{E0FFF}')
}

/// Spaces at which a line may be broken. Those without a break, such as in `10 000`, are none of them.
fn is_space(character: char) -> bool {
    character.is_whitespace() && !matches!(character, '\u{A0}' | '\u{2007}' | '\u{202F}')
}

/// The text in lines of at most that width, broken after spaces, after hyphens and slashes, and inside a word only where the
/// word has no room on a line of its own. No text gives no line.
pub(crate) fn wrap(text: &str, face: &Face, size: Mils, width: Mils) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = Pending::default();
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let advance = face.width_of(character, size);
        // A space at the end of a line may hang over its edge, where nobody sees it.
        while character != ' '
            && !line.text.is_empty()
            && line.width.saturating_add(advance) > width
        {
            lines.extend(line.break_off(face, size));
        }
        if character == ' ' && line.text.is_empty() {
            continue;
        }
        line.text.push(character);
        line.width = line.width.saturating_add(advance);
        let next = characters.peek().copied();
        if breaks_after(character, next) {
            line.fits = line.text.len();
        }
    }
    lines.extend(Some(line.text.trim_end().to_owned()).filter(|rest| !rest.is_empty()));
    lines
}

/// The text in one line of at most that width; `…` stands for what is left out.
pub(crate) fn clip(text: &str, face: &Face, size: Mils, width: Mils) -> String {
    if face.width(text, size) <= width {
        return text.to_owned();
    }
    let mut room = width.saturating_sub(face.width_of('…', size));
    let mut clipped: String = text
        .chars()
        .take_while(|character| {
            room = room.saturating_sub(face.width_of(*character, size));
            room >= 0
        })
        .collect();
    clipped.push('…');
    clipped
}

/// A dash before a digit is a sign or part of a date.
fn breaks_after(character: char, next: Option<char>) -> bool {
    let joins = next.is_none_or(|next| next.is_ascii_digit() || next == ' ');
    match character {
        ' ' => true,
        '-' | '‐' | '–' | '—' | '/' => !joins,
        _ => false,
    }
}

/// A line that is being filled.
#[derive(Default)]
struct Pending {
    text: String,
    width: Mils,
    /// How many bytes of it may end a line; 0 where it has no place to be broken at.
    fits: usize,
}

impl Pending {
    /// Takes off the line what fits, and keeps what comes on the next one.
    fn break_off(&mut self, face: &Face, size: Mils) -> Option<String> {
        let at = if self.fits == 0 {
            self.text.len()
        } else {
            self.fits
        };
        let rest = self.text.split_off(at);
        let full = std::mem::replace(&mut self.text, rest);
        self.width = face.width(&self.text, size);
        self.fits = 0;
        Some(full.trim_end().to_owned()).filter(|line| !line.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::face::Faces;

    fn lines(text: &str, width: Mils) -> Vec<String> {
        let faces = Faces::new().unwrap();
        let lines = wrap(text, &faces.regular, 9000, width);
        for line in &lines {
            assert!(
                faces.regular.width(line, 9000) <= width || line.chars().count() == 1,
                "{line}"
            );
        }
        lines
    }

    fn shown(text: &str) -> String {
        printable(text, &Faces::new().unwrap().regular)
    }

    #[test]
    fn lines_break_after_spaces_hyphens_and_slashes() {
        assert_eq!(
            lines("Enterprise Pro for the whole team", 80_000),
            ["Enterprise Pro for", "the whole team"]
        );
        assert_eq!(
            lines("2026-01-15 to 2026-02-15", 95_000),
            ["2026-01-15 to", "2026-02-15"],
            "a date is not broken"
        );
        assert_eq!(lines("  spaced   out  ", 200_000), ["spaced   out"]);
        assert_eq!(
            lines("well-tempered/well-tuned", 75_000),
            ["well-tempered/", "well-tuned"]
        );
    }

    #[test]
    fn a_word_without_room_is_broken_inside_and_one_with_room_is_not() {
        let word = "W".repeat(100);
        let broken = lines(&word, 90_000);
        assert!(broken.len() > 5);
        assert_eq!(broken.concat(), word);
        assert_eq!(lines("a Wunderkind", 55_000), ["a", "Wunderkind"]);
        assert_eq!(lines("WWW", 1), ["W", "W", "W"], "not even one fits");
    }

    #[test]
    fn no_text_is_no_line() {
        for text in ["", " ", "   "] {
            assert!(lines(text, 50_000).is_empty());
        }
    }

    #[test]
    fn what_steers_is_left_out_and_what_is_missing_is_replaced() {
        assert_eq!(shown("a\u{202E}b\u{200D}c\u{FEFF}\u{E0041}"), "abc");
        assert_eq!(
            shown(" one\r\n\ttwo\u{0}three\u{2028}four\u{85}"),
            "one   two three four"
        );
        assert_eq!(shown("東京 שלום 🦀"), "�� ���� �");
        assert_eq!(shown("Ame\u{301}lie"), "Amélie");
        assert_eq!(shown("10\u{A0}000\u{202F}€"), "10\u{A0}000\u{202F}€");
    }

    #[test]
    fn markup_is_text() {
        for text in [
            "<b>x</b>",
            "{{7*7}}",
            r"\input{/etc/passwd}",
            "%s %n",
            "${env}",
            "(a) <</S /JavaScript>>",
            "=1+1",
        ] {
            assert_eq!(shown(text), text);
        }
    }

    #[test]
    fn a_clipped_line_says_so() {
        let face = &Faces::new().unwrap().regular;
        assert_eq!(clip("short", face, 9000, 100_000), "short");
        let clipped = clip(&"long ".repeat(50), face, 9000, 100_000);
        assert!(clipped.ends_with('…') && face.width(&clipped, 9000) <= 100_000);
        assert_eq!(clip("long", face, 9000, 0), "…");
    }
}
