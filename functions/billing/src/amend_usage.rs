//! `PATCH /v3/usage/{id}`

use api::dialect::rocketsavvy::{Problems, Usage};
use api::input::{Fields, Input};
use api::{BillingWrite, Cx, Json, Path, Problem, Reply};
use models::Error;
use models::billing::{Correction, LateUsage};
use models::ids::{self, Id};
use operations::Metric;
use rust_decimal::Decimal;
use utoipa::ToSchema;

use crate::usage_report::{metric_name, quantity};

/// What was used in fact.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "the schema of the input; it is read into a body")]
pub(crate) struct UsageAmendment {
    /// Of the usage that is amended.
    #[schema(example = "sub_rs_123456")]
    subscription_id: String,
    /// Of the usage that is amended.
    #[schema(example = "api_calls")]
    metric_name: String,
    /// Not negative, at most 12 digits before and 6 after the decimal point.
    #[schema(value_type = f64, example = 1200)]
    quantity: String,
}

/// What the body says.
pub(crate) struct Body {
    subscription_id: Id<ids::Subscription>,
    metric_name: String,
    quantity: Decimal,
}

impl Input for Body {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let subscription_id = fields.id("subscription_id").required(fields);
        let metric_name = metric_name(fields);
        let quantity = quantity(fields);
        Some(Self {
            subscription_id: subscription_id?,
            metric_name: metric_name?,
            quantity: quantity?,
        })
    }
}

/// Amend usage
///
/// The usage counts with this quantity from now on; the log keeps both. Where its period is closed, the difference counts in
/// the one that runs, which is refused (409 `period_closed`) for metrics that are not sums or counts. To amend with the
/// quantity that stands writes nothing. 2 reads, 1 for each time that the log's pages halve, and 1 write unit.
#[utoipa::path(
    patch,
    path = "/v3/usage/{id}",
    tag = "billing",
    params(("id" = String, Path, description = "The usage.", example = "usage_rs_123456")),
    request_body = UsageAmendment,
    responses((status = 200, description = "The usage as it stands.", body = Usage), Problems)
)]
pub(crate) async fn amend_usage(
    cx: Cx<BillingWrite>,
    Path(id): Path<Id<ids::Usage>>,
    Json(body): Json<Body>,
) -> Result<Reply, Problem> {
    let missing = || Error::no_such("subscription", body.subscription_id, "/subscription_id");
    let subscription = cx.subscription_now(body.subscription_id).await?;
    let subscription = subscription.ok_or_else(missing)?;
    operations::refuse_ended(&subscription)?;
    let metric = Metric::of(&subscription, &body.metric_name);
    let amend = Correction::Amend(body.quantity);
    let standing = operations::correct_usage(&cx, metric, id, amend, LateUsage::NextInvoice);
    let view = Usage::standing(subscription.id, metric.name, &standing.await?, cx.mode())?;
    cx.changed(&cx.writes().await?, &view).await
}
