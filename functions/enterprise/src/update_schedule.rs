//! `PUT /enterprise/v1/subscriptions/{businessId}/{subscriptionId}/schedule`

use api::input::Input;
use api::{BillingWrite, Cx, Done, Json, NestedPath, Problem, operation};
use models::Date;
use models::ids::{self, Id};
use rust_decimal::Decimal;
use views::reveknew::Schedule;

use crate::create_tier::money;
use crate::scheduled::{named_row, subscription};

/// A scheduled payment as it is to be: the same for a change and for another message.
#[derive(Debug, Input)]
pub(crate) struct ScheduleChange {
    #[input(example = "sch_rs_123456")]
    pub(crate) id: Id<ids::Schedule>,
    /// Major units; as it was if it is absent.
    #[input(major, example = 42)]
    pub(crate) amount: Option<Decimal>,
    /// The day on which it is due; as it was if it is absent.
    #[input(example = "2022-08-17")]
    pub(crate) date: Option<Date>,
}

/// Update a scheduled payment
///
/// Changes the amount or the day of a scheduled payment; the days of its reminder and of its grace follow. If it was
/// due already, its invoice is void and a new one is made.
#[operation(
    put,
    "/enterprise/v1/subscriptions/{businessId}/{subscriptionId}/schedule",
    tag = "subscriptions"
)]
pub(crate) async fn update_schedule(
    cx: Cx<BillingWrite>,
    NestedPath(id): NestedPath<Id<ids::Subscription>>,
    Json(body): Json<ScheduleChange>,
) -> Result<Done<Schedule>, Problem> {
    let stored = subscription(&cx, id).await?;
    let row = named_row(&cx, id, body.id).await?;
    let currency = row.amount.currency();
    let amount = match body.amount {
        Some(major) => money(major, currency, "/amount")?,
        None => row.amount,
    };
    let date = body.date.unwrap_or(row.scheduled_for);
    let (writes, row) = operations::change_row(&cx, &stored, &row, (amount, date)).await?;
    cx.done(&writes, &Schedule::of(&row, &stored)?).await
}
