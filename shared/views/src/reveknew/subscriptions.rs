//! Subscriptions and their schedules as Reveknew prints them.

use models::billing::{self, ScheduleRow, ScheduleStatus, SubscriptionStatus};
use models::{Error, Result};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::amount;

/// One payment of a schedule.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Schedule {
    #[schema(example = "sch_rs_123456")]
    id: String,
    #[schema(example = "sub_rs_123456")]
    subscription_id: String,
    /// The day on which it is due.
    #[schema(example = "2022-03-27")]
    scheduled_for: String,
    /// The day on which the customer is reminded.
    #[schema(example = "2022-03-26")]
    reminder_date: String,
    /// The last day on which it can be paid without consequences.
    #[schema(example = "2022-03-28")]
    grace_date: String,
    #[schema(value_type = f64, example = 50)]
    amount: Box<RawValue>,
    /// `PENDING`, `ACTIVE`, `COMPLETED`, `SUSPENDED` or `CANCELLED`.
    #[schema(example = "PENDING")]
    status: String,
    /// The page on which the customer pays.
    #[schema(example = "https://rvkn.app/p/e08a7c183209")]
    shortened_url: String,
}

impl Schedule {
    /// The row as Reveknew prints it, where its subscription stands there.
    pub fn of(row: &ScheduleRow, subscription: &billing::Subscription) -> Result<Self> {
        Ok(Self {
            id: row.id.to_string(),
            subscription_id: row.subscription_id.to_string(),
            scheduled_for: row.scheduled_for.to_string(),
            reminder_date: row.reminder_date.to_string(),
            grace_date: row.grace_date.to_string(),
            amount: amount(row.amount)?,
            status: row.status_in(subscription).as_str().to_uppercase(),
            shortened_url: row.url.clone(),
        })
    }
}

/// Money that came in.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Receipt {
    #[schema(value_type = f64, example = 20)]
    amount: Box<RawValue>,
    #[schema(example = "2022-01-25T07:36:17Z")]
    received_at: String,
    #[schema(example = "sub_rs_123456")]
    subscription_id: String,
}

/// A subscription.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Subscription {
    #[schema(example = "sub_rs_123456")]
    id: String,
    #[schema(value_type = f64, example = 20)]
    amount: Box<RawValue>,
    #[schema(example = "cust_rs_123456")]
    customer_id: String,
    /// When money came in last; absent where none has.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2022-01-25T07:36:17Z")]
    last_billed_on: Option<String>,
    #[schema(example = "2022-02-25T07:36:17Z")]
    next_billing_date: Option<String>,
    /// What was paid; absent where nothing was.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    receipts: Vec<Receipt>,
    schedules: Vec<Schedule>,
    #[schema(example = "2022-01-25")]
    start_date: String,
    /// `ACTIVE`, `PAUSED`, `SUSPENDED` or `CANCELLED`.
    #[schema(example = "ACTIVE")]
    status: &'static str,
    #[schema(example = "plan_123456")]
    tier_id: String,
}

impl Subscription {
    /// The subscription and its rows, in the order of their days, as Reveknew prints them.
    pub fn of(subscription: &billing::Subscription, rows: &[ScheduleRow]) -> Result<Self> {
        let mut rows: Vec<&ScheduleRow> = rows.iter().collect();
        rows.sort_by_key(|row| (row.scheduled_for, row.slot, row.n));
        let main = subscription.main()?;
        let terms = subscription.schedule.as_ref();
        let receipts = rows.iter().filter_map(|row| row.receipt.as_ref());
        let receipts = receipts.map(|receipt| {
            Ok(Receipt {
                amount: amount(receipt.amount)?,
                received_at: receipt.received_at.to_string(),
                subscription_id: subscription.id.to_string(),
            })
        });
        let schedules = rows.iter().map(|row| Schedule::of(row, subscription));
        Ok(Self {
            id: subscription.id.to_string(),
            amount: price(subscription)?,
            customer_id: subscription.customer_id.to_string(),
            last_billed_on: terms
                .and_then(|terms| terms.last_billed)
                .map(|at| at.to_string()),
            next_billing_date: subscription.next_billing_date().map(|at| at.to_string()),
            receipts: receipts.collect::<Result<_>>()?,
            schedules: schedules.collect::<Result<_>>()?,
            start_date: start_date(subscription)?,
            status: status(subscription.status),
            tier_id: main.plan_id.to_string(),
        })
    }
}

fn price(subscription: &billing::Subscription) -> Result<Box<RawValue>> {
    let main = subscription.main()?;
    match &subscription.schedule {
        Some(terms) => amount(terms.amount),
        None => amount(main.price.of(main.quantity)?),
    }
}

fn start_date(subscription: &billing::Subscription) -> Result<String> {
    Ok(subscription.zone.date(subscription.started)?.to_string())
}

const fn status(status: SubscriptionStatus) -> &'static str {
    match status {
        SubscriptionStatus::Trialing
        | SubscriptionStatus::Active
        | SubscriptionStatus::Incomplete => "ACTIVE",
        SubscriptionStatus::Paused => "PAUSED",
        SubscriptionStatus::PastDue | SubscriptionStatus::Unpaid => "SUSPENDED",
        SubscriptionStatus::Canceled | SubscriptionStatus::IncompleteExpired => "CANCELLED",
    }
}

/// A payment in the list of a customer's subscriptions.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PlannedPayment {
    #[schema(example = "2022-04-30")]
    date: String,
    #[schema(value_type = f64, example = 30)]
    amount: Box<RawValue>,
}

/// A subscription in the list of a customer's.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CustomerSubscription {
    #[schema(example = "sub_rs_123456")]
    id: String,
    #[schema(value_type = f64, example = 10)]
    amount: Box<RawValue>,
    #[schema(example = "2022-04-30T10:30:18Z")]
    next_billing_date: Option<String>,
    schedules: Vec<PlannedPayment>,
    #[schema(example = "2022-04-30")]
    start_date: String,
    /// `ACTIVE`, `PAUSED`, `SUSPENDED` or `CANCELLED`.
    #[schema(example = "ACTIVE")]
    status: &'static str,
    #[schema(example = "plan_123456")]
    tier_id: String,
}

/// All subscriptions of a customer.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CustomerSubscriptions {
    #[schema(example = "cust_rs_123456")]
    customer_id: String,
    subscriptions: Vec<CustomerSubscription>,
}

impl CustomerSubscriptions {
    /// The subscriptions with their rows, oldest first, as Reveknew prints them.
    pub fn of(
        customer: &models::crm::Customer,
        subscriptions: &[(billing::Subscription, Vec<ScheduleRow>)],
    ) -> Result<Self> {
        let views = subscriptions.iter().map(|(subscription, rows)| {
            let mut rows: Vec<&ScheduleRow> = rows
                .iter()
                .filter(|row| row.status_in(subscription) != ScheduleStatus::Cancelled)
                .collect();
            rows.sort_by_key(|row| (row.scheduled_for, row.slot, row.n));
            let planned = rows.into_iter().map(|row| {
                Ok(PlannedPayment {
                    date: row.scheduled_for.to_string(),
                    amount: amount(row.amount)?,
                })
            });
            Ok::<_, Error>(CustomerSubscription {
                id: subscription.id.to_string(),
                amount: price(subscription)?,
                next_billing_date: subscription.next_billing_date().map(|at| at.to_string()),
                schedules: planned.collect::<Result<_>>()?,
                start_date: start_date(subscription)?,
                status: status(subscription.status),
                tier_id: subscription.main()?.plan_id.to_string(),
            })
        });
        Ok(Self {
            customer_id: customer.id.to_string(),
            subscriptions: views.collect::<Result<_>>()?,
        })
    }
}
