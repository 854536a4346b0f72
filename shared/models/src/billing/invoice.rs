//! An invoice: what is owed, for what, and what has been paid of it.

mod collection;
mod credit;
mod draft;
mod payments;
mod refunds;
mod unused;

use serde::{Deserialize, Serialize};

use crate::billing::{
    Advice, AppliedRate, CollectionMethod, Discount, LineItem, TaxAmount, Terms, Totals,
    exclusive_total,
};
use crate::choices;
use crate::error::{Error, Result};
use crate::ids::{self, Id, Slug};
use crate::metadata::Metadata;
use crate::money::{Currency, Money};
use crate::size::refuse_larger;
use crate::time::{Date, Period, Timestamp, Zone};

pub use collection::{Attempt, Booked};
pub use credit::{Credit, Credited, Crediting, GivenBack, Part};
pub use draft::DraftChanges;
pub use payments::{MAX_FAILED_PAYMENTS, MAX_PAYMENTS};
pub use refunds::Refunding;
pub use unused::Unused;

/// Kilobytes that an invoice has for its lines with their tax rates, its footer and its metadata. Payments and credit notes take some
/// 20 more.
const MAX_KILOBYTES: usize = 200;

choices! {
    /// Where an invoice stands.
    pub enum InvoiceStatus {
        /// Not final: lines may change, and it has no number.
        Draft = "draft",
        /// Final and owed.
        Open = "open",
        /// Paid in full.
        Paid = "paid",
        /// Owed, and given up.
        Uncollectible = "uncollectible",
        /// Owed no longer.
        Void = "void",
    }
}

impl InvoiceStatus {
    /// Whether money can still come in.
    pub const fn is_payable(self) -> bool {
        matches!(self, Self::Open | Self::Uncollectible)
    }
}

choices! {
    /// Why an invoice was made.
    pub enum BillingReason {
        /// Somebody wrote it.
        Manual = "manual",
        /// A subscription without a trial began.
        SubscriptionCreate = "subscription_create",
        /// A period of a subscription began or, at its end, ended.
        SubscriptionCycle = "subscription_cycle",
        /// A subscription was changed.
        SubscriptionUpdate = "subscription_update",
        /// A payment of a schedule is owed.
        PaymentSchedule = "payment_schedule",
    }
}

/// Seller or customer as they were when the invoice was made: later changes never reach it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    /// Name.
    pub name: String,
    /// Address, line by line, and whatever else is printed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<String>,
    /// E-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Tax number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_id: Option<String>,
}

/// What a coupon took off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppliedDiscount {
    /// Which coupon.
    pub coupon_id: Slug<ids::Coupon>,
    /// Its terms at that time.
    pub terms: Terms,
    /// How much.
    pub amount: Money,
}

/// Why the newest attempt failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// The gateway's code, or `no_payment_method`.
    pub code: String,
    /// A sentence for a person.
    pub message: String,
    /// What is to be done about it.
    pub advice: Advice,
    /// What was charged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<Id<ids::PaymentMethod>>,
}

/// What is needed to make an invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewInvoice {
    /// Who owes.
    pub customer_id: Id<ids::Customer>,
    /// For which subscription.
    pub subscription_id: Option<Id<ids::Subscription>>,
    /// Why.
    pub billing_reason: BillingReason,
    /// The number of the change that it bills, from 1; 0 for a period.
    pub revision: u32,
    /// In which currency.
    pub currency: Currency,
    /// For what.
    pub lines: Vec<LineItem>,
    /// What is taken off, if anything.
    pub discount: Option<Discount>,
    /// Tax rates of lines without rates of their own.
    pub rates: Vec<AppliedRate>,
    /// The period billed.
    pub period: Period,
    /// How it is collected.
    pub collection_method: CollectionMethod,
    /// Days until it is due.
    pub days_until_due: u32,
    /// Who sells.
    pub seller: Party,
    /// Who buys.
    pub customer: Party,
    /// Text at its foot.
    pub footer: Option<String>,
    /// The caller's.
    pub metadata: Metadata,
}

/// What is owed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invoice {
    /// Its id; one of a subscription is derived from subscription, reason and period: billing twice writes one record.
    pub id: Id<ids::Invoice>,
    /// Its number in the books, `INV-2026-000001`; a draft has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// Who owes.
    pub customer_id: Id<ids::Customer>,
    /// For which subscription.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subscription_id: Option<Id<ids::Subscription>>,
    /// Why.
    pub billing_reason: BillingReason,
    /// The number of the change that it bills, from 1; 0 for a period.
    #[serde(default, skip_serializing_if = "none")]
    pub revision: u32,
    /// Where it stands.
    pub status: InvoiceStatus,
    /// In which currency.
    pub currency: Currency,
    /// For what.
    pub lines: Vec<LineItem>,
    /// What a coupon took off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discount: Option<AppliedDiscount>,
    /// What a draft's coupon will take off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coupon: Option<Discount>,
    /// Tax rates of lines without rates of their own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rates: Vec<AppliedRate>,
    /// Each rate's tax.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub taxes: Vec<TaxAmount>,
    /// The period billed.
    pub period: Period,
    /// How it is collected.
    pub collection_method: CollectionMethod,
    /// Days from its finalisation to its due date.
    #[serde(default, skip_serializing_if = "none")]
    pub days_until_due: u32,
    /// When it is due; a draft has no date yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_date: Option<Date>,
    /// Whether the due date passed while it was owed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub overdue: bool,
    /// What the customer's balance paid; negative where the invoice gave to the balance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub balance_applied: Option<Money>,
    /// What credit notes took off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credited: Option<Credited>,
    /// What went back to cards, or is on its way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refunded: Option<Money>,
    /// Paid so far.
    pub amount_paid: Money,
    /// What of it was received elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub out_of_band: Option<Money>,
    /// The payments that came in, in order; at most about [`MAX_PAYMENTS`].
    #[serde(
        default,
        with = "crate::ids::numbers",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub payment_ids: Vec<Id<ids::Payment>>,
    /// The newest [`MAX_FAILED_PAYMENTS`] payments that failed, in order.
    #[serde(
        default,
        with = "crate::ids::numbers",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub failed_payment_ids: Vec<Id<ids::Payment>>,
    /// What a credit note still has to refund.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refunding: Option<Refunding>,
    /// What it was paid with, e.g. `card_ending_4242`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_method: Option<String>,
    /// Attempts whose outcome is known.
    #[serde(default, skip_serializing_if = "none")]
    pub attempt_count: u32,
    /// The attempt that is under way, whose outcome nobody knows yet: until then nothing is charged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub processing: Option<Attempt>,
    /// Attempts in a row that failed by the gateway's fault.
    #[serde(default, skip_serializing_if = "none")]
    pub faults: u32,
    /// Steps of the business's retry schedule that were taken.
    #[serde(default, skip_serializing_if = "none")]
    pub retries: u32,
    /// The partner who enrolled the customer, and earns a share of what is paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enrolled_by: Option<Id<ids::Partner>>,
    /// Whether the schedule has come to its end.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub exhausted: bool,
    /// Why the newest attempt failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Refused>,
    /// Refusals that forbid another charge of their payment method, one a method.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub barred: Vec<Refused>,
    /// When the next attempt is made by itself; of a draft, when it becomes final by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_payment_attempt: Option<Timestamp>,
    /// Who sells.
    pub seller: Party,
    /// Who buys.
    pub customer: Party,
    /// Text at its foot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub footer: Option<String>,
    /// The caller's.
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
    /// When it was made.
    pub created: Timestamp,
    /// When it became final.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finalized_at: Option<Timestamp>,
    /// When it was paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paid_at: Option<Timestamp>,
    /// When it was voided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voided_at: Option<Timestamp>,
    /// When it was given up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uncollectible_at: Option<Timestamp>,
    /// When a draft was deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted: Option<Timestamp>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over a reference"
)]
const fn none(number: &u32) -> bool {
    *number == 0
}

impl Invoice {
    /// An invoice that is not final yet.
    pub fn draft(id: Id<ids::Invoice>, new: NewInvoice, now: Timestamp) -> Result<Self> {
        let mut invoice = Self {
            id,
            number: None,
            customer_id: new.customer_id,
            subscription_id: new.subscription_id,
            billing_reason: new.billing_reason,
            revision: new.revision,
            status: InvoiceStatus::Draft,
            currency: new.currency,
            lines: new.lines,
            discount: None,
            coupon: new.discount,
            rates: new.rates,
            taxes: Vec::new(),
            period: new.period,
            collection_method: new.collection_method,
            days_until_due: new.days_until_due,
            due_date: None,
            overdue: false,
            balance_applied: None,
            credited: None,
            refunded: None,
            amount_paid: Money::zero(new.currency),
            out_of_band: None,
            payment_ids: Vec::new(),
            failed_payment_ids: Vec::new(),
            refunding: None,
            payment_method: None,
            attempt_count: 0,
            processing: None,
            faults: 0,
            retries: 0,
            enrolled_by: None,
            exhausted: false,
            refused: None,
            barred: Vec::new(),
            next_payment_attempt: None,
            seller: new.seller,
            customer: new.customer,
            footer: new.footer,
            metadata: new.metadata,
            created: now,
            finalized_at: None,
            paid_at: None,
            voided_at: None,
            uncollectible_at: None,
            deleted: None,
        };
        invoice.add_up()?;
        Ok(invoice)
    }

    /// A 400 for the field at `pointer` where what a caller wrote takes more room than an invoice has for it.
    pub fn refuse_too_large(&self, pointer: &'static str) -> Result<()> {
        refuse_larger("the invoice", self, MAX_KILOBYTES, pointer)
    }

    /// Works discount and taxes out again from the lines: after every change of a draft.
    pub fn add_up(&mut self) -> Result<()> {
        let totals = self.totals()?;
        self.discount = self
            .coupon
            .as_ref()
            .filter(|_| !totals.discount.is_zero())
            .map(|coupon| AppliedDiscount {
                coupon_id: coupon.coupon_id.clone(),
                terms: coupon.terms,
                amount: totals.discount,
            });
        self.taxes = totals.taxes;
        Ok(())
    }

    /// Lines, discount and taxes added up anew, from their inputs.
    pub fn totals(&self) -> Result<Totals> {
        Totals::of(self.currency, &self.lines, self.terms(), &self.rates)
    }

    /// The terms that take off what its discount is.
    pub fn terms(&self) -> Option<Terms> {
        match (&self.coupon, &self.discount) {
            (Some(coupon), _) => Some(coupon.terms),
            (None, Some(applied)) => Some(applied.terms),
            (None, None) => None,
        }
    }

    /// Makes it final. `credit` is what the customer's balance holds in this currency; returns what it holds then.
    ///
    /// An invoice of nothing, or that the balance covers, is paid at once. Errors unless it is a draft.
    pub fn finalize(
        &mut self,
        number: String,
        credit: Money,
        zone: &Zone,
        now: Timestamp,
    ) -> Result<Money> {
        self.refuse_unless_draft("finalized")?;
        let total = self.total()?;
        let used = if total.minor() < 0 {
            total
        } else {
            Money::new(total.minor().min(credit.minor().max(0)), self.currency)
        };
        self.number = Some(number);
        self.coupon = None;
        self.status = InvoiceStatus::Open;
        self.balance_applied = Some(used).filter(|used| !used.is_zero());
        self.finalized_at = Some(now);
        self.next_payment_attempt = None;
        let due = now.plus_days(i64::from(self.days_until_due));
        self.due_date = Some(zone.date(due)?);
        self.settle(now)?;
        credit.minus(used)
    }

    /// Paid as soon as nothing is left to pay.
    fn settle(&mut self, now: Timestamp) -> Result<()> {
        if self.status.is_payable() && self.amount_remaining()?.minor() <= 0 {
            self.status = InvoiceStatus::Paid;
            self.paid_at = Some(now);
            self.next_payment_attempt = None;
        }
        Ok(())
    }

    /// The identity of what it bills: equal for two attempts to bill the same thing. `None` for one that somebody wrote.
    pub fn identity(&self) -> Option<String> {
        let subscription = self.subscription_id?;
        (self.billing_reason != BillingReason::Manual).then(|| {
            identity(
                subscription,
                self.billing_reason,
                self.period.start,
                self.revision,
            )
        })
    }

    /// The sum of the lines.
    pub fn subtotal(&self) -> Result<Money> {
        self.lines
            .iter()
            .try_fold(Money::zero(self.currency), |sum, line| {
                sum.plus(line.amount)
            })
    }

    /// What a coupon took off.
    pub fn discount_amount(&self) -> Money {
        self.discount
            .as_ref()
            .map_or(Money::zero(self.currency), |discount| discount.amount)
    }

    /// What the customer owes in all: lines less discount, and the taxes that come on top.
    pub fn total(&self) -> Result<Money> {
        self.subtotal()?
            .minus(self.discount_amount())?
            .plus(exclusive_total(self.currency, &self.taxes)?)
    }

    /// All taxes, on top or contained.
    pub fn tax(&self) -> Result<Money> {
        self.taxes
            .iter()
            .try_fold(Money::zero(self.currency), |sum, tax| sum.plus(tax.amount))
    }

    /// What is to be paid after the customer's balance was applied; never negative.
    pub fn amount_due(&self) -> Result<Money> {
        let total = self.total()?;
        let zero = Money::zero(self.currency);
        match self.balance_applied {
            Some(applied) => total.minus(applied),
            // A draft below zero will go to the balance.
            None if total.minor() < 0 => Ok(zero),
            None => Ok(total),
        }
    }

    /// What credit notes took off what was owed.
    fn credited_before_payment(&self) -> Money {
        self.credited
            .as_ref()
            .map_or(Money::zero(self.currency), |credited| {
                credited.before_payment
            })
    }

    /// What is still to be paid.
    pub fn amount_remaining(&self) -> Result<Money> {
        match self.status {
            InvoiceStatus::Draft | InvoiceStatus::Open | InvoiceStatus::Uncollectible => self
                .amount_due()?
                .minus(self.credited_before_payment())?
                .minus(self.amount_paid),
            InvoiceStatus::Paid | InvoiceStatus::Void => Ok(Money::zero(self.currency)),
        }
    }

    /// When something must happen by itself.
    pub fn due(&self) -> Option<Timestamp> {
        if self.deleted.is_some() {
            return None;
        }
        match self.status {
            // One that was given up has a next attempt only while the outcome of one is not known.
            InvoiceStatus::Draft | InvoiceStatus::Uncollectible => self.next_payment_attempt,
            InvoiceStatus::Open => [self.next_payment_attempt, self.overdue_at()]
                .into_iter()
                .flatten()
                .min(),
            InvoiceStatus::Paid => self.refunding.map(Refunding::due),
            InvoiceStatus::Void => None,
        }
    }

    /// When an invoice that was sent becomes overdue: at the end of its due date, UTC. Not while a payment may be paying it.
    fn overdue_at(&self) -> Option<Timestamp> {
        let waits = !self.overdue && self.processing.is_none();
        let sent = self.collection_method == CollectionMethod::SendInvoice && waits;
        let date = self.due_date.filter(|_| sent)?;
        let next = date.plus_days(1).ok()?;
        Zone::default().start_of(next).ok()
    }

    /// Whether its due date has passed.
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.status == InvoiceStatus::Open && self.overdue_at().is_some_and(|at| at <= now)
    }

    /// Nothing is owed any longer. Returns what the customer's balance had paid of it, which is the customer's again. Errors
    /// where something else was paid or credited, where a payment is under way, or unless it is owed.
    pub fn void(&mut self, now: Timestamp) -> Result<Money> {
        self.refuse_to_void()?;
        self.status = InvoiceStatus::Void;
        self.voided_at = Some(now);
        self.next_payment_attempt = None;
        let zero = Money::zero(self.currency);
        Ok(self.balance_applied.take().unwrap_or(zero))
    }

    /// Whether it can be voided.
    pub fn can_be_voided(&self) -> bool {
        self.refuse_to_void().is_ok()
    }

    fn refuse_to_void(&self) -> Result<()> {
        if !self.status.is_payable() {
            return Err(self.wrong_status("voided"));
        }
        self.refuse_while_processing()?;
        if self.credited.is_some() {
            let detail = format!(
                "invoice {} has been credited in part; credit the rest instead",
                self.id
            );
            return Err(Error::conflict("invoice_credited", detail));
        }
        if self.amount_paid.minor() > 0 {
            let detail = format!(
                "{} of invoice {} has been paid; issue a credit note instead",
                self.amount_paid.minor(),
                self.id
            );
            return Err(Error::conflict("invoice_partially_paid", detail));
        }
        Ok(())
    }

    /// It is given up: nothing is collected any more, though it may still be paid. Errors unless it is open.
    pub fn mark_uncollectible(&mut self, now: Timestamp) -> Result<()> {
        if self.status != InvoiceStatus::Open {
            return Err(self.wrong_status("marked uncollectible"));
        }
        self.refuse_while_processing()?;
        self.status = InvoiceStatus::Uncollectible;
        self.uncollectible_at = Some(now);
        self.next_payment_attempt = None;
        Ok(())
    }

    /// Errors while the outcome of a payment is not known: what it will change is not known either.
    pub fn refuse_while_processing(&self) -> Result<()> {
        if self.processing.is_some() {
            let detail = format!("a payment of invoice {} is being processed", self.id);
            return Err(Error::conflict("payment_processing", detail));
        }
        Ok(())
    }

    /// A 409 that says what it is and what it therefore cannot be.
    pub fn wrong_status(&self, what: &str) -> Error {
        let detail = format!(
            "invoice {} is {}, so it cannot be {what}",
            self.id,
            self.status.as_str()
        );
        Error::conflict("invalid_invoice_status", detail)
    }
}

/// Subscription, reason, start of the period and number of the change: what makes two invoices the same one.
pub(super) fn identity(
    subscription: Id<ids::Subscription>,
    reason: BillingReason,
    start: Timestamp,
    revision: u32,
) -> String {
    let reason = reason.as_str();
    if revision == 0 {
        format!("{subscription}#{reason}#{start}")
    } else {
        format!("{subscription}#{reason}#{start}#{revision}")
    }
}

impl NewInvoice {
    /// See [`Invoice::identity`].
    pub fn identity(&self) -> Option<String> {
        let subscription = self.subscription_id?;
        (self.billing_reason != BillingReason::Manual).then(|| {
            identity(
                subscription,
                self.billing_reason,
                self.period.start,
                self.revision,
            )
        })
    }
}

#[cfg(test)]
mod tests;
