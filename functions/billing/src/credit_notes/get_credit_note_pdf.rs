//! `GET /v3/credit-notes/{id}/pdf`

use api::{BillingRead, Cx, Path, Pdf, Problem, operation};
use models::ids::{self, Id};

use crate::pdf::credit_note_pdf;

/// Retrieve a credit note as PDF
///
/// Retrieves a credit note as a PDF for people: A4, named after its number. The same credit note gives the same file.
#[operation(get, "/v3/credit-notes/{id}/pdf", tag = "billing")]
pub(crate) async fn get_credit_note_pdf(
    cx: Cx<BillingRead>,
    Path(id): Path<Id<ids::CreditNote>>,
) -> Result<Pdf, Problem> {
    let note = cx.require(id).await?;
    let invoice = cx
        .find_now(note.invoice_id)
        .await?
        .ok_or_else(|| operations::missing_record(note.invoice_id))?;
    let pdf = documents::render(&credit_note_pdf(&note, &invoice, cx.mode())?)?;
    let name = format!("{}.pdf", note.number);
    Ok(Pdf::new(pdf, &name))
}
