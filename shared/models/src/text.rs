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

/// Words of others inside a text of ours that goes to somebody else: the name of a customer, a member, a business or a plan in a
/// mail or a text message. One line of at most `most` characters in which no reader's program finds a link: a space follows each
/// dot that could stand in the name of a host, and what makes a scheme of a word goes. `J.R. Smith` becomes `J. R. Smith`, and
/// `evil.example/x` becomes `evil. example/x`. Braces go, too, because ours mark places in a text.
pub fn of_others(text: &str, most: usize) -> String {
    let visible = text.chars().filter(|c| !is_invisible(*c)).map(|c| match c {
        '\u{3002}' | '\u{ff0e}' | '\u{ff61}' | '\u{2024}' => '.',
        '\u{ff1a}' => ':',
        '\u{ff0f}' | '\u{2044}' => '/',
        '\u{ff20}' => '@',
        '{' | '}' => ' ',
        c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') => ' ',
        c => c,
    });
    let visible: String = visible.collect();
    let words = visible.split_whitespace().map(without_link);
    let words = words.collect::<Vec<_>>().join(" ");
    let plain = words.split_whitespace().collect::<Vec<_>>().join(" ");
    if plain.chars().count() <= most {
        return plain;
    }
    let head: String = plain.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", head.trim_end())
}

/// A word that is no link, and leads to none.
fn without_link(word: &str) -> String {
    let word = word.replace("://", ": ").replace("//", " ");
    // A number as 2.0 is no address, and 192.0.2.1 is one.
    let address = word.matches('.').count() >= 3;
    let mut plain = String::with_capacity(word.len());
    let mut rest = word.chars().peekable();
    while let Some(c) = rest.next() {
        plain.push(c);
        let goes_on = rest
            .peek()
            .is_some_and(|next| !matches!(next, '.' | ',' | ')' | ' '));
        let number = rest.peek().is_some_and(char::is_ascii_digit) && !address;
        let scheme = c == ':' && rest.peek().is_some_and(|next| next.is_alphabetic());
        if scheme || (c == '.' && goes_on && !number) {
            plain.push(' ');
        }
    }
    plain
}

/// Whether a character takes no place, or turns the order of others: it could hide a dot, or a name.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Whether a text is an e-mail address that can be delivered to: a local part of RFC 5321 without quotes, also in other scripts, an
/// `@`, and a domain with a dot.
pub fn is_email(text: &str) -> bool {
    // The `:` keeps `mailto:` out, `<` and `,` what was copied from the head of a mail.
    let plain = |c: char| is_letter(c) || ".!#$%&'*+-/=?^_`{|}~".contains(c) || is_mark(c);
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
                .all(|c| is_letter(c) || c == '-' || is_mark(c))
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let last = domain.rsplit('.').next().unwrap_or_default();
    domain.contains('.')
        && domain.split('.').all(label)
        && last.chars().count() >= 2
        && !last.chars().all(|c| c.is_ascii_digit())
}

/// Letters and digits that can be seen: the fillers of Hangul are letters, and blank.
fn is_letter(c: char) -> bool {
    c.is_alphanumeric() && !matches!(c, '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}')
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
            "a\u{3164}@example.com",
        ] {
            assert!(!is_email(bad), "{bad:?}");
        }
    }

    #[test]
    fn composed_and_decomposed_texts_are_the_same() {
        assert_eq!(nfc("Jose\u{301}"), "Jos\u{e9}");
        assert_eq!(folded("JOSE\u{301}"), folded("jos\u{e9}"));
    }

    #[test]
    fn names_in_messages_of_ours_are_no_links() {
        for (name, plain) in [
            ("Ada Lovelace", "Ada Lovelace"),
            ("Acme Inc.", "Acme Inc."),
            ("Dr. O'Neil, Jr.", "Dr. O'Neil, Jr."),
            ("J.R. Smith", "J. R. Smith"),
            ("Plan 2.0 at 9.99", "Plan 2.0 at 9.99"),
            ("Łódź & Söhne (Ltd.)", "Łódź & Söhne (Ltd.)"),
            ("a\r\nBcc: b@example.com", "a Bcc: b@example. com"),
            ("one\u{2028}two\u{85}three", "one two three"),
            ("https://evil.example/a?b=c", "https: evil. example/a?b=c"),
            ("HTTPS://EVIL.EXAMPLE", "HTTPS: EVIL. EXAMPLE"),
            ("//evil.example", "evil. example"),
            ("www.evil.example", "www. evil. example"),
            ("click bit.ly/x now", "click bit. ly/x now"),
            ("http://192.0.2.1/x", "http: 192. 0. 2. 1/x"),
            ("mailto:a@evil.example", "mailto: a@evil. example"),
            ("javascript:alert(1)", "javascript: alert(1)"),
            ("evil\u{200b}.\u{200d}example", "evil. example"),
            ("evil\u{3002}example", "evil. example"),
            ("evil\u{ff0e}例子", "evil. 例子"),
            ("\u{202e}elpmaxe.live", "elpmaxe. live"),
            ("xn--e1afmkfd.xn--p1ai", "xn--e1afmkfd. xn--p1ai"),
            ("{link}{li{link}nk}", "link li link nk"),
        ] {
            assert_eq!(of_others(name, 100), plain, "{name:?}");
        }
        assert_eq!(of_others("a\tb  c", 3), "a…");
        assert_eq!(
            of_others(&"é".repeat(31), 30),
            format!("{}…", "é".repeat(29))
        );
    }

    proptest::proptest! {
        /// A dot that joins two words is what programs know links by.
        #[test]
        fn no_word_of_others_has_a_dot_inside(name in "[a-z0-9.:/@ \\u{200b}\\u{3002}\\u{ff0e}\\n]{0,40}") {
            let plain = of_others(&name, 100);
            proptest::prop_assert!(!plain.contains("://") && !plain.contains('\n'));
            for word in plain.split(' ') {
                let joined = word.split_once('.').is_some_and(|(_, rest)| {
                    rest.trim_start_matches(['.', ',', ')']).starts_with(char::is_alphabetic)
                });
                proptest::prop_assert!(!joined, "{name:?} became {plain:?}");
            }
        }
    }
}
