//! `POST /v3/invoices`

use api::input::Input;
use api::{BillingWrite, Created, Cx, Json, Problem, operation};
use models::billing::{BillingReason, CollectionMethod, Coupon, Discount, NewInvoice, Party};
use models::event::EventType;
use models::ids::{self, Id, Slug};
use models::money::Currency;
use models::time::Period;
use models::{Error, Metadata, Timestamp, View};
use operations::Parties;
use store::{Retry, Stored};
use views::rocketsavvy::Invoice;

use crate::invoices::invoice_lines::{self, MAX_LINES, NewLine};
use crate::subscriptions::terms::{CollectionFields, redeemed, tax_rate_ids, tax_rates};

/// Characters of a footer at the most.
pub(crate) const MAX_FOOTER: usize = 500;

/// A new invoice.
#[derive(Debug, Input)]
#[input(name = "NewInvoice")]
pub(crate) struct InvoiceFields {
    #[input(example = "cust_rs_123456")]
    customer_id: Id<ids::Customer>,
    /// The business's if it is absent.
    #[input(example = "USD")]
    currency: Option<Currency>,
    #[input(items = 1..=MAX_LINES, example = [{ "description": "Consulting, 12 June", "quantity": 2.5, "unit_amount": 12000 }])]
    line_items: Vec<NewLine>,
    /// It is sent where nothing is said.
    #[input(flatten)]
    collection: CollectionFields,
    /// Days from the moment it becomes final to its due date; if it is absent, the business's for one that is sent, 0 for one
    /// that is charged.
    #[input(range = 0..=365, example = 30)]
    days_until_due: Option<u32>,
    /// Tax rates of lines without rates of their own; the business's default ones if it is absent.
    #[input(by = tax_rate_ids)]
    tax_rate_ids: Option<Vec<Id<ids::TaxRate>>>,
    /// Money off; see coupons.
    #[input(example = null)]
    coupon_id: Option<Slug<ids::Coupon>>,
    /// Whether it is finalized automatically, an hour from now; `false` if it is absent.
    #[input(default, example = false)]
    auto_finalize: bool,
    /// Text at its foot; the business's if it is absent.
    #[input(chars = 1..=MAX_FOOTER, example = "Thank you for your business.")]
    footer: Option<String>,
    #[input(default, example = { "source": "website" })]
    metadata: Metadata,
}

impl InvoiceFields {
    fn method(&self) -> CollectionMethod {
        let said = self.collection.method();
        said.unwrap_or(CollectionMethod::SendInvoice)
    }
}

/// Create an invoice
///
/// Creates a draft invoice for what no subscription bills. It can be changed until it is finalized, which also
/// refreshes the names and addresses on it. A coupon is redeemed at once, for this invoice.
#[operation(post, "/v3/invoices", tag = "billing", answer = "The draft.")]
pub(crate) async fn create_invoice(
    cx: Cx<BillingWrite>,
    Json(body): Json<InvoiceFields>,
) -> Result<Created<Invoice>, Problem> {
    let now = cx.now().await?;
    let parties = Parties::read(&cx, body.customer_id).await?;
    if parties.customer.is_none() {
        return Err(Error::no_such("customer", body.customer_id, "/customer_id").into());
    }
    let (coupon_id, auto_finalize) = (body.coupon_id.clone(), body.auto_finalize);
    let mut new = agree(&cx, body, &parties, now).await?;
    let mut retry = Retry::of("the coupon");
    loop {
        let id = cx.mint().await?;
        let coupon = redeem(&cx, coupon_id.as_ref(), &mut new, now).await?;
        let mut invoice = models::billing::Invoice::draft(id, new.clone(), now)?;
        parties.snapshot_on_draft(&mut invoice);
        invoice.refuse_too_large("/line_items")?;
        if auto_finalize {
            invoice.finalize_soon(now);
        }
        let mut writes = cx.writes().await?;
        writes.create(&invoice, Some(EventType::InvoiceCreated))?;
        writes.child_of(invoice.customer_id, "/customer_id");
        if let Some((before, after)) = &coupon {
            writes.update(before, after, Some(EventType::CouponUpdated))?;
        }
        let view = Invoice::of(&invoice, cx.mode())?;
        if let Some(reply) = cx.try_created(&writes, &view, id).await? {
            return Ok(reply);
        }
        retry.again().await?;
    }
}

/// Days to the due date where nothing is said: an invoice that is charged is due at once.
pub(crate) fn default_days(parties: &Parties, method: CollectionMethod) -> u32 {
    match method {
        CollectionMethod::ChargeAutomatically => 0,
        CollectionMethod::SendInvoice | CollectionMethod::PaymentSchedule => {
            parties.settings.days_until_due
        }
    }
}

/// What the body asks for, where it fits together.
async fn agree(
    cx: &Cx<BillingWrite>,
    body: InvoiceFields,
    parties: &Parties,
    now: Timestamp,
) -> Result<NewInvoice, Problem> {
    let of_account = parties.account.as_ref().map(|account| account.currency);
    let currency = body
        .currency
        .or(of_account)
        .ok_or_else(|| Error::invalid("/currency", "required", "is required"))?;
    let lines = invoice_lines::agreed(cx, &body.line_items, currency).await?;
    let rates = match &body.tax_rate_ids {
        Some(ids) => tax_rates(cx, ids).await?,
        None => tax_rates(cx, &parties.settings.default_tax_rates).await?,
    };
    invoice_lines::refuse_too_large(currency, &lines, None, &rates)?;
    let (days, method) = (body.days_until_due, body.method());
    Ok(NewInvoice {
        customer_id: body.customer_id,
        subscription_id: None,
        billing_reason: BillingReason::Manual,
        revision: 0,
        currency,
        lines,
        discount: None,
        rates,
        // It bills no time: only the moment at which it was written.
        period: Period {
            start: now,
            end: now,
        },
        collection_method: method,
        days_until_due: days.unwrap_or_else(|| default_days(parties, method)),
        seller: Party::default(),
        customer: Party::default(),
        footer: body.footer,
        metadata: body.metadata,
    })
}

/// Redeems the coupon: its terms go to the invoice, and it is counted up in the same write.
async fn redeem(
    cx: &Cx<BillingWrite>,
    id: Option<&Slug<ids::Coupon>>,
    new: &mut NewInvoice,
    now: Timestamp,
) -> Result<Option<(Stored<Coupon>, Coupon)>, Problem> {
    let Some(id) = id else {
        return Ok(None);
    };
    let (stored, coupon) = redeemed(cx, id, Some(new.currency), now).await?;
    new.discount = Some(Discount::of(&coupon, now)?);
    Ok(Some((stored, coupon)))
}

#[cfg(test)]
mod tests;
