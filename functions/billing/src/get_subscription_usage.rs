//! `GET /v3/subscriptions/{id}/usage`

use api::dialect::rocketsavvy::{Problems, number};
use api::input::{Fields, Input};
use api::{BillingRead, Cx, Path, Problem, Query, Reply};
use models::billing::Aggregation;
use models::ids::{self, Id};
use models::{Error, Result};
use operations::{Metric, MetricUsage};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

/// Metrics in one answer at the most; the others are asked for by name.
const MOST_METRICS: usize = 100;

/// What a subscription used in the period that is running.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SubscriptionUsage {
    #[schema(example = "sub_rs_123456")]
    subscription_id: String,
    #[schema(example = "2025-06-27T10:30:00Z")]
    period_start: String,
    #[schema(example = "2025-07-27T10:30:00Z")]
    period_end: String,
    metrics: Vec<UsedMetric>,
    /// Whether there are more than 100 metrics. Then these are the last by name; ask for the others by `metric_name`.
    #[schema(example = false)]
    has_more: bool,
    livemode: bool,
}

/// What was used of one metric.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UsedMetric {
    #[schema(example = "api_calls")]
    metric_name: String,
    /// How `total` is made: `sum`, `count`, `max`, `latest` or `unique`.
    #[schema(example = "sum")]
    aggregation: &'static str,
    /// A decimal number, exactly. Below zero where corrections of earlier periods take back more than was used in this one.
    #[schema(value_type = f64, example = 1500)]
    total: Box<RawValue>,
    /// How many records count in it.
    #[schema(example = 3)]
    records: i64,
    /// How many of them, and of corrections, belong to an earlier period.
    #[schema(example = 0)]
    late: u64,
}

impl UsedMetric {
    fn of(used: MetricUsage) -> Result<Self> {
        let spelling = Aggregation::ALL
            .iter()
            .find(|(_, aggregation)| *aggregation == used.aggregation);
        Ok(Self {
            metric_name: used.metric_name,
            aggregation: spelling.map_or("", |(name, _)| name),
            total: number(used.totals.quantity(used.aggregation))?,
            records: used.totals.count,
            late: used.totals.late,
        })
    }
}

/// What the query says.
pub(crate) struct Filter {
    metric_name: Option<String>,
}

impl Input for Filter {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        Some(Self {
            metric_name: fields.text("metric_name", 1..=64).optional(),
        })
    }
}

/// Retrieve a subscription's usage
///
/// What was used of each metric in the period that is running, however many records there are: the newest page of each log
/// tells it. 1 read, a query of 1 read unit for each metric, and 1 more.
#[utoipa::path(
    get,
    path = "/v3/subscriptions/{id}/usage",
    tag = "billing",
    params(
        ("id" = String, Path, description = "The subscription.", example = "sub_rs_123456"),
        ("metric_name" = Option<String>, Query, description = "Only this metric.", example = "api_calls"),
    ),
    responses((status = 200, description = "What it used.", body = SubscriptionUsage), Problems)
)]
pub(crate) async fn get_subscription_usage(
    cx: Cx<BillingRead>,
    Path(id): Path<Id<ids::Subscription>>,
    Query(query): Query<Filter>,
) -> Result<Reply, Problem> {
    let subscription = cx
        .subscription(id)
        .await?
        .ok_or_else(|| Error::not_found("subscription", id))?;
    let used = match &query.metric_name {
        Some(name) => one(&cx, Metric::of(&subscription, name)).await?,
        None => operations::usage_by_metric(&cx, &subscription, MOST_METRICS + 1).await?,
    };
    let has_more = used.len() > MOST_METRICS;
    let used = used.into_iter().skip(usize::from(has_more));
    Reply::ok(&SubscriptionUsage {
        subscription_id: id.to_string(),
        period_start: subscription.period.start.to_string(),
        period_end: subscription.period.end.to_string(),
        metrics: used.map(UsedMetric::of).collect::<Result<_>>()?,
        has_more,
        livemode: cx.livemode(),
    })
}

/// The one metric that was asked for: zero where nothing was ever used.
async fn one(cx: &Cx<BillingRead>, metric: Metric<'_>) -> Result<Vec<MetricUsage>> {
    Ok(vec![MetricUsage {
        metric_name: metric.name.to_owned(),
        aggregation: metric.aggregation,
        totals: operations::usage_totals(cx, metric).await?,
    }])
}
