//! Bodies in other encodings than UTF-8: as the `Content-Type`, the XML declaration or the byte order mark says.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8};
use models::{Error, Result};

/// So many bytes of a body are looked at for an XML declaration.
const DECLARATION_BYTES: usize = 200;

/// The encoding that a body says it has: its byte order mark, its `Content-Type` or its XML declaration. UTF-8 where it says
/// nothing. Errors where nobody knows it.
pub(super) fn encoding(body: &[u8], content_type: &str) -> Result<&'static Encoding> {
    if let Some((encoding, _)) = Encoding::for_bom(body) {
        return Ok(encoding);
    }
    let label = charset(content_type).or_else(|| xml_encoding(body));
    label.map_or(Ok(UTF_8), |label| named(&label))
}

/// The encoding of that name. Errors where nobody knows it.
pub(super) fn named(label: &str) -> Result<&'static Encoding> {
    Encoding::for_label(label.as_bytes()).ok_or_else(|| Error::UnsupportedMedia {
        code: "unsupported_charset",
        detail: "the charset of the body is unknown: send UTF-8".into(),
    })
}

/// The text without its byte order mark. Errors where it is not what it says.
pub(super) fn text<'b>(bytes: &'b [u8], encoding: &'static Encoding) -> Result<Cow<'b, str>> {
    // Of that encoding alone: a value that happens to begin like the mark of another one is a value.
    let (text, broken) = encoding.decode_with_bom_removal(bytes);
    if broken {
        let detail = format!("is not in {}", encoding.name());
        return Err(super::form::refuse(&detail));
    }
    Ok(text)
}

/// `charset` of a content type.
pub(super) fn charset(content_type: &str) -> Option<String> {
    let mut parameters = content_type.split(';').skip(1);
    let value = parameters.find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then_some(value)
    })?;
    Some(value.trim().trim_matches('"').to_owned())
}

/// `encoding` of an XML declaration.
fn xml_encoding(body: &[u8]) -> Option<String> {
    // Of two bytes a character without a mark, one is zero.
    let wide = match body.get(..4)? {
        [b'<', 0, b'?', 0] => Some("UTF-16LE"),
        [0, b'<', 0, b'?'] => Some("UTF-16BE"),
        _ => None,
    };
    if let Some(wide) = wide {
        return Some(wide.to_owned());
    }
    let head = body.get(..DECLARATION_BYTES.min(body.len()))?;
    let head = String::from_utf8_lossy(head);
    let declaration = head.trim_start().strip_prefix("<?xml")?;
    let (declaration, _) = declaration.split_once("?>")?;
    let (_, rest) = declaration.split_once("encoding")?;
    let rest = rest.trim_start().strip_prefix('=')?.trim_start();
    let end = rest.trim_start_matches(['"', '\'']);
    let label = end.split(['"', '\'', ' ']).next()?;
    (!label.is_empty()).then(|| label.to_owned())
}

#[cfg(test)]
mod tests {
    use encoding_rs::{UTF_16LE, WINDOWS_1252};

    use super::*;

    #[test]
    fn a_value_that_begins_like_the_mark_of_another_encoding_is_what_it_is() {
        assert_eq!(text(b"\xFE\xFFa", WINDOWS_1252).unwrap(), "þÿa");
        assert_eq!(text(b"\xFF\xFEa\0", WINDOWS_1252).unwrap(), "ÿþa\0");
        assert_eq!(text(b"\xEF\xBB\xBFa", WINDOWS_1252).unwrap(), "ï»¿a");
        assert_eq!(text(b"\xEF\xBB\xBFa", UTF_8).unwrap(), "a");
        assert_eq!(text(b"\xFF\xFEa\0", UTF_16LE).unwrap(), "a");
        assert!(text(b"\xFF\xFEa\0", UTF_8).is_err());
    }
}
