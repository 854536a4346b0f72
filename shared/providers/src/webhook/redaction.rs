//! Takes out of an answer what must not be kept of it.

use std::borrow::Cow;

use models::payments::card_number;

/// Stands in the place of what was taken out.
const MASK: &str = "[redacted]";
/// Secrets under so many bytes are not looked for: they would be found in the middle of words.
const MIN_BYTES: usize = 8;
/// How the secrets of endpoints begin, ours and those of others.
const PREFIX: &str = "whsec_";

/// Knows the secrets of one endpoint.
pub(super) struct Redaction<'a> {
    /// The longest first: one may be part of another.
    secrets: Vec<Cow<'a, str>>,
}

impl<'a> Redaction<'a> {
    /// Of these secrets, also without their first word (`Bearer …`) or prefix, and as JSON writes them.
    pub(super) fn of(texts: impl Iterator<Item = &'a str>) -> Self {
        let mut secrets = Vec::new();
        for text in texts {
            let bare = text.strip_prefix(PREFIX);
            let bare = bare.or_else(|| text.split_once(' ').map(|(_scheme, rest)| rest.trim()));
            for form in [Some(text), bare].into_iter().flatten() {
                if form.len() >= MIN_BYTES {
                    secrets.push(Cow::Borrowed(form));
                    secrets.extend(escaped(form).map(Cow::Owned));
                }
            }
        }
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        Self { secrets }
    }

    /// The text without secrets and card numbers.
    pub(super) fn clean<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut clean = Cow::Borrowed(text);
        for secret in &self.secrets {
            if clean.contains(secret.as_ref()) {
                clean = Cow::Owned(clean.replace(secret.as_ref(), MASK));
            }
        }
        if clean.contains(PREFIX) {
            clean = Cow::Owned(without_prefixed(&clean));
        }
        match clean {
            Cow::Borrowed(text) => card_number::masked(text, MASK),
            Cow::Owned(text) => Cow::Owned(card_number::masked(&text, MASK).into_owned()),
        }
    }
}

/// The text inside a JSON string, if it is another there. Some encoders escape the slash, too.
fn escaped(text: &str) -> Option<String> {
    let special = |c: char| matches!(c, '/' | '"' | '\\');
    text.contains(special).then(|| {
        text.chars()
            .flat_map(|c| special(c).then_some('\\').into_iter().chain([c]))
            .collect()
    })
}

/// The text without what looks like the secret of an endpoint.
fn without_prefixed(text: &str) -> String {
    let mut parts = text.split(PREFIX);
    let mut clean = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest =
            part.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || "+/=_-\\%".contains(c));
        clean.push_str(if rest.len() == part.len() {
            PREFIX
        } else {
            MASK
        });
        clean.push_str(rest);
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_harmless_stays_and_is_not_copied() {
        let redaction = Redaction::of(["short", "whsec_your_secret_key"].into_iter());
        for text in ["", "ok", "it was too short", "order 4242", "a whsec_ b"] {
            assert_eq!(redaction.clean(text), text);
        }
        assert!(matches!(redaction.clean("ok"), Cow::Borrowed("ok")));
    }

    #[test]
    fn secrets_are_taken_out_in_each_of_their_forms() {
        let secrets = [
            "whsec_ab/cd+efgh==",
            "Bearer to/ken-1234",
            "seven77",
            "long-long-secret",
            "long-long-secret-and-more",
        ];
        let redaction = Redaction::of(secrets.into_iter());
        for (text, clean) in [
            ("a whsec_ab/cd+efgh== b", "a [redacted] b"),
            ("key ab/cd+efgh== b", "key [redacted] b"),
            (r#"{"k":"ab\/cd+efgh=="}"#, r#"{"k":"[redacted]"}"#),
            ("Bearer to/ken-1234", "[redacted]"),
            ("token=to/ken-1234;", "token=[redacted];"),
            (r"to\/ken-1234", "[redacted]"),
            ("seven77", "seven77"),
            ("long-long-secret-and-more!", "[redacted]!"),
            ("the whsec_of+another/1==.", "the [redacted]."),
            ("whsec_a whsec_b", "[redacted] [redacted]"),
            ("card 4242 4242-4242 4242.", "card [redacted]."),
            ("5555555555554444", "[redacted]"),
        ] {
            assert_eq!(redaction.clean(text), clean, "{text}");
        }
    }
}
