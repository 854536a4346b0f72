//! `POST /v3/credit-notes`

use api::input::{Fields, Input};
use api::{BillingWrite, Created, Cx, Json, Problem, operation};
use models::billing::{self, CreditNoteReason, Crediting, GivenBack, NewCreditNote, Part};
use models::ids::{self, Id};
use models::money::MAX_MINOR;
use models::{Error, Metadata, View};
use operations::{Context, CreditNoteRequest};
use rust_decimal::Decimal;
use views::rocketsavvy::{CreditNote, line_of};

/// Lines that one note credits at the most.
const MAX_LINES: usize = 250;
/// Characters of a memo at the most.
const MAX_MEMO: usize = 1000;

/// What is credited of a line: all that is left of it, or some of its units, or an amount.
#[derive(Input)]
#[input(name = "NewCreditNoteLine", rules = Self::rules)]
pub(crate) struct CreditedLine {
    /// As the invoice prints it.
    #[input(chars = 1..=64, numbers = "id", then = line_item, example = "il_789012_1")]
    line_item_id: String,
    /// Units of it.
    #[input(above_zero, example = 1)]
    quantity: Option<Decimal>,
    /// Minor units, after discounts and before taxes that come on top; below zero where the line gives something back.
    #[input(range = -MAX_MINOR..=MAX_MINOR)]
    amount: Option<i64>,
}

const NO_LINE: &str = "is not the id of a line item of the invoice";

/// Whether it is the id of a line of some invoice.
fn line_item(fields: &mut Fields<'_>, name: &str, id: String) -> Option<String> {
    let counted = |digits: &str| {
        !digits.starts_with('0') && !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
    };
    let parts = id.strip_prefix("il_").and_then(|rest| rest.split_once('_'));
    if parts.is_some_and(|(invoice, place)| counted(invoice) && counted(place)) {
        return Some(id);
    }
    fields.reject(name, "not_found", NO_LINE);
    None
}

impl CreditedLine {
    fn rules(fields: &mut Fields<'_>) {
        if fields.gives("quantity") && fields.gives("amount") {
            let detail = "contradicts quantity: a line is credited by one or the other";
            fields.reject("amount", "contradiction", detail);
        }
    }

    fn part(&self) -> Part {
        match (self.quantity, self.amount) {
            (Some(quantity), _) => Part::Quantity(quantity),
            (None, Some(amount)) => Part::Amount(amount),
            (None, None) => Part::Rest,
        }
    }
}

/// A new credit note: lines or an amount, and where the money goes that was paid for them.
#[derive(Input)]
#[input(name = "NewCreditNote", rules = Self::rules, check = Self::check)]
pub(crate) struct CreditNoteFields {
    #[input(example = "inv_rs_789012")]
    invoice_id: Id<ids::Invoice>,
    #[input(items = 1..=MAX_LINES, example = [{ "line_item_id": "il_789012_1", "quantity": 1 }])]
    lines: Option<Vec<CreditedLine>>,
    /// Minor units of the invoice's total, in the place of `lines`: the same proportion of everything that is left of it.
    #[input(minor = 1)]
    amount: Option<i64>,
    #[input(choice, example = "order_change")]
    reason: Option<CreditNoteReason>,
    /// A text for the customer.
    #[input(chars = 1..=MAX_MEMO, example = "One seat less from July.")]
    memo: Option<String>,
    /// Minor units that go back to the cards that paid.
    #[input(minor = 0, example = 0)]
    refund_amount: Option<i64>,
    /// Minor units that the customer's balance gets; what is left of what had been paid if it is absent.
    #[input(minor = 0)]
    credit_amount: Option<i64>,
    /// Minor units that are settled elsewhere.
    #[input(minor = 0, example = 0)]
    out_of_band_amount: Option<i64>,
    #[input(default, example = { "ticket": "4711" })]
    metadata: Metadata,
}

impl CreditNoteFields {
    /// Either lines or an amount.
    fn rules(fields: &mut Fields<'_>) {
        match (fields.gives("lines"), fields.gives("amount")) {
            (true, true) => {
                let detail = "contradicts lines: a credit note is for one or the other";
                fields.reject("amount", "contradiction", detail);
            }
            (false, false) => fields.reject("lines", "required", "is required, or amount"),
            (true, false) | (false, true) => {}
        }
    }

    /// Lines of that invoice.
    fn check(&self, fields: &mut Fields<'_>) {
        for (index, line) in self.lines.iter().flatten().enumerate() {
            if line_of(self.invoice_id, &line.line_item_id).is_none() {
                let path = format!("lines/{index}/line_item_id");
                fields.reject_at(&path, "not_found", NO_LINE);
            }
        }
    }

    fn crediting(&self) -> Crediting {
        if let Some(amount) = self.amount {
            return Crediting::Amount(amount);
        }
        let place = |line: &CreditedLine| line_of(self.invoice_id, &line.line_item_id);
        let lines = self.lines.iter().flatten();
        Crediting::Lines(
            lines
                .filter_map(|line| Some((place(line)?, line.part())))
                .collect(),
        )
    }
}

/// Create a credit note
///
/// Credits lines, or an amount of the total, of an invoice that is open, uncollectible or paid. An open invoice owes
/// less by it, and is paid when nothing is left to pay. What was paid already goes back: `refund_amount` to the cards,
/// `out_of_band_amount` outside of this system, and `credit_amount`, or the rest if you do not say, to the customer's
/// balance. A credit note is final and has a number of its own; if the gateway refuses a refund, the event
/// `refund.failed` says so and the payment can be refunded again. Up to 1,000 payments go back by one credit note, newest
/// first: the answer names all of them, and those after the first 20 are refunded within a minute. Until all are set
/// aside, other refunds and credit notes of the invoice are 409 `refund_processing`.
#[operation(post, "/v3/credit-notes", tag = "billing")]
pub(crate) async fn create_credit_note(
    cx: Cx<BillingWrite>,
    Json(body): Json<CreditNoteFields>,
) -> Result<Created<CreditNote>, Problem> {
    let (note, begun) = match cx.resumed() {
        Some(reference) => (resume(&cx, &reference).await?, false),
        None => (issue(&cx, body).await?, true),
    };
    operations::settle_credit_note(&cx, &note, begun).await?;
    let view = CreditNote::of(&note, cx.mode())?;
    let reply = cx.try_created(&cx.writes().await?, &view, note.id).await?;
    Ok(reply.ok_or_else(store::stale)?)
}

async fn issue(context: &Context, body: CreditNoteFields) -> models::Result<billing::CreditNote> {
    let wanted = CreditNoteRequest {
        invoice_id: body.invoice_id,
        what: body.crediting(),
        back: GivenBack {
            refund: body.refund_amount,
            balance: body.credit_amount,
            out_of_band: body.out_of_band_amount,
        },
        new: NewCreditNote {
            reason: body.reason,
            memo: body.memo,
            metadata: body.metadata,
        },
    };
    operations::issue_credit_note(context, &wanted).await
}

/// The note that an earlier call with the same key issued.
async fn resume(context: &Context, reference: &str) -> models::Result<billing::CreditNote> {
    let id: Id<ids::CreditNote> = reference.parse().map_err(Error::internal)?;
    let stored = context.find_now(id).await?;
    Ok(stored
        .ok_or_else(|| operations::missing_record(id))?
        .into_inner())
}

#[cfg(test)]
mod tests;
