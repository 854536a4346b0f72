//! `GET /v3/subscriptions/{id}/usage`

use std::collections::BTreeMap;

use api::dialect::rocketsavvy::{Problems, number};
use api::input::{Fields, Input};
use api::{BillingRead, Cx, Path, Problem, Query, Reply};
use models::Error;
use models::ids::{self, Id};
use models::page::PageRequest;
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

/// Reports read with one query.
const PAGE: u32 = 1000;

/// What a subscription used in the period that is running.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SubscriptionUsage {
    #[schema(example = "sub_rs_123456")]
    subscription_id: String,
    #[schema(example = "2025-06-27T10:30:00Z")]
    period_start: String,
    #[schema(example = "2025-07-27T10:30:00Z")]
    period_end: String,
    metrics: Vec<MetricUsage>,
    livemode: bool,
}

/// The sum of one metric.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MetricUsage {
    #[schema(example = "api_calls")]
    metric_name: String,
    /// A decimal number, exactly.
    #[schema(value_type = f64, example = 1500)]
    total: Box<RawValue>,
    /// How many reports it is the sum of.
    #[schema(example = 3)]
    records: u64,
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
/// The sum of each metric in the period that is running. 1 read, and 1 query for 1000 reports.
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
    let period = subscription.period;
    let mut sums: BTreeMap<String, (Decimal, u64)> = BTreeMap::new();
    let mut request = PageRequest {
        limit: PAGE,
        after: None,
    };
    loop {
        let page = cx.usage(id, query.metric_name.as_deref(), &request).await?;
        for usage in &page.items {
            if (period.start..period.end).contains(&usage.timestamp) {
                let (sum, count) = sums.entry(usage.metric_name.clone()).or_default();
                *sum = sum
                    .checked_add(usage.quantity)
                    .ok_or_else(|| Error::internal("the usage is out of range"))?;
                *count += 1;
            }
        }
        if page.next.is_none() {
            break;
        }
        request.after = page.next;
    }
    let metric = |(metric_name, (sum, records))| {
        Ok(MetricUsage {
            metric_name,
            total: number(sum)?,
            records,
        })
    };
    Reply::ok(&SubscriptionUsage {
        subscription_id: id.to_string(),
        period_start: period.start.to_string(),
        period_end: period.end.to_string(),
        metrics: sums
            .into_iter()
            .map(metric)
            .collect::<models::Result<_>>()?,
        livemode: cx.livemode(),
    })
}
