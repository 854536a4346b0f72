//! `PATCH /v3/invoices/{id}`

use api::input::{Change, Input, MetadataChanges, Patch};
use api::{BillingWrite, Cx, Done, Json, Path, Problem, operation};
use models::View;
use models::billing::DraftChanges;
use models::event::EventType;
use models::ids::{self, Id};
use operations::Parties;
use views::rocketsavvy::Invoice;

use crate::invoices::create_invoice::{MAX_FOOTER, default_days};
use crate::invoices::invoice_lines::{self, MAX_LINES, NewLine};
use crate::subscriptions::terms::{CollectionFields, tax_rate_ids, tax_rates};

/// What may be changed of an invoice.
#[derive(Debug, Input)]
#[input(fixed("customer_id", "currency", "coupon_id" => "cannot be changed: write another invoice"))]
pub(crate) struct InvoiceChanges {
    /// All its lines.
    #[input(items = 1..=MAX_LINES, example = [{ "description": "Consulting, 12 June", "quantity": 3, "unit_amount": 12000 }])]
    line_items: Change<Vec<NewLine>>,
    #[input(flatten)]
    collection: CollectionFields,
    /// Days from the moment it becomes final to its due date. Where it is absent, another `collection_method` brings its own.
    #[input(range = 0..=365, example = 14)]
    days_until_due: Change<u32>,
    /// Tax rates of lines without rates of their own.
    #[input(by = tax_rate_ids)]
    tax_rate_ids: Change<Vec<Id<ids::TaxRate>>>,
    /// Whether it is finalized automatically, an hour after this request.
    #[input(example = true)]
    auto_finalize: Change<bool>,
    /// Text at its foot; `null` is the business's.
    #[input(chars = 1..=MAX_FOOTER, example = "Thank you for your business.")]
    footer: Patch<String>,
    /// Keys that are given are set, those with `null` or an empty text are removed, all others stay; `null` removes all.
    #[input(example = { "source": "website" })]
    metadata: MetadataChanges,
}

impl InvoiceChanges {
    /// Whether it changes what only a draft lets change.
    fn is_for_drafts(&self) -> bool {
        self.line_items.is_some()
            || self.collection.method().is_some()
            || self.days_until_due.is_some()
            || self.tax_rate_ids.is_some()
            || self.auto_finalize.is_some()
            || self.footer != Patch::Keep
    }
}

/// Update an invoice
///
/// Changes the fields of a draft that are given. Of a finalized invoice only the metadata can be changed.
#[operation(patch, "/v3/invoices/{id}", tag = "billing")]
pub(crate) async fn update_invoice(
    cx: Cx<BillingWrite>,
    Path(id): Path<Id<ids::Invoice>>,
    Json(body): Json<InvoiceChanges>,
) -> Result<Done<Invoice>, Problem> {
    let stored = cx.require_now(id).await?;
    let mut invoice = (*stored).clone();
    if body.is_for_drafts() {
        stored.refuse_unless_draft("changed, except for its metadata")?;
        invoice.footer = body.footer.clone().apply(invoice.footer);
        let changes = agree(&cx, &body, &stored).await?;
        invoice.change(changes, cx.now().await?)?;
        invoice.refuse_too_large("/line_items")?;
    }
    invoice.metadata = body.metadata.apply(invoice.metadata)?;
    invoice.refuse_too_large("/metadata")?;
    let mut writes = cx.writes().await?;
    if invoice != *stored {
        writes.update(&stored, &invoice, Some(EventType::InvoiceUpdated))?;
    }
    cx.done(&writes, &Invoice::of(&invoice, cx.mode())?).await
}

/// What the body changes, where it fits together.
async fn agree(
    cx: &Cx<BillingWrite>,
    body: &InvoiceChanges,
    invoice: &models::billing::Invoice,
) -> Result<DraftChanges, Problem> {
    let lines = match &body.line_items {
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
        .collection
        .method()
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
