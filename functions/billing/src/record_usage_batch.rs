//! `POST /v3/usage/batch`

use api::dialect::rocketsavvy::{Problems, UsageBatch};
use api::input::{Fields, Input};
use api::{BillingWrite, Cx, Json, Problem, Reply};
use models::billing::LateUsage;
use operations::ReportedUsage;
use utoipa::ToSchema;

use crate::usage_report::{NewUsage, Report};

/// Reports in one batch at the most.
const MOST_EVENTS: usize = 500;

/// Reports of usage.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "the schema of the input; it is read into a body")]
pub(crate) struct NewUsageBatch {
    /// 1 to 500 reports, for any metrics of any subscriptions.
    events: Vec<NewUsage>,
}

/// What the body says.
pub(crate) struct Body {
    events: Vec<Report>,
}

impl Input for Body {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let events = fields.objects("events", 1..=MOST_EVENTS, Report::read);
        let events = events.required(fields)?;
        Some(Self { events })
    }
}

/// Record a batch of usage
///
/// All reports or none: where one is wrong, `errors` names it (`/events/3/quantity`) and nothing is written. What is sent
/// again because no answer came counts once where the reports have keys, or the request has one in its header.
///
/// 500 reports for one metric are 2 reads and about 20 write units; each further metric or subscription is 1 read, and 1
/// write unit for a kilobyte (30 reports). The header `Idempotency-Key` costs 1 read and a write unit for each kilobyte of
/// the answer: keys in the reports are cheaper.
#[utoipa::path(
    post,
    path = "/v3/usage/batch",
    tag = "billing",
    request_body = NewUsageBatch,
    responses((status = 201, description = "What each report became.", body = UsageBatch), Problems)
)]
pub(crate) async fn record_usage_batch(
    cx: Cx<BillingWrite>,
    Json(body): Json<Body>,
) -> Result<Reply, Problem> {
    let header = cx.idempotency_key();
    let rows = body.events.into_iter().enumerate();
    let reports: Vec<ReportedUsage> = rows
        .map(|(row, report)| report.at(format!("/events/{row}"), header.as_deref(), row))
        .collect();
    let recorded = operations::record_usage(&cx, &reports, LateUsage::NextInvoice).await?;
    let events = recorded.iter().map(|row| (&row.event, row.duplicate));
    let view = UsageBatch::of(events, cx.mode());
    cx.done(&cx.writes().await?, 201, &view).await
}
