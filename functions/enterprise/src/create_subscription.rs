//! `POST /enterprise/v1/subscriptions/{businessId}`

use api::input::Input;
use api::{BillingWrite, Created, Cx, Json, Problem, operation};
use http::HeaderMap;
use models::billing::{Plan, TierPolicy};
use models::ids::{self, Id, Slug};
use models::{Date, Error, Money, OrNotFound, Timestamp, Zone};
use operations::Agreement;
use rust_decimal::Decimal;
use store::{Retry, Stored};
use views::reveknew::Subscription;

use crate::create_tier::money;

/// The first day on which a subscription may start, and how far ahead.
const FIRST_DAY: &str = "2020-01-02";
const AHEAD_DAYS: i64 = 10 * 366;

/// A new subscription.
#[derive(Debug, Input)]
#[input(rename_all = "camelCase")]
pub(crate) struct NewSubscription {
    #[input(example = "cust_rs_123456")]
    customer_id: Id<ids::Customer>,
    #[input(example = "plan_123456")]
    tier_id: Slug<ids::Plan>,
    /// Major units. Required where the tier's policy is `SUBSCRIPTION`, and ignored otherwise.
    #[input(major, example = 20)]
    amount: Option<Decimal>,
    /// The day of the first payment; today if it is absent. Ignored where the tier's policy is `SCHEDULE`.
    #[input(example = "2022-02-25")]
    start_date: Option<Date>,
}

/// Create a subscription
///
/// Creates a subscription that its customer pays by a schedule. It is active at once. For each payment the customer
/// gets a text message with a link to a page where it is paid; each scheduled payment makes the one after it.
#[operation(
    post,
    "/enterprise/v1/subscriptions/{businessId}",
    tag = "subscriptions"
)]
pub(crate) async fn create_subscription(
    cx: Cx<BillingWrite>,
    headers: HeaderMap,
    Json(body): Json<NewSubscription>,
) -> Result<Created<Subscription>, Problem> {
    let agreement = agree(&cx, body, &headers).await?;
    let now = cx.now().await?;
    let mut retry = Retry::of("the record");
    loop {
        let id = cx.mint().await?;
        let mut writes = cx.writes().await?;
        let (subscription, rows) =
            operations::start_schedule(&cx, &mut writes, &agreement, id, now)?;
        writes.child_of(agreement.customer.id, "/customerId");
        let view = Subscription::of(&subscription, &rows)?;
        if let Some(reply) = cx.try_created(&writes, &view, id).await? {
            return Ok(reply);
        }
        retry.again().await?;
    }
}

/// What the body asks for, where customer and tier exist and agree with it.
async fn agree(
    cx: &Cx<BillingWrite>,
    body: NewSubscription,
    headers: &HeaderMap,
) -> Result<Agreement, Problem> {
    let (customer, plan, account) = tokio::try_join!(
        cx.find_now(body.customer_id),
        cx.find_now(&body.tier_id),
        cx.account()
    )?;
    let customer = customer.or_no_such(body.customer_id, "/customerId")?;
    let plan = plan
        .filter(|plan| plan.billing_period().is_some())
        .ok_or_else(|| Error::no_such("tier", &body.tier_id, "/tierId"))?;
    let account = account.ok_or_else(|| Error::internal("a business without a record"))?;
    let zone = Zone::new(&account.time_zone)?;
    let policy = plan.tier_terms().policy;
    let now = cx.now().await?;
    let amount = amount(&plan, body.amount)?;
    let start = match body.start_date.filter(|_| policy != TierPolicy::Schedule) {
        Some(date) => start(date, now, &zone)?,
        None => now,
    };
    Ok(Agreement {
        customer: customer.into_inner(),
        plan: Stored::into_inner(plan),
        amount,
        start,
        zone,
        pages: cx.app().pages_url(headers),
    })
}

fn amount(plan: &Plan, asked: Option<Decimal>) -> Result<Money, Problem> {
    match (plan.tier_terms().policy, asked) {
        (TierPolicy::Subscription, Some(amount)) => {
            let amount = money(amount, plan.price.currency, "/amount")?;
            if amount.is_zero() {
                let detail = "must be more than nothing";
                return Err(Error::invalid("/amount", "out_of_range", detail).into());
            }
            Ok(amount)
        }
        (TierPolicy::Subscription, None) => {
            let detail = "is required: the tier's policy is SUBSCRIPTION";
            Err(Error::invalid("/amount", "required", detail).into())
        }
        (TierPolicy::Tier | TierPolicy::Schedule, _) => Ok(plan.price.of(1)?),
    }
}

/// The first payment's day, at the hour of now: that is when the subscription is billed.
fn start(date: Date, now: Timestamp, zone: &Zone) -> Result<Timestamp, Problem> {
    let first = FIRST_DAY.parse().map_err(Error::internal)?;
    let at = zone.at_time_of(date, now)?;
    if date < first || at > now.plus_days(AHEAD_DAYS) {
        let detail = "must be in 2020 or later, and at most ten years ahead";
        return Err(Error::invalid("/startDate", "out_of_range", detail).into());
    }
    Ok(at)
}
