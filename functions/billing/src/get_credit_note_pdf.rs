//! `GET /v3/credit-notes/{id}/pdf`

use api::dialect::rocketsavvy::Problems;
use api::{BillingRead, Cx, FileBytes, Path, Problem, Reply};
use models::Error;
use models::ids::{self, Id};

use crate::paper::credit_paper_of;

/// Retrieve a credit note as PDF
///
/// What `GET /v3/credit-notes/{id}` says, for people: A4, named after the note's number. The same note gives the same file.
///
/// 2 reads in 2 round trips.
#[utoipa::path(
    get,
    path = "/v3/credit-notes/{id}/pdf",
    tag = "billing",
    params(("id" = String, Path, description = "The credit note.", example = "cn_rs_789012")),
    responses(
        (
            status = 200, description = "The PDF.", content_type = "application/pdf", body = inline(FileBytes),
            headers(("Content-Disposition" = String, description = "`inline`, with the file's name."))
        ),
        Problems
    )
)]
pub(crate) async fn get_credit_note_pdf(
    cx: Cx<BillingRead>,
    Path(id): Path<Id<ids::CreditNote>>,
) -> Result<Reply, Problem> {
    let note = cx
        .credit_note(id)
        .await?
        .ok_or_else(|| Error::not_found("credit note", id))?;
    let invoice = cx
        .invoice(note.invoice_id)
        .await?
        .ok_or_else(|| operations::vanished(note.invoice_id))?;
    let pdf = documents::render(&credit_paper_of(&note, &invoice, cx.mode())?)?;
    let name = format!("{}.pdf", note.number);
    Ok(Reply::file(pdf, "application/pdf", &name))
}
