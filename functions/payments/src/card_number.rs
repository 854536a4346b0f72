//! What a card number looks like: to refuse a mistyped one, and to find one where it must not be.

use models::payments::CARD_NUMBER_DIGITS as LENGTH;

pub(crate) use models::payments::is_card_number as is_plausible;

/// Whether a card number stands in the text, in one piece or in groups of digits.
///
/// One in ten other numbers of that length passes for a card number, too. Those that people do write into texts are left
/// alone: our own ids, telephone numbers with their `+`, and what begins like no card (times, article numbers).
pub(crate) fn stands_in(text: &str) -> bool {
    let groups = groups(text);
    (0..groups.len()).any(|index| begins(groups.get(index..).unwrap_or_default()))
}

/// Digits in a row, and the text between them and the digits before.
struct Group<'t> {
    before: &'t str,
    digits: &'t str,
}

impl Group<'_> {
    /// Whether it may be part of one number with the group before it.
    fn goes_on(&self) -> bool {
        self.before
            .chars()
            .all(|c| c.is_whitespace() || matches!(c, '-' | '.' | '_' | '\u{2010}'..='\u{2015}'))
    }

    fn is_something_else(&self) -> bool {
        self.before.ends_with("_rs_") || self.before.ends_with('+')
    }
}

fn groups(text: &str) -> Vec<Group<'_>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, from) = rest.split_at(start);
        let end = from
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(from.len());
        let (digits, after) = from.split_at(end);
        found.push(Group { before, digits });
        rest = after;
    }
    found
}

/// Whether the first groups make a card number. Groups are not taken apart: a number inside a longer one is none.
fn begins(groups: &[Group<'_>]) -> bool {
    if groups.first().is_none_or(Group::is_something_else) {
        return false;
    }
    let mut digits = String::new();
    for group in groups {
        if !digits.is_empty() && !group.goes_on() {
            return false;
        }
        digits.push_str(group.digits);
        if digits.len() > *LENGTH.end() {
            return false;
        }
        if is_plausible(&digits) && is_of_an_issuer(&digits) {
            return true;
        }
    }
    false
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
        ] {
            assert!(stands_in(text), "{text}");
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
        ] {
            assert!(!stands_in(text), "{text}");
        }
    }
}
