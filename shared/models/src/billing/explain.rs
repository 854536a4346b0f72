//! An invoice worked out again from what is stored of it: every amount with its inputs, its formula and its one rounding.
//!
//! Whoever has the inputs and the formulas gets the same minor units. What cannot be worked out, because it happened (what the
//! customer's balance had, what was paid and credited), is held to its bounds.

use rust_decimal::Decimal;

use crate::billing::{
    AppliedRate, Derivation, ExactTax, Invoice, InvoiceStatus, LineItem, Taxable, Terms, Totals,
    exact_taxes,
};
use crate::error::{Error, Result};
use crate::ids::{self, Id, Slug};
use crate::money::Money;

/// An invoice worked out again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// Line by line.
    pub lines: Vec<LineExplained>,
    /// What a coupon took off.
    pub discount: Option<DiscountExplained>,
    /// Rate by rate.
    pub taxes: Vec<TaxExplained>,
    /// The sums.
    pub sums: Sums,
}

/// A line worked out again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineExplained {
    /// How.
    pub derivation: Derivation,
    /// Its share of the discount.
    pub discount_share: Money,
    /// The rates that it is taxed with.
    pub rates: Vec<AppliedRate>,
    /// Whether that is the amount of the line.
    pub matches: bool,
}

/// A discount worked out again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiscountExplained {
    /// Which coupon.
    pub coupon_id: Slug<ids::Coupon>,
    /// Its terms.
    pub terms: Terms,
    /// What it is on: the sum of the lines that it reaches.
    pub base: Money,
    /// In exact minor units.
    pub exact: Decimal,
    /// Rounded once.
    pub amount: Money,
    /// Whether that is what was taken off.
    pub matches: bool,
}

impl DiscountExplained {
    /// In words and signs.
    pub const fn formula(&self) -> &'static str {
        match self.terms {
            Terms::Percent(_) => "base × percent_off ÷ 100",
            Terms::Amount(_) => "min(amount_off, base)",
        }
    }
}

/// A tax worked out again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaxExplained {
    /// Exactly.
    pub exact: ExactTax,
    /// What it is computed on, rounded.
    pub base: Money,
    /// The tax, rounded once.
    pub amount: Money,
    /// Whether that is what the invoice says.
    pub matches: bool,
}

/// One of the sums.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sum {
    /// What the invoice says.
    pub amount: Money,
    /// In words and signs.
    pub formula: &'static str,
    /// Whether it is what the formula says, or within its bounds where it happened.
    pub matches: bool,
}

/// The sums of an invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sums {
    /// Of the lines.
    pub subtotal: Sum,
    /// What a coupon took off.
    pub discount: Sum,
    /// All taxes.
    pub tax: Sum,
    /// What is owed in all.
    pub total: Sum,
    /// What the customer's balance paid.
    pub balance_applied: Sum,
    /// What is to be paid.
    pub amount_due: Sum,
    /// What credit notes took off.
    pub credited: Sum,
    /// What of that was taken off while it was still owed.
    pub credited_before_payment: Sum,
    /// What was paid.
    pub amount_paid: Sum,
    /// What of that went back to cards.
    pub amount_refunded: Sum,
    /// What is still to be paid.
    pub amount_remaining: Sum,
}

impl Sums {
    /// All of them.
    pub fn all(&self) -> [&Sum; 11] {
        [
            &self.subtotal,
            &self.discount,
            &self.tax,
            &self.total,
            &self.balance_applied,
            &self.amount_due,
            &self.credited,
            &self.credited_before_payment,
            &self.amount_paid,
            &self.amount_refunded,
            &self.amount_remaining,
        ]
    }
}

impl Explanation {
    /// Whether all of it comes out as it is stored.
    pub fn matches(&self) -> bool {
        self.lines.iter().all(|line| line.matches)
            && self.discount.iter().all(|discount| discount.matches)
            && self.taxes.iter().all(|tax| tax.matches)
            && self.sums.all().iter().all(|sum| sum.matches)
    }
}

impl Invoice {
    /// The earlier invoices that it gives parts of lines back of.
    pub fn credited_invoices(&self) -> Vec<Id<ids::Invoice>> {
        let billed = self.lines.iter().filter_map(|line| line.basis.billed);
        let mut ids: Vec<_> = billed.map(|billed| billed.invoice_id).collect();
        ids.sort();
        ids.dedup();
        ids
    }

    /// Works it out again. `earlier` are its [`Invoice::credited_invoices`]: a credit matches where the line that it is a part of
    /// was charged so. Errors where an amount leaves the range, which writing it has ruled out.
    pub fn explain(&self, earlier: &[Self]) -> Result<Explanation> {
        let derived = self
            .lines
            .iter()
            .map(|line| line.derive(self.currency))
            .collect::<Result<Vec<_>>>()?;
        // Discount and taxes follow from the amounts that the formulas give, not from those that are stored.
        let lines: Vec<LineItem> = self
            .lines
            .iter()
            .zip(&derived)
            .map(|(line, derivation)| LineItem {
                amount: derivation.amount,
                ..line.clone()
            })
            .collect();
        let totals = Totals::of(self.currency, &lines, self.terms(), &self.rates)?;
        let exact = exact_taxes(self.currency, &totals.taxable)?;
        Ok(Explanation {
            discount: self.explain_discount(&totals)?,
            taxes: self.explain_taxes(exact, &totals),
            sums: self.explain_sums(&totals)?,
            lines: self.explain_lines(derived, &totals, earlier)?,
        })
    }

    fn explain_lines(
        &self,
        derived: Vec<Derivation>,
        totals: &Totals,
        earlier: &[Self],
    ) -> Result<Vec<LineExplained>> {
        let line = |((line, derivation), taxable): ((&LineItem, Derivation), &Taxable)| {
            Ok(LineExplained {
                discount_share: derivation.amount.minus(taxable.amount)?,
                rates: taxable.rates.clone(),
                matches: derivation.amount == line.amount && was_charged(line, earlier)?,
                derivation,
            })
        };
        self.lines
            .iter()
            .zip(derived)
            .zip(&totals.taxable)
            .map(line)
            .collect()
    }

    fn explain_discount(&self, totals: &Totals) -> Result<Option<DiscountExplained>> {
        let draft = self
            .coupon
            .as_ref()
            .map(|coupon| (&coupon.coupon_id, coupon.terms));
        let applied = self
            .discount
            .as_ref()
            .map(|discount| (&discount.coupon_id, discount.terms));
        let Some((coupon_id, terms)) = draft.or(applied) else {
            return Ok(None);
        };
        Ok(Some(DiscountExplained {
            coupon_id: coupon_id.clone(),
            terms,
            base: totals.discountable,
            exact: exact_discount(terms, totals.discountable)?,
            amount: totals.discount,
            matches: totals.discount == self.discount_amount(),
        }))
    }

    fn explain_taxes(&self, exact: Vec<ExactTax>, totals: &Totals) -> Vec<TaxExplained> {
        let same = self.taxes.len() == totals.taxes.len();
        exact
            .into_iter()
            .zip(&totals.taxes)
            .enumerate()
            .map(|(index, (exact, tax))| TaxExplained {
                exact,
                base: tax.base,
                amount: tax.amount,
                matches: same && self.taxes.get(index) == Some(tax),
            })
            .collect()
    }

    fn explain_sums(&self, totals: &Totals) -> Result<Sums> {
        let zero = Money::zero(self.currency);
        let happened = Happened::to(self, totals)?;
        let tax = totals
            .taxes
            .iter()
            .try_fold(zero, |sum, tax| sum.plus(tax.amount))?;
        Ok(Sums {
            subtotal: Sum::of(self.subtotal()?, "Σ lines", totals.subtotal),
            discount: Sum::of(
                self.discount_amount(),
                "what the coupon takes off",
                totals.discount,
            ),
            tax: Sum::of(self.tax()?, "Σ taxes", tax),
            total: Sum::of(
                self.total()?,
                "subtotal − discount + Σ taxes that are not inclusive",
                totals.total,
            ),
            balance_applied: happened.balance_applied(self, totals.total),
            amount_due: Sum::of(
                self.amount_due()?,
                "total − balance_applied; 0 where the total is below 0",
                happened.due,
            ),
            credited: happened.credited(totals.total),
            credited_before_payment: happened.credited_before_payment(),
            amount_paid: happened.amount_paid(self.amount_paid)?,
            amount_refunded: Sum::up_to(
                self.amount_paid,
                self.amount_refunded(),
                "Σ refunds of its payments",
            ),
            amount_remaining: Sum::of(
                self.amount_remaining()?,
                "amount_due − credited_before_payment − amount_paid; 0 where it is void",
                if self.status == InvoiceStatus::Void {
                    zero
                } else {
                    happened.payable()?.minus(self.amount_paid)?
                },
            ),
        })
    }
}

/// Whether the line that this one gives a part of back, if it does, was charged for that amount and with those taxes.
fn was_charged(line: &LineItem, earlier: &[Invoice]) -> Result<bool> {
    let Some(billed) = line.basis.billed else {
        return Ok(true);
    };
    let Some(invoice) = earlier.iter().find(|one| one.id == billed.invoice_id) else {
        return Ok(false);
    };
    let net = Money::rounded(line.basis.charge.amount, line.amount.currency())?;
    let rates = line.rates.as_deref().unwrap_or_default();
    Ok(billed.left.minor() <= net.minor() && invoice.charged(billed.line, net, rates)?)
}

impl Sum {
    fn of(amount: Money, formula: &'static str, derived: Money) -> Self {
        Self {
            amount,
            formula,
            matches: amount == derived,
        }
    }

    /// What happened, which is nothing or between nothing and `most`.
    fn up_to(most: Money, amount: Money, formula: &'static str) -> Self {
        Self {
            amount,
            formula,
            matches: amount.is_zero() || (0..=most.minor()).contains(&amount.minor()),
        }
    }
}

/// What no formula gives.
struct Happened {
    balance: Money,
    due: Money,
    credited: Money,
    before_payment: Money,
}

impl Happened {
    fn to(invoice: &Invoice, totals: &Totals) -> Result<Self> {
        let zero = Money::zero(invoice.currency);
        let credited = invoice.credited.as_ref();
        let balance = invoice.balance_applied.unwrap_or(zero);
        Ok(Self {
            balance,
            due: if totals.total.minor() < 0 {
                zero
            } else {
                totals.total.minus(balance)?
            },
            credited: credited.map_or(zero, |credited| credited.total),
            before_payment: credited.map_or(zero, |credited| credited.before_payment),
        })
    }

    fn payable(&self) -> Result<Money> {
        self.due.minus(self.before_payment)
    }

    fn balance_applied(&self, invoice: &Invoice, total: Money) -> Sum {
        let formula = "min(total, what the customer's balance had when it became final); the total where that is below 0; 0 where it is void";
        let given = total.minor() < 0 && invoice.status != InvoiceStatus::Draft;
        if given {
            Sum::of(self.balance, formula, total)
        } else {
            Sum::up_to(total, self.balance, formula)
        }
    }

    fn credited(&self, total: Money) -> Sum {
        Sum::up_to(total, self.credited, "Σ credit notes")
    }

    fn credited_before_payment(&self) -> Sum {
        let formula = "Σ credit notes, as far as they took off what was still owed";
        let most = self.due.minor().min(self.credited.minor());
        let most = Money::new(most, self.due.currency());
        Sum::up_to(most, self.before_payment, formula)
    }

    fn amount_paid(&self, paid: Money) -> Result<Sum> {
        let formula = "Σ payments + what was received elsewhere, each as far as it was owed";
        Ok(Sum::up_to(self.payable()?, paid, formula))
    }
}

fn exact_discount(terms: Terms, base: Money) -> Result<Decimal> {
    let most = base.decimal().max(Decimal::ZERO);
    let exact = match terms {
        Terms::Percent(rate) => most
            .checked_mul(rate)
            .and_then(|product| product.checked_div(Decimal::ONE_HUNDRED))
            .ok_or_else(|| Error::internal("amount out of range"))?,
        Terms::Amount(amount) if amount.currency() == base.currency() => amount.decimal(),
        Terms::Amount(_) => Decimal::ZERO,
    };
    Ok(exact.min(most))
}

#[cfg(test)]
mod tests;
