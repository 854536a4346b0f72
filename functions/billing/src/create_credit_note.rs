//! `POST /v3/credit-notes`

use api::dialect::rocketsavvy::{CreditNote, Problems, line_of};
use api::input::{Fields, Input};
use api::{BillingWrite, Cx, Json, Problem, Reply};
use models::billing::{self, CreditNoteReason, Crediting, GivenBack, NewCreditNote, Part};
use models::ids::{self, Id};
use models::money::MAX_MINOR;
use models::{Error, Metadata};
use operations::{Context, WantedCredit};
use rust_decimal::Decimal;
use utoipa::ToSchema;

/// Lines that one note credits at the most.
const MAX_LINES: usize = 250;
/// Characters of a memo at the most.
const MAX_MEMO: usize = 1000;

/// What is credited of a line: all that is left of it, or some of its units, or an amount.
#[derive(ToSchema)]
#[schema(as = NewCreditNoteLine)]
#[expect(dead_code, reason = "the schema of the input; it is read into a part")]
pub(crate) struct LineSchema {
    /// As the invoice prints it.
    #[schema(example = "il_789012_1")]
    line_item_id: String,
    /// Units of it.
    #[schema(value_type = Option<f64>, example = 1)]
    quantity: Option<String>,
    /// Minor units, after discounts and before taxes that come on top; below zero where the line gives something back.
    amount: Option<i64>,
}

/// A new credit note: lines or an amount, and where the money goes that was paid for them.
#[derive(ToSchema)]
#[schema(as = NewCreditNote)]
#[expect(dead_code, reason = "the schema of the input; it is read into a body")]
pub(crate) struct NewNote {
    #[schema(example = "inv_rs_789012")]
    invoice_id: String,
    #[schema(value_type = Option<Vec<LineSchema>>, example = json!([{"line_item_id": "il_789012_1", "quantity": 1}]))]
    lines: Option<Vec<LineSchema>>,
    /// Minor units of the invoice's total, in the place of `lines`: the same proportion of everything that is left of it.
    amount: Option<i64>,
    /// `duplicate`, `fraudulent`, `order_change` or `product_unsatisfactory`.
    #[schema(example = "order_change")]
    reason: Option<String>,
    /// A text for the customer.
    #[schema(example = "One seat less from July.")]
    memo: Option<String>,
    /// Minor units that go back to the cards that paid.
    #[schema(example = 0)]
    refund_amount: Option<i64>,
    /// Minor units that the customer's balance gets; what is left of what had been paid where it is absent.
    credit_amount: Option<i64>,
    /// Minor units that are settled elsewhere.
    #[schema(example = 0)]
    out_of_band_amount: Option<i64>,
    #[schema(value_type = BTreeMap<String, String>, required = false, example = json!({"ticket": "4711"}))]
    metadata: Option<()>,
}

/// What the body says.
pub(crate) struct Body {
    invoice_id: Id<ids::Invoice>,
    what: Crediting,
    back: GivenBack,
    reason: Option<CreditNoteReason>,
    memo: Option<String>,
    metadata: Metadata,
}

impl Input for Body {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let invoice_id = fields.id("invoice_id").required(fields);
        let what = read_what(fields, invoice_id);
        let back = GivenBack {
            refund: fields.minor("refund_amount", 0).optional(),
            balance: fields.minor("credit_amount", 0).optional(),
            out_of_band: fields.minor("out_of_band_amount", 0).optional(),
        };
        let reason = fields.choice("reason", CreditNoteReason::ALL).optional();
        let memo = fields.text("memo", 1..=MAX_MEMO).optional();
        let metadata = fields.metadata().optional().unwrap_or_default();
        Some(Self {
            invoice_id: invoice_id?,
            what: what?,
            back,
            reason,
            memo,
            metadata,
        })
    }
}

/// Either lines or an amount.
fn read_what(fields: &mut Fields<'_>, invoice: Option<Id<ids::Invoice>>) -> Option<Crediting> {
    let lines = fields
        .objects("lines", 1..=MAX_LINES, |fields| read_line(fields, invoice))
        .optional();
    let amount = fields.minor("amount", 1).optional();
    match (fields.gives("lines"), fields.gives("amount")) {
        (true, true) => {
            let detail = "contradicts lines: a credit note is for one or the other";
            fields.reject("amount", "contradiction", detail);
            None
        }
        (true, false) => lines.map(Crediting::Lines),
        (false, true) => amount.map(Crediting::Amount),
        (false, false) => {
            fields.reject("lines", "required", "is required, or amount");
            None
        }
    }
}

/// A line of the invoice, where that is known, and how much of it.
fn read_line(fields: &mut Fields<'_>, invoice: Option<Id<ids::Invoice>>) -> Option<(usize, Part)> {
    let id = fields.text("line_item_id", 1..=64).required(fields);
    let quantity = fields.decimal("quantity").optional();
    let amount = fields.integer("amount", -MAX_MINOR..=MAX_MINOR).optional();
    let line = id
        .zip(invoice)
        .and_then(|(id, invoice)| line_of(invoice, &id));
    if invoice.is_some() && line.is_none() && fields.good() {
        let detail = "is not the id of a line item of the invoice";
        fields.reject("line_item_id", "not_found", detail);
    }
    if quantity.is_some_and(|quantity| quantity <= Decimal::ZERO) {
        fields.reject("quantity", "out_of_range", "must be above 0");
    }
    if quantity.is_some() && amount.is_some() {
        let detail = "contradicts quantity: a line is credited by one or the other";
        fields.reject("amount", "contradiction", detail);
    }
    let part = match (quantity, amount) {
        (Some(quantity), _) => Part::Quantity(quantity),
        (None, Some(amount)) => Part::Amount(amount),
        (None, None) => Part::Rest,
    };
    Some((line?, part))
}

/// Create a credit note
///
/// Takes lines, or an amount of the total, off an invoice that is open, given up or paid. An open one owes less, and is paid
/// when nothing is left to pay. What had been paid goes back: `refund_amount` to the cards, `credit_amount` to the customer's
/// balance (what is left of it, where you do not say), `out_of_band_amount` elsewhere. It is issued for good, with a number of
/// its own. Where the gateway refuses a refund, the event `refund.failed` tells, and its payment can be refunded again.
///
/// 3 reads and 8 write units before payment: note and invoice in one transaction, their places in lists, and the number. With
/// the customer's balance 1 read and 2 units more, with a refund 4 reads and 8 units more, with an `Idempotency-Key` 1 read and
/// 3 units more.
#[utoipa::path(
    post,
    path = "/v3/credit-notes",
    tag = "billing",
    request_body = NewNote,
    responses((status = 201, description = "The credit note.", body = CreditNote), Problems)
)]
pub(crate) async fn create_credit_note(
    cx: Cx<BillingWrite>,
    Json(body): Json<Body>,
) -> Result<Reply, Problem> {
    let note = match cx.resumed() {
        Some(reference) => resume(&cx, &reference).await?,
        None => issue(&cx, body).await?,
    };
    operations::settle_credit_note(&cx, &note).await?;
    let view = CreditNote::of(&note, cx.mode())?;
    let reply = cx.created(&cx.writes().await?, &view, note.id).await?;
    Ok(reply.ok_or_else(store::stale)?)
}

async fn issue(context: &Context, body: Body) -> models::Result<billing::CreditNote> {
    let wanted = WantedCredit {
        invoice_id: body.invoice_id,
        what: body.what,
        back: body.back,
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
    let stored = context.credit_note_now(id).await?;
    Ok(stored.ok_or_else(|| operations::vanished(id))?.into_inner())
}

#[cfg(test)]
mod tests;
