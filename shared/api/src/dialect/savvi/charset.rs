//! Bodies in other encodings than UTF-8: as the `Content-Type`, the XML declaration or the byte order mark says.

use bytes::Bytes;
use encoding_rs::{Encoding, UTF_8};
use models::{Error, Result};

/// So many bytes of a body are looked at for an XML declaration.
const DECLARATION_BYTES: usize = 200;

/// The body in UTF-8. Errors where it is in an encoding that nobody knows, or is not what it says.
pub(super) fn utf8(body: &Bytes, content_type: &str) -> Result<Bytes> {
    let marked = Encoding::for_bom(body).map(|(encoding, _)| encoding);
    let encoding = match marked {
        Some(encoding) => encoding,
        None => match charset(content_type).or_else(|| xml_encoding(body)) {
            None => return Ok(body.clone()),
            Some(label) => {
                Encoding::for_label(label.as_bytes()).ok_or_else(|| Error::UnsupportedMedia {
                    code: "unsupported_charset",
                    detail: "the charset of the body is unknown: send UTF-8".into(),
                })?
            }
        },
    };
    if encoding == UTF_8 && marked.is_none() {
        return Ok(body.clone());
    }
    let (text, _, broken) = encoding.decode(body);
    if broken {
        return Err(super::form::refuse(&format!(
            "is not in {}",
            encoding.name()
        )));
    }
    Ok(Bytes::from(text.into_owned()))
}

/// `charset` of a content type.
fn charset(content_type: &str) -> Option<String> {
    let mut parameters = content_type.split(';').skip(1);
    let value = parameters.find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then_some(value)
    })?;
    Some(value.trim().trim_matches('"').to_owned())
}

/// `encoding` of an XML declaration, whose characters are ASCII in every encoding without a byte order mark.
fn xml_encoding(body: &[u8]) -> Option<String> {
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
