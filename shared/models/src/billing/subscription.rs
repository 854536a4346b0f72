//! A subscription: Stripe's states, and the next moment at which something must happen to it.

mod change;
mod charged;
mod compose;
mod due_action;
mod invoices;
mod pause;
mod pending_update;
mod scheduled;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::billing::{
    AppliedRate, BillingCycle, Discount, Fraction, LineItem, Meter, PaymentTerms, Price,
};
use crate::choices;
use crate::error::{Error, Result};
use crate::event::EventType;
use crate::ids::{self, Id, Slug};
use crate::metadata::Metadata;
use crate::money::Currency;
use crate::size::refuse_larger;
use crate::time::{Period, Timestamp, Zone};

pub use change::{AnchorChange, Change, Effective, ProrationBehavior, check_items};
pub use charged::{ChargedAs, ChargedLine, Proration};
pub use compose::{Reading, refuse_too_many_lines};
pub use due_action::{Bill, DueAction, MAX_BACK_PERIODS, Outcome};
pub use invoices::{INVOICES_ON_A_PAGE, InvoicePage};
pub use pause::{Pause, Resumption};
pub use pending_update::{PaymentBehavior, PendingUpdate, given_back};

/// How long a subscription waits for its first payment before it expires: 23 hours, as in Stripe.
pub const INCOMPLETE_SECONDS: i64 = 23 * 3600;
/// Plans that one subscription can have at once, as in Stripe.
pub const MAX_ITEMS: usize = 20;
/// Kilobytes that a subscription has room for: its plans with their tiers and meters, its metadata, the change that waits for the end of
/// the period, and the lines that wait for the next invoice. What it was before a change takes as much again, and an invoice twice it.
const MAX_KILOBYTES: usize = 100;

choices! {
    /// Where a subscription stands.
    pub enum SubscriptionStatus {
        /// Paid, or billed by invoice.
        Active = "active",
        /// Over.
        Canceled = "canceled",
        /// Waiting for the first payment.
        Incomplete = "incomplete",
        /// The first payment never came.
        IncompleteExpired = "incomplete_expired",
        /// A later payment was refused, or an invoice is overdue.
        PastDue = "past_due",
        /// No service and no invoices: until it is resumed, or until it starts.
        Paused = "paused",
        /// Free until `trial_end`.
        Trialing = "trialing",
        /// Nothing is collected any more; invoices are still made.
        Unpaid = "unpaid",
    }
}

impl SubscriptionStatus {
    /// Whether nothing will ever happen to it again.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Canceled | Self::IncompleteExpired)
    }
}

choices! {
    /// Who moves: we charge, or the customer pays the invoice that we send.
    pub enum CollectionMethod {
        /// The default payment method is charged when the invoice is finalised.
        ChargeAutomatically = "charge_automatically",
        /// The customer pays row by row of a schedule, and is reminded of each.
        PaymentSchedule = "payment_schedule",
        /// The invoice is open until its due date.
        SendInvoice = "send_invoice",
    }
}

impl CollectionMethod {
    /// Those that a caller chooses from: a schedule is agreed upon with the subscription.
    pub const CHOICES: &'static [(&'static str, Self)] = &[
        (
            Self::ChargeAutomatically.as_str(),
            Self::ChargeAutomatically,
        ),
        (Self::SendInvoice.as_str(), Self::SendInvoice),
    ];
}

choices! {
    /// What becomes of a trial that ends while there is nothing to charge.
    #[derive(Default)]
    pub enum MissingPaymentMethod {
        /// It ends.
        Cancel = "cancel",
        /// It is billed all the same, and past due.
        #[default]
        CreateInvoice = "create_invoice",
        /// It is paused until it is resumed.
        Pause = "pause",
    }
}

impl MissingPaymentMethod {
    /// For what storage leaves out.
    pub fn is_default(&self) -> bool {
        *self == Self::CreateInvoice
    }
}

choices! {
    /// What becomes of invoices while collection is paused.
    pub enum PauseBehavior {
        /// They stay drafts.
        KeepAsDraft = "keep_as_draft",
        /// They are given up.
        MarkUncollectible = "mark_uncollectible",
        /// They are void.
        Void = "void",
    }
}

/// Collection is paused: the service goes on and invoices are made, but none is collected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PauseCollection {
    /// What becomes of the invoices.
    pub behavior: PauseBehavior,
    /// When it ends by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resumes_at: Option<Timestamp>,
}

/// A plan within a subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Which plan.
    pub plan_id: Slug<ids::Plan>,
    /// The version of the price, from 1.
    pub version: u32,
    /// At which price, for good.
    pub price: Price,
    /// How many.
    pub quantity: u32,
}

/// What is needed to start a subscription.
#[derive(Debug, Clone)]
pub struct NewSubscription {
    /// Who pays.
    pub customer_id: Id<ids::Customer>,
    /// For what, from now on and for good; at least one, all with the same cycle and currency.
    pub items: Vec<Item>,
    /// How the cycle was called.
    pub billing_cycle: BillingCycle,
    /// How it is collected.
    pub collection_method: CollectionMethod,
    /// Days from an invoice to its due date.
    pub days_until_due: u32,
    /// Instead of the customer's default.
    pub payment_method_id: Option<Id<ids::PaymentMethod>>,
    /// When it starts; earlier than now is backdated.
    pub start: Timestamp,
    /// From when periods are counted, where that is later than the start or the end of the trial.
    pub anchor: Option<Timestamp>,
    /// Whether the time until that anchor is charged.
    pub prorate_stub: bool,
    /// Days that are free.
    pub trial_period_days: u32,
    /// What becomes of a trial without a payment method.
    pub missing_payment_method: MissingPaymentMethod,
    /// Money off.
    pub discount: Option<Discount>,
    /// Tax.
    pub tax_rates: Vec<AppliedRate>,
    /// The calendar it steps through.
    pub zone: Zone,
    /// The caller's.
    pub metadata: Metadata,
}

/// A customer's agreement on one or more plans.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// Its id.
    pub id: Id<ids::Subscription>,
    /// Who pays.
    pub customer_id: Id<ids::Customer>,
    /// For what.
    pub items: Vec<Item>,
    /// How the cycle was called.
    pub billing_cycle: BillingCycle,
    /// Where it stands.
    pub status: SubscriptionStatus,
    /// How it is collected.
    pub collection_method: CollectionMethod,
    /// Days from an invoice to its due date.
    #[serde(default, skip_serializing_if = "none")]
    pub days_until_due: u32,
    /// Instead of the customer's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_method_id: Option<Id<ids::PaymentMethod>>,
    /// What it was charged to last. The next invoice is most often charged to the same: it is read with the parties.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charged_to: Option<Id<ids::PaymentMethod>>,
    /// The calendar it steps through: the business's when it was made.
    #[serde(default, skip_serializing_if = "Zone::is_utc")]
    pub zone: Zone,
    /// From when periods are counted: the start, the end of the trial, or a chosen day.
    pub anchor: Timestamp,
    /// The number of the running period, counted from the anchor.
    #[serde(default, skip_serializing_if = "none")]
    pub period_index: u32,
    /// The period that is running; the trial while there is one.
    pub period: Period,
    /// When the free days end, or ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trial_end: Option<Timestamp>,
    /// Whether the end of the trial was announced.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub trial_announced: bool,
    /// What becomes of a trial without a payment method.
    #[serde(default, skip_serializing_if = "MissingPaymentMethod::is_default")]
    pub missing_payment_method: MissingPaymentMethod,
    /// Money off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discount: Option<Discount>,
    /// The lines that charge for the running period, to its end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub charged: Vec<ChargedLine>,
    /// The moment that the last change within the running period was worked out for: none is for an earlier one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prorated_until: Option<Timestamp>,
    /// Tax.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tax_rates: Vec<AppliedRate>,
    /// Lines that wait for the next invoice.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pending_lines: Vec<LineItem>,
    /// Since when something is owed that is to be billed at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bill_now: Option<Timestamp>,
    /// The invoice of that: its id is given with the change, so that it stands above all that was there before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_invoice: Option<Id<ids::Invoice>>,
    /// The event that tells of what is billed at once, when it is known how that went.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tells: Option<EventType>,
    /// How what is billed at once goes on where it is not paid.
    #[serde(default, skip_serializing_if = "PaymentBehavior::is_default")]
    pub payment_behavior: PaymentBehavior,
    /// What it was before a change that is being billed and takes place with its payment only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before_update: Option<Box<Self>>,
    /// A change that takes place when its invoice is paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending_update: Option<PendingUpdate>,
    /// How often it was changed in a way that bills.
    #[serde(default, skip_serializing_if = "none")]
    pub revision: u32,
    /// A change that takes place when the running period ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduled: Option<Change>,
    /// Collection is paused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pause_collection: Option<PauseCollection>,
    /// The service is paused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused: Option<Pause>,
    /// When a pause of the service ends by itself, or when it starts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resumes_at: Option<Timestamp>,
    /// Whether it ends with the period that is running.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cancel_at_period_end: bool,
    /// When it was told to end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canceled_at: Option<Timestamp>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// The newest invoice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latest_invoice: Option<Id<ids::Invoice>>,
    /// The invoice of its end, where there was anything to bill then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub final_invoice: Option<Id<ids::Invoice>>,
    /// Those before it that are on no page, in the order in which they were billed.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        with = "crate::ids::numbers"
    )]
    pub earlier_invoices: Vec<Id<ids::Invoice>>,
    /// Pages of invoices that were put aside.
    #[serde(default, skip_serializing_if = "none")]
    pub invoice_pages: u32,
    /// The caller's.
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
    /// How it is paid by schedule, where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<PaymentTerms>,
    /// When its first period, or its trial, began.
    pub started: Timestamp,
    /// When it was created.
    pub created: Timestamp,
    /// When it was taken back: its first payment was refused, and its caller wanted none without.
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

impl Subscription {
    /// A new subscription. Without a trial its first period begins at once and is still to be billed; one that starts later
    /// is paused until then.
    pub fn start(id: Id<ids::Subscription>, new: NewSubscription, now: Timestamp) -> Result<Self> {
        let started = new.start;
        let trial_end = (new.trial_period_days > 0)
            .then(|| started.plus_days(i64::from(new.trial_period_days)));
        let mut subscription = Self {
            id,
            customer_id: new.customer_id,
            items: new.items,
            billing_cycle: new.billing_cycle,
            status: SubscriptionStatus::Paused,
            collection_method: new.collection_method,
            days_until_due: new.days_until_due,
            payment_method_id: new.payment_method_id,
            zone: new.zone,
            anchor: new.anchor.or(trial_end).unwrap_or(started),
            period_index: 0,
            period: Period {
                start: started,
                end: started,
            },
            trial_end,
            trial_announced: false,
            missing_payment_method: new.missing_payment_method,
            discount: new.discount,
            charged: Vec::new(),
            prorated_until: None,
            tax_rates: new.tax_rates,
            pending_lines: Vec::new(),
            charged_to: None,
            bill_now: None,
            next_invoice: None,
            tells: None,
            payment_behavior: PaymentBehavior::default(),
            before_update: None,
            pending_update: None,
            revision: 0,
            scheduled: None,
            pause_collection: None,
            paused: None,
            resumes_at: None,
            cancel_at_period_end: false,
            canceled_at: None,
            ended_at: None,
            latest_invoice: None,
            final_invoice: None,
            earlier_invoices: Vec::new(),
            invoice_pages: 0,
            metadata: new.metadata,
            schedule: None,
            started,
            created: now,
            deleted: None,
        };
        subscription.period.end = subscription.first_end()?;
        if new.anchor.is_some() && new.prorate_stub && trial_end.is_none() {
            subscription.pending_lines = subscription.stub_lines()?;
        }
        if started > now {
            subscription.resumes_at = Some(started);
        } else {
            subscription.begin(now, EventType::SubscriptionCreated);
        }
        Ok(subscription)
    }

    /// A 400 for the field at `pointer` where it takes more room than a subscription has.
    pub fn refuse_too_large(&self, pointer: &'static str) -> Result<()> {
        let now = Self {
            before_update: None,
            pending_update: None,
            ..self.clone()
        };
        refuse_larger("the subscription", &now, MAX_KILOBYTES, pointer)
    }

    /// It starts: the trial, or the first period, which is then to be billed.
    pub(super) fn begin(&mut self, now: Timestamp, tells: EventType) {
        self.resumes_at = None;
        self.status = if self.trial_end.is_some_and(|end| end > now) {
            SubscriptionStatus::Trialing
        } else {
            match self.collection_method {
                CollectionMethod::ChargeAutomatically => SubscriptionStatus::Incomplete,
                CollectionMethod::SendInvoice | CollectionMethod::PaymentSchedule => {
                    SubscriptionStatus::Active
                }
            }
        };
        if self.status != SubscriptionStatus::Trialing {
            self.owe(now, tells);
        }
    }

    /// Something is to be billed at once; `tells` is the event of it.
    pub(super) fn owe(&mut self, now: Timestamp, tells: EventType) {
        self.bill_now = Some(now);
        self.tells = Some(tells);
    }

    /// The end of the trial, of the time before a chosen anchor, or of the first period.
    fn first_end(&self) -> Result<Timestamp> {
        match self.trial_end {
            Some(end) => Ok(end),
            None if self.anchor > self.started => Ok(self.anchor),
            None => self.period_start(1),
        }
    }

    /// The first plan: what `plan_id` and `quantity` of a reply speak of.
    pub fn main(&self) -> Result<&Item> {
        self.items
            .first()
            .ok_or_else(|| Error::internal("a subscription without a plan"))
    }

    /// The currency of all its prices.
    pub fn currency(&self) -> Result<Currency> {
        self.main().map(|item| item.price.currency)
    }

    /// The start of period `index` (0 is the first) from the anchor.
    pub fn period_start(&self, index: u32) -> Result<Timestamp> {
        let price = &self.main()?.price;
        price
            .interval
            .after(self.anchor, price.interval_count, index, &self.zone)
    }

    /// All metered components, with the plan that each belongs to.
    pub fn meters(&self) -> impl Iterator<Item = (&Item, &Meter)> {
        self.items
            .iter()
            .flat_map(|item| item.price.meters.iter().map(move |meter| (item, meter)))
    }

    /// The metrics that its plans count.
    pub fn metrics(&self) -> Vec<String> {
        self.meters()
            .map(|(_, meter)| meter.metric_name.clone())
            .collect()
    }

    /// Whether collection is paused at that moment.
    pub fn collection_paused(&self, at: Timestamp) -> Option<PauseBehavior> {
        self.pause_collection
            .filter(|pause| pause.resumes_at.is_none_or(|resumes| resumes > at))
            .map(|pause| pause.behavior)
    }

    /// The next invoice's date, where there will be one.
    pub fn next_billing_date(&self) -> Option<Timestamp> {
        if let Some(terms) = &self.schedule {
            let runs = !self.status.is_over() && self.status != SubscriptionStatus::Paused;
            return terms.next_billing.filter(|_| runs);
        }
        if self.cancel_at_period_end || self.status.is_over() {
            return None;
        }
        if self.status != SubscriptionStatus::Paused {
            return Some(self.period.end);
        }
        // A trial that goes on after the pause, or begins with its end, is billed when it ends.
        let trial_after = |at| self.trial_end.filter(|end| *end > at).unwrap_or(at);
        let settles = self.settles_at_period_end() && self.owes_at_period_end();
        let settles = settles.then_some(self.period.end);
        let resumes = self.resumes_at.map(trial_after);
        settles.into_iter().chain(resumes).min()
    }

    /// Its newest invoice was paid. Returns whether that changed anything.
    pub fn paid(&mut self) -> bool {
        let heals = matches!(
            self.standing(),
            SubscriptionStatus::Incomplete
                | SubscriptionStatus::PastDue
                | SubscriptionStatus::Unpaid
        );
        if heals {
            self.stand(SubscriptionStatus::Active);
        }
        heals
    }

    /// A payment was refused, or its due date passed. Returns whether that changed anything.
    pub fn fell_behind(&mut self) -> bool {
        let falls = matches!(
            self.standing(),
            SubscriptionStatus::Active | SubscriptionStatus::Trialing
        );
        if falls {
            self.stand(SubscriptionStatus::PastDue);
        }
        falls
    }

    /// The business's retry schedule came to its end, and it does not wait any longer. Returns whether that changed anything.
    pub fn gave_up(&mut self, cancel: bool, now: Timestamp) -> bool {
        if self.status.is_over() || self.standing() == SubscriptionStatus::Unpaid {
            return false;
        }
        if cancel {
            self.end(now);
        } else {
            self.stand(SubscriptionStatus::Unpaid);
        }
        true
    }

    /// Ends with the running period; `false` takes that back. Errors where it has ended.
    pub fn cancel_at_period_end(&mut self, cancel: bool, now: Timestamp) -> Result<()> {
        self.refuse_if_over()?;
        self.refuse_if_scheduled("cancelled at the end of a period")?;
        self.cancel_at_period_end = cancel;
        self.canceled_at = cancel.then_some(self.canceled_at.unwrap_or(now));
        Ok(())
    }

    /// Whether an invoice of it goes on being charged by itself: none that was open when it ended, as in Stripe, but that of its
    /// end.
    pub fn collects(&self, invoice: Id<ids::Invoice>) -> bool {
        !self.status.is_over() || self.final_invoice == Some(invoice)
    }

    /// A 409 where it has ended.
    pub fn refuse_if_over(&self) -> Result<()> {
        if self.status.is_over() {
            let detail = format!("subscription {} has already ended", self.id);
            return Err(Error::conflict("subscription_ended", detail));
        }
        Ok(())
    }

    /// A 409 that says where it stands and what it therefore cannot be.
    pub fn wrong_status(&self, what: &str) -> Error {
        let detail = format!(
            "subscription {} is {}, so it cannot be {what}",
            self.id,
            self.status.as_str()
        );
        Error::conflict("invalid_subscription_status", detail)
    }

    /// It is over, from `at` on.
    pub fn end(&mut self, at: Timestamp) {
        self.status = SubscriptionStatus::Canceled;
        self.canceled_at = self.canceled_at.or(Some(at));
        self.ended_at = Some(at);
        self.bill_now = None;
        self.next_invoice = None;
        self.before_update = None;
        self.paused = None;
        self.resumes_at = None;
        if let Some(update) = &mut self.pending_update {
            update.expires_at = at;
        }
        self.call_rows(at);
    }

    /// The first payment never came.
    pub fn expire(&mut self, at: Timestamp) {
        self.status = SubscriptionStatus::IncompleteExpired;
        self.ended_at = Some(at);
    }

    /// Pauses collection: invoices are made and not collected. Errors where it has ended or never began.
    pub fn pause_collection(&mut self, pause: PauseCollection) -> Result<()> {
        self.refuse_if_over()?;
        self.refuse_if_scheduled("paused in its collection alone")?;
        self.pause_collection = Some(pause);
        Ok(())
    }

    /// Periods are counted anew from `at`, where the first of them begins.
    pub(super) fn begin_period_at(&mut self, at: Timestamp) -> Result<()> {
        self.anchor = at;
        self.period_index = 0;
        self.period = Period {
            start: at,
            end: self.period_start(1)?,
        };
        self.charged.clear();
        self.prorated_until = None;
        Ok(())
    }

    /// Lines of the time between the start and a chosen anchor.
    fn stub_lines(&self) -> Result<Vec<LineItem>> {
        if self.anchor <= self.started {
            return Ok(Vec::new());
        }
        let price = &self.main()?.price;
        let before = price
            .interval
            .before(self.anchor, price.interval_count, &self.zone)?;
        let seconds = |from: Timestamp, to: Timestamp| to.seconds().saturating_sub(from.seconds());
        let fraction = Fraction {
            part: seconds(self.started, self.anchor),
            whole: seconds(before, self.anchor).max(1),
        };
        self.items
            .iter()
            .filter(|item| !item.price.charge.is_free())
            .map(|item| {
                let mut line = self.item_line(item, self.period, Some(fraction))?;
                line.description = format!(
                    "{} ({} to {})",
                    item.price.name,
                    self.zone.date(self.started)?,
                    self.zone.date(self.anchor)?
                );
                Ok(line)
            })
            .collect()
    }
}

impl Item {
    /// The exact amount of one period in advance, in minor units.
    pub fn exact(&self) -> Result<Decimal> {
        self.price.exact(self.quantity)
    }
}

#[cfg(test)]
pub(in crate::billing) mod tests;
