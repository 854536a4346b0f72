//! `GET /p/{code}`: the page on which a customer pays.

use api::{App, Door, Problem};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use models::Error;

use crate::page::{Mistakes, find, show};

/// Shows what is to be paid, or the receipt. 1 query and 4 reads.
pub(crate) async fn get_payment_page(
    State(app): State<App>,
    door: Door,
    code: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    // An address that cannot be decoded is one that no page has.
    let Path(code) = code.or(Err(Error::not_found("payment", "")))?;
    let found = find(&app, &door, &code).await?;
    Ok(show(&found, &Mistakes::default()).await?)
}
