//! What texts have in common whoever sends them: addresses, and the forms of Unicode.

use icu_normalizer::ComposingNormalizerBorrowed;

/// The text in Unicode's composed form (NFC): `é` is one character, however it was typed.
pub fn nfc(text: &str) -> String {
    ComposingNormalizerBorrowed::new_nfc()
        .normalize(text)
        .into_owned()
}

/// The text as it is compared: composed, in lower case.
pub fn folded(text: &str) -> String {
    nfc(text).to_lowercase()
}

/// Whether a text is an e-mail address that can be delivered to: a local part of RFC 5321 without quotes, also in other scripts, an
/// `@`, and a domain with a dot.
pub fn is_email(text: &str) -> bool {
    // The `:` keeps `mailto:` out, `<` and `,` what was copied from the head of a mail.
    let plain = |c: char| c.is_alphanumeric() || ".!#$%&'*+-/=?^_`{|}~".contains(c) || is_mark(c);
    let dotted = |text: &str| text.split('.').all(|part| !part.is_empty());
    text.split_once('@').is_some_and(|(local, domain)| {
        local.len() <= 64 && local.chars().all(plain) && dotted(local) && is_domain(domain)
    })
}

fn is_domain(domain: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.chars().count())
            && label
                .chars()
                .all(|c| c.is_alphanumeric() || c == '-' || is_mark(c))
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let last = domain.rsplit('.').next().unwrap_or_default();
    domain.contains('.')
        && domain.split('.').all(label)
        && last.chars().count() >= 2
        && !last.chars().all(|c| c.is_ascii_digit())
}

/// Whether a character belongs to the one before it: accents, vowel signs.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{900}'..='\u{dff}' | '\u{e30}'..='\u{e4e}' | '\u{3099}' | '\u{309a}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_what_looks_like_one() {
        for good in [
            "test@example.com",
            "a.b+c@sub.example.co",
            "o'brien@example.com",
            "jos\u{e9}@example.com",
            "jose\u{301}@example.com",
            "info@b\u{fc}cher.example",
            "用户@例子.公司",
            "संपर्क@डाटामेल.भारत",
            "x@xn--bcher-kva.example",
        ] {
            assert!(is_email(good), "{good}");
        }
        for bad in [
            "",
            "a",
            "a@b",
            "@example.com",
            "mailto:a@example.com",
            "A <a@example.com>",
            "a@example.com,b@example.com",
            "a b@example.com",
            ".a@example.com",
            "a.@example.com",
            "a..b@example.com",
            "a@example..com",
            "a@.example.com",
            "a@example.com.",
            "a@-example.com",
            "a@example-.com",
            "a@example.c",
            "a@127.0.0.1",
            "a@b@example.com",
            "a\u{200b}@example.com",
            "a@exam\u{200d}ple.com",
            "\u{feff}a@example.com",
            "a\u{ad}@example.com",
        ] {
            assert!(!is_email(bad), "{bad:?}");
        }
    }

    #[test]
    fn composed_and_decomposed_texts_are_the_same() {
        assert_eq!(nfc("Jose\u{301}"), "Jos\u{e9}");
        assert_eq!(folded("JOSE\u{301}"), folded("jos\u{e9}"));
    }
}
