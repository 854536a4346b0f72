//! `POST /v3/usage`

use api::dialect::rocketsavvy::{Problems, Usage};
use api::{BillingWrite, Cx, Json, Problem, Reply};
use models::Error;
use models::billing::LateUsage;

use crate::usage_report::{NewUsage, Report};

/// Record usage
///
/// 2 read units (the subscription, the newest page of the metric's log) and 1 write unit; with an `idempotency_key` the same,
/// and the pages of the last 24 hours are read. The header `Idempotency-Key` costs 1 read and 1 write unit more. Send a key,
/// in the body or in the header: a report that is sent twice without one counts twice.
///
/// What was used in a period that is over counts in the one that runs (`late`).
#[utoipa::path(
    post,
    path = "/v3/usage",
    tag = "billing",
    request_body = NewUsage,
    responses((status = 201, description = "What it became.", body = Usage), Problems)
)]
pub(crate) async fn record_usage(
    cx: Cx<BillingWrite>,
    Json(report): Json<Report>,
) -> Result<Reply, Problem> {
    let header = cx.idempotency_key();
    let reported = report.at(String::new(), header.as_deref(), 0);
    let reports = [reported];
    let recorded = operations::record_usage(&cx, &reports, LateUsage::NextInvoice).await?;
    let ([report], [recorded]) = (&reports, recorded.as_slice()) else {
        return Err(Error::internal("one report became something else than one event").into());
    };
    let view = Usage::recorded(
        report.subscription_id,
        &report.metric_name,
        &recorded.event,
        recorded.duplicate,
        cx.mode(),
    )?;
    // The event is in the log: all that is left to write is the answer, where the request has a key.
    let nothing = cx.writes().await?;
    let reply = cx.created(&nothing, &view, recorded.event.id).await?;
    Ok(reply.ok_or_else(|| Error::internal("nothing was written and yet refused"))?)
}
