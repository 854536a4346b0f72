//! `POST /v3/invoices`

use api::dialect::rocketsavvy::{Invoice, Problems};
use api::input::{Fields, Input};
use api::{BillingWrite, Cx, Json, Problem, Reply};
use models::billing::{BillingReason, CollectionMethod, Coupon, Discount, NewInvoice, Party};
use models::event::EventType;
use models::ids::{self, Id, Slug};
use models::money::Currency;
use models::time::Period;
use models::{Error, Metadata, Timestamp};
use operations::Parties;
use store::Stored;
use utoipa::ToSchema;

use crate::invoice_lines::{self, LineItemSchema, NewLine};
use crate::terms::{collection, redeemed, tax_rate_ids, tax_rates};

/// Tries at a coupon and an id that others use at the same moment, with waits that come to about four seconds.
const MAX_TRIES: u32 = 16;
/// Characters of a footer at the most.
pub(crate) const MAX_FOOTER: usize = 500;

/// A new invoice.
#[derive(Debug, ToSchema)]
#[schema(as = NewInvoice)]
#[expect(dead_code, reason = "the schema of the input; it is read into a body")]
pub(crate) struct NewInvoiceSchema {
    #[schema(example = "cust_rs_123456")]
    customer_id: String,
    /// The business's where it is absent.
    #[schema(example = "USD")]
    currency: Option<String>,
    /// 1 to 100.
    #[schema(example = json!([{ "description": "Consulting, 12 June", "quantity": 2.5, "unit_amount": 12000 }]))]
    line_items: Vec<LineItemSchema>,
    /// `send_invoice` (also where it is absent) or `charge_automatically`.
    #[schema(example = "send_invoice")]
    collection_method: Option<String>,
    /// `collection_method` in other words: `true` is `charge_automatically`.
    auto_collection: Option<bool>,
    /// Days from the moment it becomes final to its due date, 0 to 365; where it is absent, the business's for one that is sent,
    /// 0 for one that is charged.
    #[schema(example = 30)]
    days_until_due: Option<u32>,
    /// Tax rates of lines without rates of their own; the business's default ones where it is absent. At most 5.
    tax_rate_ids: Option<Vec<String>>,
    /// Money off; see coupons.
    #[schema(example = json!(null))]
    coupon_id: Option<String>,
    /// Whether it becomes final by itself, one hour from now; `false` where it is absent.
    #[schema(example = false)]
    auto_finalize: Option<bool>,
    /// Text at its foot; the business's where it is absent. At most 500 characters.
    #[schema(example = "Thank you for your business.")]
    footer: Option<String>,
    #[schema(value_type = BTreeMap<String, String>, required = false, example = json!({"source": "website"}))]
    metadata: Option<()>,
}

/// What the body says.
pub(crate) struct Body {
    customer_id: Id<ids::Customer>,
    currency: Option<Currency>,
    lines: Vec<NewLine>,
    collection_method: CollectionMethod,
    days_until_due: Option<u32>,
    tax_rate_ids: Option<Vec<Id<ids::TaxRate>>>,
    coupon_id: Option<Slug<ids::Coupon>>,
    auto_finalize: bool,
    footer: Option<String>,
    metadata: Metadata,
}

impl Input for Body {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let customer_id = fields.id("customer_id").required(fields);
        let currency = fields.currency("currency").optional();
        let lines = invoice_lines::read(fields).required(fields);
        let collection_method = collection(fields).unwrap_or(CollectionMethod::SendInvoice);
        let days_until_due = fields.count("days_until_due", 0..=365).optional();
        let tax_rate_ids = tax_rate_ids(fields);
        let coupon_id = fields.slug("coupon_id").optional();
        let auto_finalize = fields.boolean("auto_finalize").optional();
        let footer = fields.text("footer", 1..=MAX_FOOTER).optional();
        let metadata = fields.metadata().optional().unwrap_or_default();
        Some(Self {
            customer_id: customer_id?,
            currency,
            lines: lines?,
            collection_method,
            days_until_due,
            tax_rate_ids,
            coupon_id,
            auto_finalize: auto_finalize.unwrap_or_default(),
            footer,
            metadata,
        })
    }
}

/// Create an invoice
///
/// A draft, for what no subscription bills: it may be changed until it becomes final. Seller and customer are put on it as
/// they are now, and again the moment it becomes final. A coupon is redeemed at once, for this invoice.
///
/// 4.5 read units and 2 write units: the invoice and its place in the customer's list; 1 more for each further KB of it and
/// where it becomes final by itself, 1 read where tax rates are named, and 1 read and 4 write units with a coupon.
#[utoipa::path(
    post,
    path = "/v3/invoices",
    tag = "billing",
    request_body = NewInvoiceSchema,
    responses((status = 201, description = "The draft.", body = Invoice), Problems)
)]
pub(crate) async fn create_invoice(
    cx: Cx<BillingWrite>,
    Json(body): Json<Body>,
) -> Result<Reply, Problem> {
    let now = cx.now().await?;
    let parties = Parties::read(&cx, body.customer_id).await?;
    if parties.customer.is_none() {
        return Err(Error::no_such("customer", body.customer_id, "/customer_id").into());
    }
    let (coupon_id, auto_finalize) = (body.coupon_id.clone(), body.auto_finalize);
    let mut new = agree(&cx, body, &parties, now).await?;
    for attempt in 0..MAX_TRIES {
        let id = cx.mint().await?;
        let coupon = redeem(&cx, coupon_id.as_ref(), &mut new, now).await?;
        let mut invoice = models::billing::Invoice::draft(id, new.clone(), now)?;
        parties.put_on(&mut invoice);
        if auto_finalize {
            invoice.finalize_soon(now);
        }
        let mut writes = cx.writes().await?;
        writes.create(&invoice, Some(EventType::InvoiceCreated))?;
        if let Some((before, after)) = &coupon {
            writes.update(before, after, Some(EventType::CouponUpdated))?;
        }
        let view = Invoice::of(&invoice, cx.mode())?;
        if let Some(reply) = cx.created(&writes, &view, id).await? {
            return Ok(reply);
        }
        cx.make_way(attempt).await;
    }
    let busy = "the coupon is being redeemed by others all the time";
    Err(Error::Unavailable(busy.to_owned()).into())
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
    body: Body,
    parties: &Parties,
    now: Timestamp,
) -> Result<NewInvoice, Problem> {
    let of_account = parties.account.as_ref().map(|account| account.currency);
    let currency = body
        .currency
        .or(of_account)
        .ok_or_else(|| Error::invalid("/currency", "required", "is required"))?;
    let lines = invoice_lines::agreed(cx, &body.lines, currency).await?;
    let rates = match &body.tax_rate_ids {
        Some(ids) => tax_rates(cx, ids).await?,
        None => tax_rates(cx, &parties.settings.default_tax_rates).await?,
    };
    invoice_lines::refuse_too_large(currency, &lines, None, &rates)?;
    let days = body.days_until_due;
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
        collection_method: body.collection_method,
        days_until_due: days.unwrap_or_else(|| default_days(parties, body.collection_method)),
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
