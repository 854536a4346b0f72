//! What an invoice was for does not come about.

use models::billing::Invoice;
use models::{Result, Timestamp};
use store::{Stored, Writes};

use crate::Context;
use crate::invoicing::issue_credit_note::credit_rest;
use crate::invoicing::undo_credits::undo_credits;
use crate::invoicing::void_invoice::void_invoice;

/// What the credit note says of it.
const NOT_MADE: &str = "What this invoice was for did not come about: it was not paid in full.";

/// Adds to `writes` that nothing is owed of an invoice any more, which was for something that does not come about: it is voided, or
/// credited where a part of it was paid or credited before, which is the customer's again. `false` says that a payment is under
/// way, so that nothing was done; one that is paid, or void, stays so.
pub(crate) async fn undo_invoice(
    context: &Context,
    writes: &mut Writes<'_>,
    invoice: &Stored<Invoice>,
    at: Timestamp,
) -> Result<bool> {
    if invoice.can_be_voided() {
        void_invoice(context, writes, invoice, at).await?;
    } else if invoice.processing.is_some() {
        return Ok(false);
    } else if invoice.status.is_payable() {
        credit_rest(context, writes, invoice, NOT_MADE).await?;
        undo_credits(context, writes, invoice, at).await?;
    }
    Ok(true)
}
