//! Headers that the owner of an endpoint adds to ours.

/// Longest name, in bytes.
const MAX_NAME: usize = 100;
/// Longest value, in bytes.
const MAX_VALUE: usize = 1000;
/// Names that HTTP or we decide about.
const OURS: [&str; 12] = [
    "host",
    "content-length",
    "content-type",
    "connection",
    "transfer-encoding",
    "te",
    "trailer",
    "upgrade",
    "expect",
    "keep-alive",
    "user-agent",
    "accept-encoding",
];
/// Families of such names.
const OUR_PREFIXES: [&str; 2] = ["proxy-", "webhook-"];

/// Why a custom header cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// No token of HTTP (RFC 9110, section 5.6.2), or too long.
    #[error("must have a name of 1 to 100 letters, digits or any of !#$%&'*+-.^_`|~")]
    Name,
    /// A name that HTTP needs itself, or one of ours.
    #[error("must not replace a header that Savvy or HTTP itself sets")]
    Reserved,
    /// Empty, too long, or with something that would not stay within its line.
    #[error("must have a value of 1 to 1000 visible ASCII characters, with spaces only inside")]
    Value,
}

/// Whether a header that a caller chose can be sent after ours.
///
/// Names are compared without regard to case. A value may have spaces and tabs inside, not around.
pub fn header_is_usable(name: &str, value: &str) -> Result<(), Unusable> {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if !(1..=MAX_NAME).contains(&name.len()) || !name.bytes().all(token) {
        return Err(Unusable::Name);
    }
    let starts_with = |prefix: &&str| {
        name.get(..prefix.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    };
    if OURS.iter().any(|ours| name.eq_ignore_ascii_case(ours))
        || OUR_PREFIXES.iter().any(starts_with)
    {
        return Err(Unusable::Reserved);
    }
    let inside = |byte: u8| byte.is_ascii_graphic() || byte == b' ' || byte == b'\t';
    if !(1..=MAX_VALUE).contains(&value.len())
        || !value.bytes().all(inside)
        || value.trim_ascii().len() != value.len()
    {
        return Err(Unusable::Value);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_of_the_owner_is_a_token_and_one_line() {
        for (name, value) in [
            ("Authorization", "Bearer abc.def"),
            ("X-Env", "a \t b"),
            ("x_1!#$%&'*+-.^`|~", "~"),
            ("accept", "x"),
            ("hosts", "x"),
            ("tea", "x"),
            ("webhooks", "x"),
            (&"n".repeat(100), &"v".repeat(1000)),
        ] {
            assert_eq!(header_is_usable(name, value), Ok(()), "{name}");
        }
        let too_long = "n".repeat(101);
        for name in [
            "", " ", "a b", "a:", "a\r\nb", "ä", "a(b)", "a\0", "[x]", &too_long,
        ] {
            assert_eq!(header_is_usable(name, "x"), Err(Unusable::Name), "{name:?}");
        }
        let too_long = "v".repeat(1001);
        for value in [
            "",
            " ",
            " a",
            "a ",
            "\ta",
            "a\t",
            "a\r\nHost: b",
            "a\nb",
            "a\rb",
            "a\0b",
            "a\x7f",
            "é",
            &too_long,
        ] {
            assert_eq!(
                header_is_usable("x-env", value),
                Err(Unusable::Value),
                "{value:?}"
            );
        }
    }

    #[test]
    fn what_http_and_we_set_is_out_of_reach() {
        for name in [
            "Host",
            "CONTENT-LENGTH",
            "Content-Type",
            "connection",
            "Transfer-Encoding",
            "TE",
            "Trailer",
            "Upgrade",
            "Expect",
            "Keep-Alive",
            "Proxy-Authorization",
            "proxy-connection",
            "User-Agent",
            "Accept-Encoding",
            "Webhook-Id",
            "webhook-signature",
            "WEBHOOK-anything",
        ] {
            assert_eq!(
                header_is_usable(name, "x"),
                Err(Unusable::Reserved),
                "{name}"
            );
        }
    }
}
