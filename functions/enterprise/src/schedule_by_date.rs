//! `POST /enterprise/v1/subscriptions/{businessId}/{subscriptionId}/schedule/date`

use api::input::Input;
use api::{BillingWrite, Created, Cx, NestedPath, Problem, Rows, operation};
use models::billing::{ScheduleRow, Subscription};
use models::ids::{self, Id};
use models::{Date, Result};
use rust_decimal::Decimal;
use views::reveknew::Schedule;

use crate::create_tier::money;
use crate::scheduled::subscription;

/// A payment on a day.
#[derive(Debug, Input)]
pub(crate) struct DatedPayment {
    #[input(example = "2022-04-30")]
    date: Date,
    /// Major units.
    #[input(major, example = 30)]
    amount: Decimal,
}

/// Schedule payments by date
///
/// Adds up to 90 scheduled payments on days of your choice to those that exist.
#[operation(
    post,
    "/enterprise/v1/subscriptions/{businessId}/{subscriptionId}/schedule/date",
    tag = "subscriptions",
    answer = "The payments, in order of their days."
)]
pub(crate) async fn schedule_by_date(
    cx: Cx<BillingWrite>,
    NestedPath(id): NestedPath<Id<ids::Subscription>>,
    Rows(wanted): Rows<DatedPayment>,
) -> Result<Created<Vec<Schedule>>, Problem> {
    let stored = subscription(&cx, id).await?;
    let currency = stored.currency()?;
    let wanted = wanted.iter().enumerate().map(|(index, row)| {
        let amount = money(row.amount, currency, &format!("/{index}/amount"))?;
        Ok((row.date, amount))
    });
    let wanted = wanted.collect::<Result<Vec<_>>>()?;
    let (writes, rows) = operations::schedule_dates(&cx, &stored, &wanted).await?;
    let view = views(&rows, &stored)?;
    let location = location(cx.path());
    let reply = cx.try_created_at(&writes, &view, location).await?;
    Ok(reply.ok_or_else(store::stale)?)
}

/// The rows as they are printed.
pub(crate) fn views(rows: &[ScheduleRow], subscription: &Subscription) -> Result<Vec<Schedule>> {
    rows.iter()
        .map(|row| Schedule::of(row, subscription))
        .collect()
}

/// Where the rows are seen: with their subscription.
pub(crate) fn location(path: &str) -> String {
    let end = path.find("/schedule/").unwrap_or(path.len());
    path.get(..end).unwrap_or(path).to_owned()
}
