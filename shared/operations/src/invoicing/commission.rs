//! What partners earn, in the very write that pays or gives back: neither can happen without the other, and neither twice.

use models::billing::{Invoice, InvoiceStatus};
use models::event::EventType;
use models::ids::{self, Id};
use models::members::{Commission, MemberSettings, NewCommission};
use models::payments::Refund;
use models::{Money, Result, Timestamp};
use store::{Retry, Stored, Writes};

use crate::Context;
use crate::invoicing::parties::zone_of;

/// Adds to `writes` what a partner earns from an invoice, where it has just been paid and somebody enrolled its customer.
/// Nothing for anybody else; else 3 reads and 1 item.
pub(crate) async fn accrue(
    context: &Context,
    writes: &mut Writes<'_>,
    before: Option<&Invoice>,
    after: &Invoice,
) -> Result<()> {
    let Some(partner_id) = after.enrolled_by else {
        return Ok(());
    };
    let paid = after.status == InvoiceStatus::Paid
        && before.is_none_or(|before| before.status != InvoiceStatus::Paid);
    if !paid || after.amount_paid.is_zero() {
        return Ok(());
    }
    let settings = context.member_settings_now().await?;
    let settings = settings.map_or_else(MemberSettings::default, Stored::into_inner);
    if settings.commission_rate.is_zero() {
        return Ok(());
    }
    let at = after.paid_at.unwrap_or(context.now().await?);
    let identity = of_invoice(after.id);
    let Place::Free(id) = place(context, at, &identity).await? else {
        return Ok(());
    };
    let zone = zone_of(context.account().await?.as_ref())?;
    let new = NewCommission {
        identity,
        partner_id,
        member_id: Id::new(after.customer_id.number())?,
        invoice_id: after.id,
        gross: after.amount_paid,
        base: without_tax(after)?,
    };
    let entry = Commission::earned(id, new, &settings, (at, &zone))?;
    writes.create(&entry, Some(EventType::CommissionEarned))?;
    Ok(())
}

/// What was paid of an invoice, without the part that is tax.
fn without_tax(invoice: &Invoice) -> Result<Money> {
    let (total, tax) = (invoice.total()?, invoice.tax()?);
    let net = total.minus(tax)?;
    invoice.amount_paid.share(net.decimal(), total.decimal())
}

/// Adds to `writes` what a refund takes back of what was earned from its invoice. Nothing where that is nothing; else 3 reads
/// and 2 items, 1 read for the refund of any invoice.
pub(crate) async fn take_back(
    context: &Context,
    writes: &mut Writes<'_>,
    invoice: Option<Id<ids::Invoice>>,
    refund: &Refund,
) -> Result<()> {
    let Some(id) = invoice else {
        return Ok(());
    };
    let Some(invoice) = context.find_now(id).await? else {
        return Ok(());
    };
    let (Some(_), Some(paid_at)) = (invoice.enrolled_by, invoice.paid_at) else {
        return Ok(());
    };
    let Place::Taken(earned) = place(context, paid_at, &of_invoice(id)).await? else {
        return Ok(());
    };
    let now = context.now().await?;
    let identity = refund.id.to_string();
    let Place::Free(id) = place(context, now, &identity).await? else {
        return Ok(());
    };
    let zone = zone_of(context.account().await?.as_ref())?;
    let mut counted = (**earned).clone();
    let entry = counted.take_back((id, identity), refund.amount, (now, &zone))?;
    writes.update(&earned, &counted, None)?;
    writes.create(&entry, Some(EventType::CommissionReversed))?;
    Ok(())
}

fn of_invoice(id: Id<ids::Invoice>) -> String {
    id.to_string()
}

/// Where an entry of that identity is, or would be.
enum Place {
    Free(Id<ids::Commission>),
    Taken(Box<Stored<Commission>>),
}

async fn place(context: &Context, at: Timestamp, identity: &str) -> Result<Place> {
    let mut id: Id<ids::Commission> = Id::derived(at, identity)?;
    let mut retry = Retry::of("the commission");
    loop {
        match context.find_now(id).await? {
            None => return Ok(Place::Free(id)),
            Some(stored) if stored.identity == identity => {
                return Ok(Place::Taken(Box::new(stored)));
            }
            Some(_) => id = retry.next_id(id)?,
        }
    }
}
