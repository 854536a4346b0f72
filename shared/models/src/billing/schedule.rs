//! Payment schedules: a subscription that its customer pays row by row, each announced by a message with a link.
//!
//! # Determinations
//! - What a row is follows from what happened to it, so its status is computed and never set: a receipt makes it completed,
//!   whatever else is the case.
//! - A row becomes active with its reminder, and on the day on which it is due at the latest: a customer whom no message
//!   reaches owes all the same.
//! - The days of a row are those of the business's calendar. A reminder goes out at eight in the morning of its day; the
//!   grace ends with the last hour of its day.
//! - A row keeps its place (the day that it was made for) when its date is moved: whoever makes it again finds it there.

mod terms;

use serde::{Deserialize, Serialize};

use crate::billing::{Bill, BillingReason, Subscription, SubscriptionStatus};
use crate::choices;
use crate::error::{Error, Result};
use crate::ids::{self, Id};
use crate::money::Money;
use crate::time::{Date, Period, Timestamp, Zone};

pub use terms::{BillingPeriod, PaymentTerms, TierPolicy, TierTerms};

/// The hour of the day at which reminders go out.
const REMINDER_HOUR: i8 = 8;
/// Rows that one day of one subscription can have, and editions of a row's invoice, at the most.
pub const MAX_ROWS_A_DAY: u32 = 1000;

choices! {
    /// Where a row stands. Reveknew prints it in capitals.
    pub enum ScheduleStatus {
        /// Announced to nobody yet.
        Pending = "pending",
        /// Its reminder was sent, or it is due.
        Active = "active",
        /// Paid.
        Completed = "completed",
        /// Not paid in time, or its subscription is paused.
        Suspended = "suspended",
        /// Owed no longer.
        Cancelled = "cancelled",
    }
}

impl ScheduleStatus {
    /// Whether money can still come in.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Pending | Self::Active | Self::Suspended)
    }
}

/// Money that came in for a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// How much.
    pub amount: Money,
    /// When.
    pub received_at: Timestamp,
    /// The payment; absent where it was received elsewhere, or the customer's balance paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_id: Option<Id<ids::Payment>>,
    /// What it was paid with, e.g. `card_ending_4242`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
}

/// The place of a row among those of its subscription: the day that it was made for, and its number on that day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slot {
    /// The day.
    pub date: Date,
    /// 0 for the row that a billing date has by itself.
    pub n: u32,
}

impl Slot {
    /// The id of the row at this place: whoever computes it gets the same.
    pub fn id(self, subscription: Id<ids::Subscription>) -> Result<Id<ids::Schedule>> {
        let at = Zone::default().start_of(self.date)?;
        let identity = format!("{subscription}#schedule#{}#{}", self.date, self.n);
        Id::derived(at, &identity).or(Err(Error::invalid(
            "/date",
            "out_of_range",
            "must be from 2020 to 2088",
        )))
    }
}

/// What is needed to make a row.
#[derive(Debug, Clone)]
pub struct NewRow {
    /// Its place, whose day it is due on.
    pub slot: Slot,
    /// How much.
    pub amount: Money,
    /// The number of the billing date, where it is one.
    pub order: Option<u32>,
    /// The address of its payment page.
    pub url: String,
    /// SHA-256 of the secret in that address, hexadecimal.
    pub page_hash: String,
}

/// One payment of a schedule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduleRow {
    /// Its id.
    pub id: Id<ids::Schedule>,
    /// Of which subscription.
    pub subscription_id: Id<ids::Subscription>,
    /// Who pays.
    pub customer_id: Id<ids::Customer>,
    /// The day that it was made for.
    pub slot: Date,
    /// Its number on that day.
    #[serde(default, skip_serializing_if = "none")]
    pub n: u32,
    /// The number of the billing date, where it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<u32>,
    /// How much.
    pub amount: Money,
    /// The day on which it is due.
    pub scheduled_for: Date,
    /// The day on which the customer is reminded.
    pub reminder_date: Date,
    /// The last day on which it can be paid without consequences.
    pub grace_date: Date,
    /// The moment of the reminder.
    pub remind_at: Timestamp,
    /// From when on it is owed.
    pub payable_at: Timestamp,
    /// When the grace ends.
    pub grace_ends: Timestamp,
    /// The address of its payment page.
    pub url: String,
    /// SHA-256 of the secret in that address, hexadecimal: the page is found by it.
    pub page_hash: String,
    /// The newest message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<Id<ids::Message>>,
    /// Messages that were made for it.
    #[serde(default, skip_serializing_if = "none")]
    pub messages: u32,
    /// Whether the reminder was decided upon: a message waits or was sent, or there was nobody to send one to.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub announced: bool,
    /// When a message was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reminded_at: Option<Timestamp>,
    /// Its invoice, once there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice_id: Option<Id<ids::Invoice>>,
    /// Invoices before that, which are void.
    #[serde(default, skip_serializing_if = "none")]
    pub edition: u32,
    /// When its grace had ended without a payment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expired_at: Option<Timestamp>,
    /// Whether its subscription is paused.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub held: bool,
    /// Since when it is owed no longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancelled_at: Option<Timestamp>,
    /// Its payment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<Receipt>,
    /// When it was made.
    pub created: Timestamp,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over a reference"
)]
const fn none(number: &u32) -> bool {
    *number == 0
}

/// What a row wants at a moment that it was waiting for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowAction {
    /// Nothing: the moment has not come, or somebody else has been here.
    Nothing,
    /// To stand as its subscription does, which is paused or over.
    Follow,
    /// The customer is reminded.
    Remind,
    /// It is owed from now on: its invoice is made.
    Bill,
    /// Its grace has ended.
    Expire,
}

impl ScheduleRow {
    /// A new row of a subscription. Errors where its day is outside the years that we compute with.
    pub fn new(
        subscription: &Subscription,
        terms: &PaymentTerms,
        new: NewRow,
        now: Timestamp,
    ) -> Result<Self> {
        let date = new.slot.date;
        let mut row = Self {
            id: new.slot.id(subscription.id)?,
            subscription_id: subscription.id,
            customer_id: subscription.customer_id,
            slot: date,
            n: new.slot.n,
            order: new.order,
            amount: new.amount,
            scheduled_for: date,
            reminder_date: date,
            grace_date: date,
            remind_at: now,
            payable_at: now,
            grace_ends: now,
            url: new.url,
            page_hash: new.page_hash,
            message_id: None,
            messages: 0,
            announced: false,
            reminded_at: None,
            invoice_id: None,
            edition: 0,
            expired_at: None,
            held: subscription.status == SubscriptionStatus::Paused,
            cancelled_at: None,
            receipt: None,
            created: now,
        };
        row.set_days(date, terms, &subscription.zone)?;
        Ok(row)
    }

    fn set_days(&mut self, date: Date, terms: &PaymentTerms, zone: &Zone) -> Result<()> {
        let back = i32::try_from(terms.reminder_days).map_err(Error::internal)?;
        let ahead = i32::try_from(terms.grace_days).map_err(Error::internal)?;
        self.scheduled_for = date;
        self.reminder_date = date.plus_days(-back)?;
        self.grace_date = date.plus_days(ahead)?;
        self.remind_at = zone.at_hour(self.reminder_date, REMINDER_HOUR)?;
        self.payable_at = zone.start_of(date)?;
        self.grace_ends = zone.start_of(self.grace_date.plus_days(1)?)?;
        Ok(())
    }

    /// Its place.
    pub const fn slot(&self) -> Slot {
        Slot {
            date: self.slot,
            n: self.n,
        }
    }

    /// Where it stands.
    pub const fn status(&self) -> ScheduleStatus {
        if self.receipt.is_some() {
            ScheduleStatus::Completed
        } else if self.cancelled_at.is_some() {
            ScheduleStatus::Cancelled
        } else if self.held || self.expired_at.is_some() {
            ScheduleStatus::Suspended
        } else if self.reminded_at.is_some() || self.invoice_id.is_some() {
            ScheduleStatus::Active
        } else {
            ScheduleStatus::Pending
        }
    }

    /// Where it stands given its subscription, which may be ahead of it for a moment.
    pub const fn status_in(&self, subscription: &Subscription) -> ScheduleStatus {
        let own = self.status();
        if !own.is_open() {
            return own;
        }
        match subscription.status {
            SubscriptionStatus::Canceled | SubscriptionStatus::IncompleteExpired => {
                ScheduleStatus::Cancelled
            }
            SubscriptionStatus::Paused => ScheduleStatus::Suspended,
            SubscriptionStatus::Trialing
            | SubscriptionStatus::Active
            | SubscriptionStatus::Incomplete
            | SubscriptionStatus::PastDue
            | SubscriptionStatus::Unpaid => own,
        }
    }

    /// When something must happen to it next. A step that was taken is not waited for again.
    pub fn due(&self) -> Option<Timestamp> {
        if self.held || !self.status().is_open() {
            return None;
        }
        let steps = [
            (!self.announced).then_some(self.remind_at),
            self.invoice_id.is_none().then_some(self.payable_at),
            self.expired_at.is_none().then_some(self.grace_ends),
        ];
        steps.into_iter().flatten().min()
    }

    /// What the moment `now` asks for.
    pub fn turn(&self, subscription: &Subscription, now: Timestamp) -> RowAction {
        if self.due().is_none_or(|due| due > now) {
            return RowAction::Nothing;
        }
        if self.status_in(subscription) != self.status() {
            return RowAction::Follow;
        }
        if !self.announced && self.remind_at <= now {
            RowAction::Remind
        } else if self.invoice_id.is_none() {
            RowAction::Bill
        } else {
            RowAction::Expire
        }
    }

    /// Stands as its subscription does: held while that is paused, cancelled when it is over. Returns whether that changed
    /// anything.
    pub fn follow(&mut self, subscription: &Subscription, now: Timestamp) -> bool {
        if !self.status().is_open() {
            return false;
        }
        let (held, over) = (
            subscription.status == SubscriptionStatus::Paused,
            subscription.status.is_over(),
        );
        let changed = over || held != self.held;
        self.held = held && !over;
        self.cancelled_at = over.then_some(now);
        changed
    }

    /// A message was set down for it.
    pub fn announce(&mut self, message: Option<Id<ids::Message>>) {
        self.announced = true;
        if message.is_some() {
            self.message_id = message;
            self.messages = self.messages.saturating_add(1);
        }
    }

    /// A message was sent. Returns whether it was the first.
    pub fn reminded(&mut self, at: Timestamp) -> bool {
        let first = self.reminded_at.is_none();
        self.reminded_at = Some(at);
        first
    }

    /// The grace has ended. Returns whether that changed anything.
    pub fn expire(&mut self, now: Timestamp) -> bool {
        let first = self.expired_at.is_none() && self.status().is_open();
        if first {
            self.expired_at = Some(now);
        }
        first
    }

    /// What was asked for it so far is owed no longer: another invoice follows, if any. So it is where there is none yet: somebody
    /// may be making one at this moment.
    pub fn next_edition(&mut self) -> Result<()> {
        self.invoice_id = None;
        self.edition = self.edition.saturating_add(1);
        if self.edition >= MAX_ROWS_A_DAY {
            let detail = format!("the schedule {} was changed too often", self.id);
            return Err(Error::conflict("too_many_changes", detail));
        }
        Ok(())
    }

    /// Moves it to another day and amount, with reminder and grace worked out anew. It is reminded of again where that day is
    /// still to come.
    pub fn change(
        &mut self,
        subscription: &Subscription,
        terms: &PaymentTerms,
        (amount, date): (Money, Date),
        now: Timestamp,
    ) -> Result<()> {
        self.refuse_unless_open("changed")?;
        self.amount = amount;
        self.set_days(date, terms, &subscription.zone)?;
        if self.reminder_date > subscription.zone.date(now)? {
            self.announced = false;
            self.reminded_at = None;
        }
        if self.grace_ends > now {
            self.expired_at = None;
        }
        Ok(())
    }

    /// A 409 where nothing of it can change any more.
    pub fn refuse_unless_open(&self, what: &str) -> Result<()> {
        if self.status().is_open() {
            return Ok(());
        }
        let detail = format!(
            "schedule {} is {}, so it cannot be {what}",
            self.id,
            self.status().as_str()
        );
        Err(Error::conflict("invalid_schedule_status", detail))
    }

    /// The bill of this row: the period that it was made for, and as its revision the place and the edition.
    pub fn bill(&self, subscription: &Subscription) -> Result<Bill> {
        let start = subscription.zone.start_of(self.slot)?;
        let main = subscription.main()?;
        let once = subscription
            .schedule
            .as_ref()
            .is_none_or(|terms| terms.once);
        let end = if once {
            subscription.zone.start_of(self.slot.plus_days(1)?)?
        } else {
            let price = &main.price;
            price
                .interval
                .after(start, price.interval_count, 1, &subscription.zone)?
        };
        Ok(Bill {
            reason: BillingReason::PaymentSchedule,
            period: Period { start, end },
            base: Vec::new(),
            closes: None,
            moves_to: None,
            revision: self
                .edition
                .saturating_mul(MAX_ROWS_A_DAY)
                .saturating_add(self.n),
            ends_trial: false,
            ends: false,
        })
    }

    /// The place of the row that an invoice is for.
    pub fn slot_of(period_start: Timestamp, revision: u32, zone: &Zone) -> Result<Slot> {
        Ok(Slot {
            date: zone.date(period_start)?,
            n: revision % MAX_ROWS_A_DAY,
        })
    }
}

#[cfg(test)]
mod tests;
