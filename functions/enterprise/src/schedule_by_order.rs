//! `POST /enterprise/v1/subscriptions/{businessId}/{subscriptionId}/schedule/order`

use api::input::Input;
use api::{BillingWrite, Created, Cx, NestedPath, Problem, Rows, operation};
use models::Result;
use models::ids::{self, Id};
use rust_decimal::Decimal;
use views::reveknew::Schedule;

use crate::create_tier::money;
use crate::schedule_by_date::{location, views};
use crate::scheduled::subscription;

/// A payment on a billing date.
#[derive(Debug, Input)]
pub(crate) struct OrderedPayment {
    /// Major units.
    #[input(major, example = 27)]
    amount: Decimal,
    /// The place of the billing date, from 0.
    #[input(range = 0..=10_000, example = 0)]
    order: u32,
}

/// Schedule payments by order
///
/// Sets the amounts of one billing date, or of up to 90 in a list. `order` counts billing dates from 0; a date that has
/// no payment yet gets one.
#[operation(
    post,
    "/enterprise/v1/subscriptions/{businessId}/{subscriptionId}/schedule/order",
    tag = "subscriptions",
    answer = "The payments, in order of their days."
)]
pub(crate) async fn schedule_by_order(
    cx: Cx<BillingWrite>,
    NestedPath(id): NestedPath<Id<ids::Subscription>>,
    Rows(wanted): Rows<OrderedPayment>,
) -> Result<Created<Vec<Schedule>>, Problem> {
    let stored = subscription(&cx, id).await?;
    let currency = stored.currency()?;
    let wanted = wanted.iter().enumerate().map(|(index, row)| {
        let amount = money(row.amount, currency, &format!("/{index}/amount"))?;
        Ok((row.order, amount))
    });
    let wanted = wanted.collect::<Result<Vec<_>>>()?;
    let (writes, rows) = operations::schedule_orders(&cx, &stored, &wanted).await?;
    let view = views(&rows, &stored)?;
    let reply = cx
        .try_created_at(&writes, &view, location(cx.path()))
        .await?;
    Ok(reply.ok_or_else(store::stale)?)
}
