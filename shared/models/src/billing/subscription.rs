//! A subscription: Stripe's states, and the next moment at which something must happen to it.

use serde::{Deserialize, Serialize};

use crate::billing::{BillingCycle, BillingReason, Price};
use crate::error::{Error, Result};
use crate::ids::{self, Id, Slug};
use crate::metadata::Metadata;
use crate::time::{Period, Timestamp};

/// A start that nobody finished (the process died) is taken up again after two minutes.
const BEGUN_SECONDS: i64 = 120;
/// How long a subscription waits for its first payment before it expires: 23 hours, as in Stripe.
pub const INCOMPLETE_SECONDS: i64 = 23 * 3600;

/// Where a subscription stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubscriptionStatus {
    /// Free until `trial_end`.
    Trialing,
    /// Paid, or billed by invoice.
    Active,
    /// Waiting for the first payment.
    Incomplete,
    /// The first payment never came.
    IncompleteExpired,
    /// A later payment was refused.
    PastDue,
    /// Over.
    Canceled,
}

impl SubscriptionStatus {
    /// All states in their wire spelling.
    pub const ALL: &'static [(&'static str, Self)] = &[
        ("active", Self::Active),
        ("canceled", Self::Canceled),
        ("incomplete", Self::Incomplete),
        ("incomplete_expired", Self::IncompleteExpired),
        ("past_due", Self::PastDue),
        ("trialing", Self::Trialing),
    ];

    /// Whether nothing will ever happen to it again.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Canceled | Self::IncompleteExpired)
    }
}

/// Who moves: we charge, or the customer pays the invoice that we send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CollectionMethod {
    /// The default payment method is charged when the invoice is finalised.
    ChargeAutomatically,
    /// The invoice is open until its due date.
    SendInvoice,
}

impl CollectionMethod {
    /// All methods in their wire spelling.
    pub const ALL: &'static [(&'static str, Self)] = &[
        ("charge_automatically", Self::ChargeAutomatically),
        ("send_invoice", Self::SendInvoice),
    ];
}

/// What is needed to start a subscription.
#[derive(Debug, Clone)]
pub struct NewSubscription {
    /// Who pays.
    pub customer_id: Id<ids::Customer>,
    /// For what.
    pub plan_id: Slug<ids::Plan>,
    /// At which price, from now on and for good.
    pub price: Price,
    /// How the cycle was called.
    pub billing_cycle: BillingCycle,
    /// How many.
    pub quantity: u32,
    /// How it is collected.
    pub collection_method: CollectionMethod,
    /// Days from an invoice to its due date.
    pub days_until_due: u32,
    /// Instead of the customer's default.
    pub payment_method_id: Option<Id<ids::PaymentMethod>>,
    /// Days that are free.
    pub trial_period_days: u32,
    /// The caller's.
    pub metadata: Metadata,
}

/// What has to be billed now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bill {
    /// Why.
    pub reason: BillingReason,
    /// For which period, in advance.
    pub period: Period,
    /// The how-manieth period from the anchor.
    pub index: u32,
    /// From when that count runs.
    pub anchor: Timestamp,
}

/// What a subscription wants at a moment that it was waiting for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    /// Nothing: the moment has not come, or somebody else has been here.
    Nothing,
    /// A new period begins and is billed.
    Bill(Bill),
    /// It ends.
    Cancel,
    /// The first payment never came.
    Expire,
}

/// A customer's agreement on a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// Its id.
    pub id: Id<ids::Subscription>,
    /// Who pays.
    pub customer_id: Id<ids::Customer>,
    /// For what.
    pub plan_id: Slug<ids::Plan>,
    /// At which price.
    pub price: Price,
    /// How the cycle was called.
    pub billing_cycle: BillingCycle,
    /// How many.
    pub quantity: u32,
    /// Where it stands.
    pub status: SubscriptionStatus,
    /// How it is collected.
    pub collection_method: CollectionMethod,
    /// Days from an invoice to its due date.
    pub days_until_due: u32,
    /// Instead of the customer's default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment_method_id: Option<Id<ids::PaymentMethod>>,
    /// From when periods are counted: the start, or the end of the trial.
    pub anchor: Timestamp,
    /// The how-manieth period from the anchor is running.
    pub period_index: u32,
    /// The period that is running; the trial while there is one.
    pub period: Period,
    /// When the free days end, or ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trial_end: Option<Timestamp>,
    /// Whether it ends with the period that is running.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cancel_at_period_end: bool,
    /// When it was told to end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub canceled_at: Option<Timestamp>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// The newest invoice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latest_invoice: Option<Id<ids::Invoice>>,
    /// The caller's.
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
    /// When it was created.
    pub created: Timestamp,
}

impl Subscription {
    /// A new subscription. Without a trial its first period begins at once and is still to be billed.
    pub fn start(id: Id<ids::Subscription>, new: NewSubscription, now: Timestamp) -> Result<Self> {
        let trial_end =
            (new.trial_period_days > 0).then(|| now.plus_days(i64::from(new.trial_period_days)));
        let anchor = trial_end.unwrap_or(now);
        let end = match trial_end {
            Some(end) => end,
            None => new.price.period_start(anchor, 1)?,
        };
        let status = match (trial_end, new.collection_method) {
            (Some(_), _) => SubscriptionStatus::Trialing,
            (None, CollectionMethod::ChargeAutomatically) => SubscriptionStatus::Incomplete,
            (None, CollectionMethod::SendInvoice) => SubscriptionStatus::Active,
        };
        Ok(Self {
            id,
            customer_id: new.customer_id,
            plan_id: new.plan_id,
            price: new.price,
            billing_cycle: new.billing_cycle,
            quantity: new.quantity,
            status,
            collection_method: new.collection_method,
            days_until_due: new.days_until_due,
            payment_method_id: new.payment_method_id,
            anchor,
            period_index: 0,
            period: Period { start: now, end },
            trial_end,
            cancel_at_period_end: false,
            canceled_at: None,
            ended_at: None,
            latest_invoice: None,
            metadata: new.metadata,
            created: now,
        })
    }

    /// When something must happen next, if ever.
    pub fn due(&self) -> Option<Timestamp> {
        if self.unbilled() {
            return Some(self.created.plus_seconds(BEGUN_SECONDS));
        }
        match self.status {
            SubscriptionStatus::Incomplete => Some(self.created.plus_seconds(INCOMPLETE_SECONDS)),
            SubscriptionStatus::Trialing
            | SubscriptionStatus::Active
            | SubscriptionStatus::PastDue => Some(self.period.end),
            SubscriptionStatus::IncompleteExpired | SubscriptionStatus::Canceled => None,
        }
    }

    /// The next invoice's date, where there will be one.
    pub fn next_billing_date(&self) -> Option<Timestamp> {
        let bills = !self.cancel_at_period_end && !self.status.is_over();
        bills.then_some(self.period.end)
    }

    /// What the moment `now` asks for.
    pub fn turn(&self, now: Timestamp) -> Result<Turn> {
        if self.due().is_none_or(|due| due > now) {
            return Ok(Turn::Nothing);
        }
        if let Some(bill) = self.first_bill()? {
            return Ok(Turn::Bill(bill));
        }
        match self.status {
            SubscriptionStatus::Incomplete => Ok(Turn::Expire),
            _ if self.cancel_at_period_end => Ok(Turn::Cancel),
            SubscriptionStatus::Trialing => self
                .bill(BillingReason::SubscriptionCycle, 0)
                .map(Turn::Bill),
            SubscriptionStatus::Active | SubscriptionStatus::PastDue => self
                .bill(
                    BillingReason::SubscriptionCycle,
                    self.period_index.saturating_add(1),
                )
                .map(Turn::Bill),
            SubscriptionStatus::IncompleteExpired | SubscriptionStatus::Canceled => {
                Ok(Turn::Nothing)
            }
        }
    }

    /// Whether it began without a trial and its first period is still to be billed.
    fn unbilled(&self) -> bool {
        self.trial_end.is_none() && self.latest_invoice.is_none() && !self.status.is_over()
    }

    /// The bill of the first period of a subscription without a trial, until it is written.
    pub fn first_bill(&self) -> Result<Option<Bill>> {
        if !self.unbilled() {
            return Ok(None);
        }
        self.bill(BillingReason::SubscriptionCreate, 0).map(Some)
    }

    fn bill(&self, reason: BillingReason, index: u32) -> Result<Bill> {
        let start = self.price.period_start(self.anchor, index)?;
        let end = self
            .price
            .period_start(self.anchor, index.saturating_add(1))?;
        Ok(Bill {
            reason,
            period: Period { start, end },
            index,
            anchor: self.anchor,
        })
    }

    /// Moves to the period that was billed. `refused` says that its payment was.
    ///
    /// A renewal heals nothing by itself: what was past due stays so until an invoice is paid.
    pub fn billed(&mut self, bill: &Bill, invoice: Id<ids::Invoice>, refused: bool) {
        self.period = bill.period;
        self.period_index = bill.index;
        self.latest_invoice = Some(invoice);
        self.status = match (self.status, refused) {
            (SubscriptionStatus::Trialing | SubscriptionStatus::Active, true) => {
                SubscriptionStatus::PastDue
            }
            (SubscriptionStatus::Trialing, false) => SubscriptionStatus::Active,
            (status, _) => status,
        };
    }

    /// Its newest invoice was paid. Returns whether that changed anything.
    pub fn paid(&mut self) -> bool {
        let heals = matches!(
            self.status,
            SubscriptionStatus::Incomplete | SubscriptionStatus::PastDue
        );
        if heals {
            self.status = SubscriptionStatus::Active;
        }
        heals
    }

    /// A payment was refused, or its due date passed. Returns whether that changed anything.
    pub fn fell_behind(&mut self) -> bool {
        let falls = matches!(
            self.status,
            SubscriptionStatus::Active | SubscriptionStatus::Trialing
        );
        if falls {
            self.status = SubscriptionStatus::PastDue;
        }
        falls
    }

    /// Ends it: now, or when the running period does. Errors where it has ended.
    pub fn cancel(&mut self, at_period_end: bool, now: Timestamp) -> Result<()> {
        if self.status.is_over() {
            let detail = format!("subscription {} has already ended", self.id);
            return Err(Error::conflict("subscription_ended", detail));
        }
        self.canceled_at = Some(now);
        if at_period_end && self.status != SubscriptionStatus::Incomplete {
            self.cancel_at_period_end = true;
        } else {
            self.end(now);
        }
        Ok(())
    }

    /// It is over, from `at` on.
    pub fn end(&mut self, at: Timestamp) {
        self.status = SubscriptionStatus::Canceled;
        self.canceled_at = self.canceled_at.or(Some(at));
        self.ended_at = Some(at);
    }

    /// The first payment never came.
    pub fn expire(&mut self, at: Timestamp) {
        self.status = SubscriptionStatus::IncompleteExpired;
        self.ended_at = Some(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::billing::PricingModel;
    use crate::money::Money;
    use crate::time::Interval;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn start(trial_period_days: u32, now: &str) -> Subscription {
        let price = Price {
            name: "Enterprise Pro".into(),
            amount: Money::new(9999, "USD".parse().unwrap()),
            interval: Interval::Month,
            interval_count: 1,
            pricing_model: PricingModel::Flat,
        };
        let new = NewSubscription {
            customer_id: Id::new(1).unwrap(),
            plan_id: "plan_enterprise_pro".parse().unwrap(),
            price,
            billing_cycle: BillingCycle::Monthly,
            quantity: 1,
            collection_method: CollectionMethod::ChargeAutomatically,
            days_until_due: 0,
            payment_method_id: None,
            trial_period_days,
            metadata: Metadata::new(),
        };
        Subscription::start(Id::new(2).unwrap(), new, at(now)).unwrap()
    }

    fn bill_at(subscription: &Subscription, now: &str) -> Bill {
        match subscription.turn(at(now)).unwrap() {
            Turn::Bill(bill) => bill,
            other @ (Turn::Nothing | Turn::Cancel | Turn::Expire) => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_trial_is_billed_at_its_end_and_monthly_from_there() {
        let mut subscription = start(14, "2026-01-17T00:00:00Z");
        assert_eq!(subscription.status, SubscriptionStatus::Trialing);
        assert_eq!(
            subscription.turn(at("2026-01-30T23:59:59Z")).unwrap(),
            Turn::Nothing
        );
        let mut ends = Vec::new();
        for _ in 0..3 {
            let due = subscription.due().unwrap();
            let bill = bill_at(&subscription, &due.to_string());
            subscription.billed(&bill, Id::new(3).unwrap(), false);
            ends.push(subscription.period.end.to_string());
        }
        // The trial ended on the 31st, and the 31st comes back after the short month.
        assert_eq!(
            ends,
            [
                "2026-02-28T00:00:00Z",
                "2026-03-31T00:00:00Z",
                "2026-04-30T00:00:00Z"
            ]
        );
        assert_eq!(subscription.status, SubscriptionStatus::Active);
    }

    #[test]
    fn a_refused_renewal_is_past_due_until_an_invoice_is_paid() {
        let mut subscription = start(14, "2026-01-01T00:00:00Z");
        let bill = bill_at(&subscription, "2026-01-15T00:00:00Z");
        subscription.billed(&bill, Id::new(3).unwrap(), true);
        assert_eq!(subscription.status, SubscriptionStatus::PastDue);
        let bill = bill_at(&subscription, "2026-02-15T00:00:00Z");
        subscription.billed(&bill, Id::new(4).unwrap(), false);
        assert_eq!(subscription.status, SubscriptionStatus::PastDue);
        assert!(subscription.paid());
        assert_eq!(subscription.status, SubscriptionStatus::Active);
    }

    #[test]
    fn the_first_payment_has_23_hours() {
        let mut subscription = start(0, "2026-01-01T00:00:00Z");
        // Whoever dies between the first write and the bill is followed by a worker.
        let bill = bill_at(&subscription, "2026-01-01T00:02:00Z");
        assert_eq!(bill.reason, BillingReason::SubscriptionCreate);
        subscription.billed(&bill, Id::new(3).unwrap(), true);
        assert_eq!(subscription.status, SubscriptionStatus::Incomplete);
        assert_eq!(
            subscription.turn(at("2026-01-01T22:59:59Z")).unwrap(),
            Turn::Nothing
        );
        assert_eq!(
            subscription.turn(at("2026-01-01T23:00:00Z")).unwrap(),
            Turn::Expire
        );
        assert!(subscription.paid());
        assert_eq!(subscription.due(), Some(at("2026-02-01T00:00:00Z")));
    }

    #[test]
    fn ends_now_or_with_the_period_and_only_once() {
        let mut subscription = start(14, "2026-01-01T00:00:00Z");
        subscription
            .cancel(true, at("2026-01-02T00:00:00Z"))
            .unwrap();
        assert_eq!(subscription.status, SubscriptionStatus::Trialing);
        assert_eq!(subscription.next_billing_date(), None);
        assert_eq!(
            subscription.turn(at("2026-01-15T00:00:00Z")).unwrap(),
            Turn::Cancel
        );
        subscription
            .cancel(false, at("2026-01-03T00:00:00Z"))
            .unwrap();
        assert_eq!(subscription.status, SubscriptionStatus::Canceled);
        assert_eq!(subscription.due(), None);
        assert!(
            subscription
                .cancel(false, at("2026-01-04T00:00:00Z"))
                .is_err()
        );
    }
}
