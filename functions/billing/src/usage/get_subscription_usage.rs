//! `GET /v3/subscriptions/{id}/usage`

use api::input::Input;
use api::{BillingRead, Cx, Done, Path, Problem, Query, operation};
use models::billing::Aggregation;
use models::ids::{self, Id};
use models::{Result, View};
use operations::{Metric, MetricUsage};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;
use views::rocketsavvy::{InvoicePreview, number};

/// Metrics in one answer at the most; the others are asked for by name.
const MAX_METRICS: usize = 100;

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
    /// The invoice at the end of the period, with usage as it is by now; `null` where there will be none, and where one metric
    /// alone is asked for.
    projected_invoice: Option<InvoicePreview>,
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

#[derive(Input)]
pub(crate) struct SubscriptionUsageFilter {
    /// Only this metric.
    #[input(chars = 1..=64, example = "api_calls")]
    metric_name: Option<String>,
}

/// Retrieve a subscription's usage
///
/// Retrieves the totals of each metric in the period that is running, and the next invoice as it would be with them.
/// However many reports there were, it takes one request.
#[operation(
    get,
    "/v3/subscriptions/{id}/usage",
    tag = "billing",
    answer = "What it used."
)]
pub(crate) async fn get_subscription_usage(
    cx: Cx<BillingRead>,
    Path(id): Path<Id<ids::Subscription>>,
    Query(query): Query<SubscriptionUsageFilter>,
) -> Result<Done<SubscriptionUsage>, Problem> {
    let subscription = cx.require(id).await?;
    let (used, projected_invoice) = if let Some(name) = &query.metric_name {
        (one(&cx, Metric::of(&subscription, name)).await?, None)
    } else {
        let used = operations::usage_by_metric(&cx, &subscription, MAX_METRICS + 1).await?;
        let next = operations::forecast(&cx, &subscription, &[]).await?.next;
        (
            used,
            next.as_ref()
                .map(|next| InvoicePreview::of(next, ()))
                .transpose()?,
        )
    };
    let has_more = used.len() > MAX_METRICS;
    let used = used.into_iter().skip(usize::from(has_more));
    Done::of(&SubscriptionUsage {
        subscription_id: id.to_string(),
        period_start: subscription.period.start.to_string(),
        period_end: subscription.period.end.to_string(),
        metrics: used.map(UsedMetric::of).collect::<Result<_>>()?,
        projected_invoice,
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

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testkit::World;

    use crate::testing::{recorded, subscribed};

    #[tokio::test]
    async fn every_metric_costs_one_read_however_much_was_used() {
        let world = World::new().await;
        let (api, id) = subscribed(&world).await;
        for _ in 0..100 {
            recorded(&api, &id, "0.1").await;
        }
        let other = json!({ "subscription_id": id, "metric_name": "a b", "quantity": 3 });
        api.post("/v3/usage", other).await.expect(201);
        world.meter.take();
        let path = format!("/v3/subscriptions/{id}/usage");
        let answer = api.get(&path).await;
        let units = world.meter.take();
        assert!(units.read_tenths <= 75, "{units:?}");
        assert_eq!(units.calls["Query"], 3);
        let metric = |name: &str, total: serde_json::Value, records: u32| json!({ "metric_name": name, "aggregation": "sum", "total": total, "records": records, "late": 0 });
        let next = answer.body["projected_invoice"].clone();
        assert_eq!(
            (&next["amount_due"], &next["date"]),
            (&json!(100), &json!("2026-01-29T12:00:00Z"))
        );
        let want = json!({
            "projected_invoice": next,
            "subscription_id": id, "period_start": "2026-01-15T12:00:00Z", "period_end": "2026-01-29T12:00:00Z",
            "metrics": [metric("a b", json!(3), 1), metric("api_calls", json!(10), 100)],
            "has_more": false, "livemode": false,
        });
        assert_eq!(answer.expect(200), &want);
        let one = api.get(&format!("{path}?metric_name=api_calls")).await;
        assert_eq!(
            one.body["metrics"],
            json!([metric("api_calls", json!(10), 100)])
        );
        let none = api.get(&format!("{path}?metric_name=c")).await;
        assert_eq!(none.body["metrics"], json!([metric("c", json!(0), 0)]));
    }

    #[tokio::test]
    async fn more_than_a_hundred_metrics_are_said_to_be_more() {
        let world = World::new().await;
        let (api, id) = subscribed(&world).await;
        let row = |n: u32| json!({ "subscription_id": id, "metric_name": format!("m{n:03}"), "quantity": n });
        let rows: Vec<_> = (0..101).map(row).collect();
        api.post("/v3/usage/batch", json!({ "events": rows }))
            .await
            .expect(201);
        let answer = api.get(&format!("/v3/subscriptions/{id}/usage")).await;
        assert_eq!(answer.expect(200)["has_more"], true);
        let metrics = answer.body["metrics"].as_array().unwrap();
        assert_eq!(
            (metrics.len(), &metrics[0]["metric_name"]),
            (100, &json!("m001"))
        );
    }
}
