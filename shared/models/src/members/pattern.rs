//! The patterns that the document prescribes.

use std::sync::LazyLock;

use regex_lite::Regex;

/// `/^([\w\.%\+\-]+)@([\w\-]+\.)+([\w]{2,})$/i`
const EMAIL: &str = r"(?i)^([\w\.%\+\-]+)@([\w\-]+\.)+([\w]{2,})$";
/// `/\A\s*(?:(?:\(1\)|1)\s?-?\s?)?(?:[2-9][0-9]{2}|\([2-9][0-9]{2}\))\s?-?\s?[2-9][0-9]{2}\s?-?\s?[0-9]{4}\s*\Z/`
const PHONE: &str = r"\A\s*(?:(?:\(1\)|1)\s?-?\s?)?(?:[2-9][0-9]{2}|\([2-9][0-9]{2}\))\s?-?\s?[2-9][0-9]{2}\s?-?\s?[0-9]{4}\s*\z";

fn matches(pattern: &LazyLock<Option<Regex>>, text: &str) -> bool {
    pattern
        .as_ref()
        .is_some_and(|pattern| pattern.is_match(text))
}

/// Whether a text is an e-mail address by the document's pattern.
pub(super) fn is_email(text: &str) -> bool {
    static PATTERN: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(EMAIL).ok());
    // RFC 5321 allows 254; a longer one is not worth a match.
    text.len() <= 254 && matches(&PATTERN, text) && crate::text::is_email(text)
}

/// Whether a text is a telephone number of the US by the document's pattern.
pub(super) fn is_us_phone(text: &str) -> bool {
    static PATTERN: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(PHONE).ok());
    text.len() <= 64 && matches(&PATTERN, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As printed in the document.
    const PHONES: [&str; 17] = [
        "14045550123",
        "1-4045550123",
        "(1)4045550123",
        "(1)-4045550123",
        "1 4045550123",
        "1 -4045550123",
        "1 - 4045550123",
        "(1) 4045550123",
        "(1) -4045550123",
        "(1) - 4045550123",
        "4045550123",
        "1 (404)5550123",
        "1 (404) 5550123",
        "1 (404)-5550123",
        "1 (404) - 5550123",
        "1 (404) 555-0123",
        "1 (404) 555 - 0123",
    ];

    #[test]
    fn every_printed_number_matches_and_those_that_fail_by_the_document_fail() {
        for phone in PHONES {
            assert!(is_us_phone(phone), "{phone}");
        }
        for phone in [
            "0045550123",
            "1045550123",
            "4040550123",
            "4041550123",
            "404555012",
            "40455501234",
            "404555012x",
            "+14045550123",
            "2 404 555 0123",
            "",
            "4045550123\n1",
        ] {
            assert!(!is_us_phone(phone), "{phone}");
        }
    }

    #[test]
    fn addresses_match_as_a_whole() {
        for email in ["test@example.com", "A.b%c+d-e_1@x-y.example.CO", "a@b.io"] {
            assert!(is_email(email), "{email}");
        }
        for email in [
            "",
            "a",
            "a@b",
            "a@b.c",
            "a b@c.de",
            "a@b..de",
            "é@b.de",
            "a@b.de\nx",
            "x\na@b.de",
            "a@b.de ",
            "a@@b.de",
        ] {
            assert!(!is_email(email), "{email}");
        }
        assert!(!is_email(&format!("{}@example.com", "a".repeat(250))));
    }
}
