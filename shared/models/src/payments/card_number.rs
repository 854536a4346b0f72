//! What a card number looks like: to refuse a mistyped one before anybody is asked about it.

use std::ops::RangeInclusive;

/// Digits in a card number (ISO/IEC 7812-1).
pub const CARD_NUMBER_DIGITS: RangeInclusive<usize> = 13..=19;

/// Whether these digits are as many as a card number has, and the last one is right for the others (Luhn, ISO/IEC 7812-1).
pub fn is_card_number(digits: &str) -> bool {
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
    CARD_NUMBER_DIGITS.contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && sum.is_multiple_of(10)
}
