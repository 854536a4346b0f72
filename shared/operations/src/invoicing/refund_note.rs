//! The refunds of a credit note: which payments they give back, and how they are set aside on these.
//!
//! A transaction has room for a hundred items, and a refund takes two: its own and its payment's. So the note is written with all of
//! its refunds named and with the first of them set aside. While others are left, the invoice says how many are done, and lets nobody
//! else give its payments back. The request goes on with them, some in each transaction; where it dies, the invoice is due.

use futures::{StreamExt, TryStreamExt, stream};
use models::billing::{CreditNote, Invoice, NoteRefund};
use models::ids::{self, Id};
use models::payments::{Payment, Refund};
use models::{Error, Money, Result};
use store::{Retry, Stored, Writes};

use crate::Context;
use crate::context::missing_record;
use crate::payments::lease::Ask;
use crate::payments::refund_payment::resolve_refund;

/// Refunds that one write sets aside. Of the first of a note the request asks the gateway itself; the others are due at once.
pub(crate) const AT_ONCE: usize = 20;
/// Payments that one note gives back at the most: with them it has some 120 KB.
const MAX_REFUNDS: usize = 1000;
/// Payments that one call reads at the most.
const READ: usize = 100;
/// Refunds about which the gateway is asked at the same time: with more, the last would not fit into its lease.
const ASKED: usize = 5;

/// A refund that is to be, and the payment that it gives back.
pub(crate) struct GivesBack {
    pub(crate) refund: NoteRefund,
    payment: Stored<Payment>,
}

/// What goes back to which payments of an invoice, newest first, until that is `amount`. The newest is read first, and then more at
/// once with each call. A 400 where so much cannot be refunded, and where it goes back to too many payments.
pub(crate) async fn plan_refunds(
    context: &Context,
    invoice: &Invoice,
    amount: Money,
) -> Result<Vec<GivesBack>> {
    let mut left = amount;
    let mut planned = Vec::new();
    let mut newest_first = invoice.payment_ids.iter().rev().copied();
    let mut size = 1;
    while !left.is_zero() {
        let ids: Vec<_> = newest_first.by_ref().take(size).collect();
        if ids.is_empty() {
            let detail = format!(
                "must be at most {}: no more of the invoice's payments can be refunded",
                amount.minus(left)?.minor()
            );
            return Err(refused("exceeds_refundable", detail));
        }
        for payment in context.payments_now(&ids).await? {
            let part = payment.refundable()?.minor().clamp(0, left.minor());
            if part > 0 {
                let part = Money::new(part, left.currency());
                left = left.minus(part)?;
                let refund = NoteRefund {
                    refund_id: context.mint().await?,
                    payment_id: payment.id,
                    amount: part,
                };
                planned.push(GivesBack { refund, payment });
            }
        }
        if planned.len() > MAX_REFUNDS {
            let detail =
                format!("goes back to more than {MAX_REFUNDS} payments: credit a smaller amount");
            return Err(refused("too_many_payments", detail));
        }
        size = size.saturating_mul(2).min(READ);
    }
    Ok(planned)
}

fn refused(code: &'static str, detail: String) -> Error {
    Error::invalid("/refund_amount", code, detail)
}

/// Adds the first refunds of a note to `writes`, with a lease of who asks the gateway about them. Two items each.
pub(crate) fn set_aside(
    context: &Context,
    writes: &mut Writes<'_>,
    note: &CreditNote,
    first: Vec<GivesBack>,
) -> Result<()> {
    for GivesBack { refund, payment } in first {
        reserve(writes, &payment, refund)?;
        let refund = of_note(note, refund).leased(context.wall());
        writes.create(&refund, None)?;
    }
    Ok(())
}

fn reserve(writes: &mut Writes<'_>, stored: &Stored<Payment>, refund: NoteRefund) -> Result<()> {
    let mut payment = (**stored).clone();
    payment.reserve_refund(refund.amount)?;
    writes.update(stored, &payment, None)
}

fn of_note(note: &CreditNote, refund: NoteRefund) -> Refund {
    Refund::begin(
        refund.refund_id,
        refund.payment_id,
        refund.amount,
        Some(note.number.clone()),
        note.created,
    )
}

/// Sets the refunds aside that an invoice still waits for, and has workers ask the gateway about them at once. Called again, it goes
/// on from where that stands: each part is a transaction with the invoice, so it is written once, whoever tries.
pub(crate) async fn set_rest_aside(context: &Context, id: Id<ids::Invoice>) -> Result<()> {
    let now = context.now().await?;
    let mut known: Option<Stored<CreditNote>> = None;
    let mut retry = Retry::of("the invoice");
    loop {
        let Some(stored) = context.find_now(id).await? else {
            return Ok(());
        };
        let Some(refunding) = stored.refunding else {
            return Ok(());
        };
        let note_id = refunding.credit_note_id;
        let note = match known.take_if(|note| note.id == note_id) {
            Some(note) => note,
            None => context
                .find_now(note_id)
                .await?
                .ok_or_else(|| missing_record(note_id))?,
        };
        let rest = note.refunds.iter().skip(refunding.set_aside).copied();
        let part: Vec<NoteRefund> = rest.take(AT_ONCE).collect();
        let ids: Vec<_> = part.iter().map(|refund| refund.payment_id).collect();
        let payments = context.payments_now(&ids).await?;
        let set_aside = refunding.set_aside.saturating_add(part.len());
        let mut invoice = (*stored).clone();
        invoice.set_refunds_aside(note.id, (set_aside, note.refunds.len()), now);
        let mut writes = context.writes().await?;
        writes.update(&stored, &invoice, None)?;
        for (payment, refund) in payments.iter().zip(part) {
            reserve(&mut writes, payment, refund)?;
            writes.create_at_once(&of_note(&note, refund))?;
        }
        known = Some(note);
        if !context.write(&writes).await? {
            retry.again().await?;
        }
    }
}

/// Sets the refunds of a note aside that are not yet, and asks the gateway about the first of them. Called again, it asks again with the
/// same keys and changes nothing. Where nobody comes back to it, the refunds themselves are due, and the invoice that waits for them.
///
/// A refund that the gateway refuses is told as such, and its money is the payment's again; the note stands.
///
/// `begun` says that whoever asks has just issued the note, with a lease on its refunds.
pub async fn settle_credit_note(context: &Context, note: &CreditNote, begun: bool) -> Result<()> {
    if note.refunds.len() > AT_ONCE
        && let Err(error) = set_rest_aside(context, note.invoice_id).await
    {
        tracing::warn!(%error, credit_note = %note.id, "the rest of a credit note is refunded later");
    }
    let first: Vec<NoteRefund> = note.refunds.iter().take(AT_ONCE).copied().collect();
    let asked = stream::iter(first).map(|refund| ask(context, refund, begun));
    asked.buffer_unordered(ASKED).try_collect().await
}

async fn ask(context: &Context, refund: NoteRefund, begun: bool) -> Result<()> {
    let id = refund.refund_id;
    let stored = context.refund_now(refund.payment_id, id).await?;
    let stored = stored.ok_or_else(|| missing_record(id))?;
    let ask = if begun {
        Ask::begun(stored)
    } else {
        stored.into()
    };
    resolve_refund(context, ask).await?;
    Ok(())
}
