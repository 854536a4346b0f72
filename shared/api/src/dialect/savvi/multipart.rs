//! `multipart/form-data`, as PHP and curl send forms.

use std::convert::Infallible;

use bytes::Bytes;
use encoding_rs::UTF_8;
use futures::stream;
use models::Result;
use multer::Multipart;

use super::charset;
use super::form::{Form, refuse};
use super::tree::Tree;

/// Reads the parts as the pairs of a form. A file is refused: no field is one.
pub(super) async fn decode(body: Bytes, content_type: &str) -> Result<Tree> {
    let boundary = multer::parse_boundary(content_type)
        .map_err(|_error| refuse("has a Content-Type without a boundary"))?;
    let body = stream::once(async { Ok::<_, Infallible>(body) });
    let mut parts = Multipart::new(body, boundary);
    let mut form = Form::default();
    let mut encoding =
        charset::charset(content_type).map_or(Ok(UTF_8), |label| charset::named(&label))?;
    loop {
        let part = parts.next_field().await;
        let Some(part) = part.map_err(|_error| refuse("is not well-formed multipart/form-data"))?
        else {
            return Ok(form.into_tree());
        };
        if part.file_name().is_some() {
            return Err(refuse("has a file, and no field is one"));
        }
        let name = part.name().unwrap_or_default().to_owned();
        let said = part
            .content_type()
            .and_then(|kind| kind.get_param("charset"));
        let of_part = said
            .map(|label| charset::named(label.as_str()))
            .transpose()?;
        let text = part
            .bytes()
            .await
            .map_err(|_error| refuse("is not well-formed multipart/form-data"))?;
        let text = charset::text(&text, of_part.unwrap_or(encoding))?;
        // How a page says in which encoding the fields that follow are.
        if name == "_charset_" {
            encoding = charset::named(text.trim())?;
            continue;
        }
        form.add(&name, text.into_owned())?;
    }
}
