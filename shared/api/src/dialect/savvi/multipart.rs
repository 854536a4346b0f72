//! `multipart/form-data`, as PHP and curl send forms.

use std::convert::Infallible;

use bytes::Bytes;
use futures::stream;
use models::Result;
use multer::Multipart;

use super::form::{Form, refuse};
use super::tree::Tree;

/// Reads the parts as the pairs of a form. A file is refused: no field is one.
pub(super) async fn decode(body: Bytes, content_type: &str) -> Result<Tree> {
    let boundary = multer::parse_boundary(content_type)
        .map_err(|_error| refuse("has a Content-Type without a boundary"))?;
    let body = stream::once(async { Ok::<_, Infallible>(body) });
    let mut parts = Multipart::new(body, boundary);
    let mut form = Form::default();
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
        let text = part
            .bytes()
            .await
            .map_err(|_error| refuse("is not well-formed multipart/form-data"))?;
        let text = std::str::from_utf8(&text).map_err(|_error| refuse("is not in UTF-8"))?;
        form.add(&name, text.to_owned())?;
    }
}
