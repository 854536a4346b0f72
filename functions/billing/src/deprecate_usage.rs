//! `DELETE /v3/usage/{id}`

use api::dialect::rocketsavvy::{Problems, Usage};
use api::{BillingWrite, Cx, Path, Problem, Query, Reply};
use models::Error;
use models::billing::{Correction, LateUsage};
use models::ids::{self, Id};
use operations::Metric;

use crate::usage_log::LogQuery;

/// Deprecate usage
///
/// The usage does not count any more; it stays in the log. Where its period is closed, the difference counts in the one that
/// runs, which is refused (409 `period_closed`) for metrics that are not sums or counts. To deprecate again changes nothing.
/// 2 reads, 1 for each time that the log's pages halve, and 1 write unit.
#[utoipa::path(
    delete,
    path = "/v3/usage/{id}",
    tag = "billing",
    params(
        ("id" = String, Path, description = "The usage.", example = "usage_rs_123456"),
        ("subscription_id" = String, Query, description = "Whose usage it is.", example = "sub_rs_123456"),
        ("metric_name" = String, Query, description = "The metric that it was recorded for.", example = "api_calls"),
    ),
    responses((status = 200, description = "The usage as it stands.", body = Usage), Problems)
)]
pub(crate) async fn deprecate_usage(
    cx: Cx<BillingWrite>,
    Path(id): Path<Id<ids::Usage>>,
    Query(query): Query<LogQuery>,
) -> Result<Reply, Problem> {
    let missing = || Error::no_such("subscription", query.subscription_id, "?subscription_id");
    let subscription = cx.subscription_now(query.subscription_id).await?;
    let subscription = subscription.ok_or_else(missing)?;
    operations::refuse_ended(&subscription)?;
    let metric = Metric::of(&subscription, &query.metric_name);
    let deprecate = Correction::Deprecate;
    let standing = operations::correct_usage(&cx, metric, id, deprecate, LateUsage::NextInvoice);
    let view = Usage::standing(subscription.id, metric.name, &standing.await?, cx.mode())?;
    cx.changed(&cx.writes().await?, &view).await
}
