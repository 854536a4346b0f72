//! What a card number looks like: to refuse a mistyped one, and to find one where it must not be.

use std::borrow::Cow;
use std::ops::RangeInclusive;

/// Digits in a card number (ISO/IEC 7812-1).
const LENGTH: RangeInclusive<usize> = 13..=19;

/// The code of the error of a text that has a card number in it.
pub const IN_TEXT: &str = "card_number_in_text";

/// Whether these digits are as many as a card number has, and the last one is right for the others (Luhn, ISO/IEC 7812-1).
pub fn is_plausible(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, byte)| {
            let digit = u32::from(byte.saturating_sub(b'0'));
            match (place % 2, digit * 2) {
                (0, _) => digit,
                (_, twice) if twice > 9 => twice - 9,
                (_, twice) => twice,
            }
        })
        .sum();
    LENGTH.contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && sum.is_multiple_of(10)
}

/// Whether a card number stands in the text, in one piece or in groups of digits, in the digits of whatever script: a keyboard for
/// Arabic or Japanese writes others than ASCII.
///
/// One in ten other numbers of that length passes for a card number, too. Those that people do write into texts are left
/// alone: our own ids, telephone numbers with their `+`, and what begins like no card (times, article numbers).
pub fn stands_in(text: &str) -> bool {
    let groups = groups(text);
    (0..groups.len()).any(|index| begins(groups.get(index..).unwrap_or_default()).is_some())
}

/// The text with `mask` in the place of each card number that stands in it.
pub fn masked<'t>(text: &'t str, mask: &str) -> Cow<'t, str> {
    let groups = groups(text);
    let mut rest = groups.as_slice();
    let mut clean = String::new();
    let mut from = 0;
    while let Some((first, others)) = rest.split_first() {
        let Some(count) = begins(rest) else {
            rest = others;
            continue;
        };
        let (number, after) = rest.split_at(count);
        let end = number.last().map_or(first.end, |group| group.end);
        clean.push_str(text.get(from..first.start).unwrap_or_default());
        clean.push_str(mask);
        (from, rest) = (end, after);
    }
    if from == 0 {
        return Cow::Borrowed(text);
    }
    clean.push_str(text.get(from..).unwrap_or_default());
    Cow::Owned(clean)
}

/// Digits in a row from byte `start` to byte `end`, and the text between them and the digits before.
struct Group<'t> {
    before: &'t str,
    /// In ASCII.
    digits: String,
    start: usize,
    end: usize,
}

impl Group<'_> {
    /// Whether it may be part of one number with the group before it.
    fn goes_on(&self) -> bool {
        self.before.chars().all(|c| {
            c.is_whitespace()
                || matches!(c, '-' | '.' | '_' | '\u{2010}'..='\u{2015}' | '\u{2212}')
                || is_invisible(c)
        })
    }

    fn is_something_else(&self) -> bool {
        self.before.ends_with("_rs_") || self.before.ends_with('+')
    }
}

/// Characters without width: the soft hyphen, joiners, the byte order mark.
const fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}'
    )
}

fn groups(text: &str) -> Vec<Group<'_>> {
    let mut found: Vec<Group<'_>> = Vec::new();
    if text.len() < *LENGTH.start() {
        return found;
    }
    let mut passed = 0;
    for (start, c) in text.char_indices() {
        let Some(digit) = digit(c) else { continue };
        let end = start + c.len_utf8();
        match found.last_mut() {
            Some(group) if group.end == start => {
                group.digits.push(digit);
                group.end = end;
            }
            _ => found.push(Group {
                before: text.get(passed..start).unwrap_or_default(),
                digits: String::from(digit),
                start,
                end,
            }),
        }
        passed = end;
    }
    found
}

/// The zeros of the other scripts of Unicode 14, in order. The digits from 1 to 9 follow each.
const ZEROS: &[char] = &[
    '\u{660}',
    '\u{6f0}',
    '\u{7c0}',
    '\u{966}',
    '\u{9e6}',
    '\u{a66}',
    '\u{ae6}',
    '\u{b66}',
    '\u{be6}',
    '\u{c66}',
    '\u{ce6}',
    '\u{d66}',
    '\u{de6}',
    '\u{e50}',
    '\u{ed0}',
    '\u{f20}',
    '\u{1040}',
    '\u{1090}',
    '\u{17e0}',
    '\u{1810}',
    '\u{1946}',
    '\u{19d0}',
    '\u{1a80}',
    '\u{1a90}',
    '\u{1b50}',
    '\u{1bb0}',
    '\u{1c40}',
    '\u{1c50}',
    '\u{a620}',
    '\u{a8d0}',
    '\u{a900}',
    '\u{a9d0}',
    '\u{a9f0}',
    '\u{aa50}',
    '\u{abf0}',
    '\u{ff10}',
    '\u{104a0}',
    '\u{10d30}',
    '\u{11066}',
    '\u{110f0}',
    '\u{11136}',
    '\u{111d0}',
    '\u{112f0}',
    '\u{11450}',
    '\u{114d0}',
    '\u{11650}',
    '\u{116c0}',
    '\u{11730}',
    '\u{118e0}',
    '\u{11950}',
    '\u{11c50}',
    '\u{11d50}',
    '\u{11da0}',
    '\u{16a60}',
    '\u{16ac0}',
    '\u{16b50}',
    '\u{1d7ce}',
    '\u{1d7d8}',
    '\u{1d7e2}',
    '\u{1d7ec}',
    '\u{1d7f6}',
    '\u{1e140}',
    '\u{1e2f0}',
    '\u{1e950}',
    '\u{1fbf0}',
];

/// A decimal digit of any script, in ASCII.
fn digit(c: char) -> Option<char> {
    if c.is_ascii() {
        return Some(c).filter(char::is_ascii_digit);
    }
    let after = ZEROS.partition_point(|zero| *zero <= c);
    let zero = ZEROS.get(after.checked_sub(1)?)?;
    let value = u32::from(c).checked_sub(u32::from(*zero))?;
    char::from_digit(value, 10)
}

/// How many of the first groups make a card number, the longest if several do. Groups are not taken apart: a number inside
/// a longer one is none.
fn begins(groups: &[Group<'_>]) -> Option<usize> {
    if groups.first().is_none_or(Group::is_something_else) {
        return None;
    }
    let mut longest = None;
    let mut digits = String::new();
    for (index, group) in groups.iter().enumerate() {
        let apart = index > 0 && !group.goes_on();
        if apart || digits.len() + group.digits.len() > *LENGTH.end() {
            break;
        }
        digits.push_str(&group.digits);
        if is_plausible(&digits) && is_of_an_issuer(&digits) {
            longest = Some(index + 1);
        }
    }
    longest
}

/// Cards that people pay with begin with 3, 4, 5, 6, or 22 to 27. What begins with 20 is usually a date.
fn is_of_an_issuer(digits: &str) -> bool {
    let first = digits.get(..2).and_then(|two| two.parse::<u8>().ok());
    matches!(first, Some(22..=27 | 30..=69))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_digit_tells_a_mistyped_number() {
        for good in [
            "4242424242424242",
            "4000000000000341",
            "5555555555554444",
            "2223003122003222",
            "378282246310005",
            "30569309025904",
            "6011111111111117",
            "4222222222222",
            "6304000000000000000",
        ] {
            assert!(is_plausible(good), "{good}");
        }
        for bad in [
            "",
            "4242424242424241",
            "2424242424242424",
            "424242424242",
            "42424242424242424242",
            "4242 4242 4242 4242",
            "424242424242424x",
        ] {
            assert!(!is_plausible(bad), "{bad}");
        }
    }

    #[test]
    fn a_card_number_is_found_however_it_is_written() {
        for text in [
            "4242424242424242",
            "paid with 4242 4242 4242 4242, thanks",
            "4242-4242-4242-4242",
            "4242.4242.4242.4242",
            "4242\u{a0}4242\u{2011}4242_4242",
            "4242  4242  4242  4242",
            "pan:4242424242424242.",
            "card4242424242424242x",
            "4242424242424242 12/27 123",
            "12/27 4242424242424242 123",
            "amex 3782 822463 10005",
            "7 4242424242424242",
            "{\"number\":\"5555555555554444\"}",
            "4 2 4 2 4 2 4 2 4 2 4 2 4 2 4 2",
            "４２４２ ４２４２ ４２４２ ４２４２",
            "٤٢٤٢ ٤٢٤٢ ٤٢٤٢ ٤٢٤٢",
            "४२४२४२४२४२४२४२४२",
            "4242\u{200b}4242\u{ad}4242\u{2212}4242",
        ] {
            assert!(stands_in(text), "{text}");
        }
    }

    #[test]
    fn a_number_is_masked_and_all_around_it_stays() {
        for (text, clean) in [
            ("", ""),
            ("ending in 4242", "ending in 4242"),
            ("4242424242424242", "#"),
            ("paid 4242 4242 4242 4242, thanks", "paid #, thanks"),
            ("ä4242-4242-4242-4242ö 5555555555554444.", "ä#ö #."),
            ("12/27 4242424242424242 123", "12/27 # 123"),
            ("inv_rs_4242424242424242", "inv_rs_4242424242424242"),
            ("4222222222222 000 000", "#"),
            ("مع ٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤٢", "مع #"),
        ] {
            assert_eq!(masked(text, "#"), clean, "{text}");
        }
    }

    #[test]
    fn other_numbers_are_left_alone() {
        for text in [
            "",
            "Professional services payment",
            "ending in 4242",
            "4242 4242 4242 4241",
            "Invoice inv_rs_4242424242424242",
            "call +4915112345670",
            "20260115123045",
            "2026-01-15 12:30:45.123456",
            "1768478400000",
            "9783161484100",
            "order 781234567890127",
            "424242424242424242424242",
            "4242, 4242, 4242, 4242",
            "SHA 9f86d081884c7d659a2feaa0c55ad015",
            "④②④②④②④②④②④②④②④②",
        ] {
            assert!(!stands_in(text), "{text}");
        }
    }
}
