//! `PATCH /v3/invoices/{id}`

use api::dialect::rocketsavvy::{Invoice, Problems};
use api::input::{Fields, Input, MetadataChanges, Patch};
use api::{BillingWrite, Cx, Json, Path, Problem, Reply};
use models::Error;
use models::billing::{CollectionMethod, DraftChanges};
use models::event::EventType;
use models::ids::{self, Id};
use operations::Parties;
use utoipa::ToSchema;

use crate::create_invoice::{MAX_FOOTER, default_days};
use crate::invoice_lines::{self, LineItemSchema, NewLine};
use crate::terms::{collection, tax_rate_ids, tax_rates};

/// What may be changed of an invoice.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "the schema of the input; it is read into a body")]
pub(crate) struct InvoiceChanges {
    /// All its lines, 1 to 100.
    #[schema(example = json!([{ "description": "Consulting, 12 June", "quantity": 3, "unit_amount": 12000 }]))]
    line_items: Option<Vec<LineItemSchema>>,
    /// `send_invoice` or `charge_automatically`.
    #[schema(example = "charge_automatically")]
    collection_method: Option<String>,
    /// `collection_method` in other words: `true` is `charge_automatically`.
    auto_collection: Option<bool>,
    /// Days from the moment it becomes final to its due date, 0 to 365. Where it is absent, another `collection_method` brings
    /// its own.
    #[schema(example = 14)]
    days_until_due: Option<u32>,
    /// Tax rates of lines without rates of their own. At most 5.
    tax_rate_ids: Option<Vec<String>>,
    /// Whether it becomes final by itself, one hour from the moment at which that is said.
    #[schema(example = true)]
    auto_finalize: Option<bool>,
    /// Text at its foot; `null` is the business's.
    #[schema(example = "Thank you for your business.")]
    footer: Option<String>,
    /// Keys that are given are set, those with `null` or an empty text are removed, all others stay; `null` removes all.
    #[schema(value_type = BTreeMap<String, Option<String>>, required = false, example = json!({"source": "website"}))]
    metadata: Option<()>,
}

/// What the body says.
pub(crate) struct Body {
    lines: Option<Vec<NewLine>>,
    collection_method: Option<CollectionMethod>,
    days_until_due: Option<u32>,
    tax_rate_ids: Option<Vec<Id<ids::TaxRate>>>,
    auto_finalize: Option<bool>,
    footer: Patch<String>,
    metadata: MetadataChanges,
}

impl Input for Body {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let lines = invoice_lines::read(fields).optional();
        let body = Self {
            lines,
            collection_method: collection(fields),
            days_until_due: fields.count("days_until_due", 0..=365).optional(),
            tax_rate_ids: tax_rate_ids(fields),
            auto_finalize: fields.boolean("auto_finalize").optional(),
            footer: fields.text("footer", 1..=MAX_FOOTER).patch(),
            metadata: fields.metadata_changes(),
        };
        for fixed in ["customer_id", "currency", "coupon_id"] {
            if fields.has(fixed) {
                let detail = "cannot be changed: write another invoice";
                fields.reject(fixed, "immutable", detail);
            }
        }
        Some(body)
    }
}

impl Body {
    /// Whether it changes what only a draft lets change.
    fn is_for_drafts(&self) -> bool {
        self.lines.is_some()
            || self.collection_method.is_some()
            || self.days_until_due.is_some()
            || self.tax_rate_ids.is_some()
            || self.auto_finalize.is_some()
            || self.footer != Patch::Keep
    }
}

/// Update an invoice
///
/// A draft; of one that is final only the metadata can be changed. 1 read and 1 write unit; 1 more for its place among what is
/// due where that changes, 1 more read where tax rates are named, and 4 where the way of its collection changes.
#[utoipa::path(
    patch,
    path = "/v3/invoices/{id}",
    tag = "billing",
    params(("id" = String, Path, description = "The invoice.", example = "inv_rs_789012")),
    request_body = InvoiceChanges,
    responses((status = 200, description = "The invoice.", body = Invoice), Problems)
)]
pub(crate) async fn update_invoice(
    cx: Cx<BillingWrite>,
    Path(id): Path<Id<ids::Invoice>>,
    Json(body): Json<Body>,
) -> Result<Reply, Problem> {
    let stored = cx
        .invoice(id)
        .await?
        .ok_or_else(|| Error::not_found("invoice", id))?;
    let mut invoice = (*stored).clone();
    if body.is_for_drafts() {
        stored.refuse_unless_draft("changed, except for its metadata")?;
        invoice.footer = body.footer.clone().apply(invoice.footer);
        let changes = agree(&cx, &body, &stored).await?;
        invoice.change(changes, cx.now().await?)?;
    }
    invoice.metadata = body.metadata.apply(invoice.metadata)?;
    let mut writes = cx.writes().await?;
    if invoice != *stored {
        writes.update(&stored, &invoice, Some(EventType::InvoiceUpdated))?;
    }
    cx.changed(&writes, &Invoice::of(&invoice, cx.mode())?)
        .await
}

/// What the body changes, where it fits together.
async fn agree(
    cx: &Cx<BillingWrite>,
    body: &Body,
    invoice: &models::billing::Invoice,
) -> Result<DraftChanges, Problem> {
    let lines = match &body.lines {
        Some(lines) => Some(invoice_lines::agreed(cx, lines, invoice.currency).await?),
        None => None,
    };
    let rates = match &body.tax_rate_ids {
        Some(ids) => Some(tax_rates(cx, ids).await?),
        None => None,
    };
    invoice_lines::refuse_too_large(
        invoice.currency,
        lines.as_deref().unwrap_or(&invoice.lines),
        None,
        rates.as_deref().unwrap_or(&invoice.rates),
    )?;
    let method = body
        .collection_method
        .filter(|method| *method != invoice.collection_method);
    let days_until_due = match (body.days_until_due, method) {
        (None, Some(method)) => {
            let parties = Parties::read(cx, invoice.customer_id).await?;
            Some(default_days(&parties, method))
        }
        (days, _) => days,
    };
    Ok(DraftChanges {
        lines,
        rates,
        collection_method: method,
        days_until_due,
        auto_finalize: body.auto_finalize,
    })
}

#[cfg(test)]
mod tests;
