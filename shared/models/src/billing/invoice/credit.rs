//! Crediting an invoice: what of it is owed no longer, and where the money goes that had been paid for it.
//!
//! # Determinations
//! - An open invoice, or one that was given up, owes less first, and is paid as soon as nothing is left to pay. What is beyond
//!   that, and all that is credited of a paid one, goes back: to the card, to the customer's balance, or elsewhere. What the
//!   caller does not say goes to the balance.
//! - A line is credited up to its net amount: after its share of the discount, before the taxes that come on top. A line that
//!   gives something back is credited below zero: that takes it back.
//! - The tax of a note is the tax on all that has been credited, less what the notes before had of it (Lago). So the last one
//!   takes the remainder of the rounding, and the notes of an invoice have the tax of the invoice.
//! - An amount of the total takes the same proportion of what is left of every line and of every tax on top of them.
//! - Units of a line are worth their share of it; what was rounded off one comes with the next.

mod left;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Invoice, InvoiceStatus};
use crate::billing::{CreditNoteLine, TaxAmount};
use crate::error::{Error, Result};
use crate::money::Money;
use crate::time::Timestamp;

pub(super) use left::Left;

/// What credit notes have taken off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credited {
    /// In all.
    pub total: Money,
    /// While it was still owed: that much less is to be paid.
    pub before_payment: Money,
    /// By line, before tax that comes on top.
    pub lines: Vec<Money>,
    /// By rate of tax, in the invoice's order.
    pub taxes: Vec<Money>,
    /// Units by line, where units were credited.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quantities: Vec<Decimal>,
    /// Of what had been paid, what goes back as refunds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refunds: Option<Money>,
    /// What later invoices gave back of its lines for time that was not used, with tax; `lines` and `taxes` have it, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unused: Option<Money>,
}

/// How much of a line is credited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// All that is left of it.
    Rest,
    /// Some of its units.
    Quantity(Decimal),
    /// Minor units of its net amount, with the line's sign.
    Amount(i64),
}

/// What of an invoice is credited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Crediting {
    /// Lines, by their place from 0.
    Lines(Vec<(usize, Part)>),
    /// Minor units of the total.
    Amount(i64),
}

/// Where the money goes that had been paid for what is credited, in minor units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GivenBack {
    /// Back the way it came; nothing where it is absent.
    pub refund: Option<i64>,
    /// To the customer's balance; what is left where it is absent.
    pub balance: Option<i64>,
    /// Settled elsewhere; nothing where it is absent.
    pub out_of_band: Option<i64>,
}

/// What was credited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credit {
    /// For what.
    pub lines: Vec<CreditNoteLine>,
    /// Each rate's tax.
    pub taxes: Vec<TaxAmount>,
    /// In all.
    pub total: Money,
    /// What of it was still owed.
    pub before_payment: Money,
    /// What of it goes back the way it came.
    pub refund: Money,
    /// What of it the customer's balance gets.
    pub balance: Money,
    /// What of it is settled elsewhere.
    pub out_of_band: Money,
}

impl Invoice {
    /// Takes something off it. Errors, and is unchanged, where it is neither owed nor paid, where a payment is being processed,
    /// where nothing is left, and where more is wanted than is left; the last names the fields of the request.
    pub fn credit(&mut self, what: &Crediting, back: GivenBack, now: Timestamp) -> Result<Credit> {
        if !self.status.is_payable() && self.status != InvoiceStatus::Paid {
            return Err(self.wrong_status("credited"));
        }
        self.refuse_while_processing()?;
        self.refuse_while_refunding()?;
        let left = Left::of(self)?;
        if left.total.minor() <= 0 {
            let detail = format!("nothing of invoice {} is left to be credited", self.id);
            return Err(Error::conflict("nothing_to_credit", detail));
        }
        let share = match what {
            Crediting::Lines(parts) => left.take_lines(parts)?,
            Crediting::Amount(minor) => left.take_amount(Money::new(*minor, self.currency))?,
        };
        let owed = if self.status.is_payable() {
            self.amount_remaining()?.minor().max(0)
        } else {
            0
        };
        let before = Money::new(share.total.minor().min(owed), self.currency);
        let after = share.total.minus(before)?;
        let (refund, balance, out_of_band) = back.split(after)?;
        self.refuse_beyond_paid(after)?;
        let credit = Credit {
            lines: share.note_lines(self),
            taxes: share.taxes.clone(),
            total: share.total,
            before_payment: before,
            refund,
            balance,
            out_of_band,
        };
        let credited = left.less(&share, before, refund)?;
        self.credited = Some(credited);
        self.add_refund(refund)?;
        self.settle(now)?;
        if self.status == InvoiceStatus::Paid {
            self.refused = None;
        }
        Ok(credit)
    }
}

impl Invoice {
    /// A 409 where more is to be given back of what was paid than is left of that.
    fn refuse_beyond_paid(&self, after_payment: Money) -> Result<()> {
        let left = self.notable()?;
        if after_payment.minor() <= left.minor() {
            return Ok(());
        }
        let detail = format!(
            "{} of the credit note had been paid, and only {} of what was paid for invoice {} are left: refunds, credit notes \
             and later invoices gave the rest back",
            after_payment.minor(),
            left.minor(),
            self.id
        );
        Err(Error::conflict("exceeds_paid", detail))
    }
}

impl GivenBack {
    /// Refund, balance and elsewhere: together `after`, which had been paid.
    fn split(self, after: Money) -> Result<(Money, Money, Money)> {
        let money = |minor: Option<i64>| Money::new(minor.unwrap_or(0), after.currency());
        let (refund, out_of_band) = (money(self.refund), money(self.out_of_band));
        let beyond = |pointer: &'static str, left: Money| {
            let detail = format!(
                "must be at most {}: no more of what is credited had been paid",
                left.minor()
            );
            Error::invalid(pointer, "exceeds_paid", detail)
        };
        let left = after.minus(refund)?;
        if left.minor() < 0 {
            return Err(beyond("/refund_amount", after));
        }
        let rest = left.minus(out_of_band)?;
        if rest.minor() < 0 {
            return Err(beyond("/out_of_band_amount", left));
        }
        if self.balance.is_some_and(|balance| balance != rest.minor()) {
            let detail = format!(
                "must be {}: with refund_amount and out_of_band_amount it is what had been paid of what is credited",
                rest.minor()
            );
            return Err(Error::invalid("/credit_amount", "wrong_sum", detail));
        }
        Ok((refund, rest, out_of_band))
    }
}

#[cfg(test)]
mod tests;
