//! `GET /v3/usage`

use api::dialect::rocketsavvy::{List, Problems, UsageEntry};
use api::input::{Fields, Input};
use api::{BillingRead, Cx, PageQuery, Problem, Query, Reply};
use models::Error;

use crate::usage_log::LogQuery;

/// What the query says.
pub(crate) struct Filter {
    log: LogQuery,
    page: PageQuery,
}

impl Input for Filter {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let log = LogQuery::read(fields);
        let page = PageQuery::read(fields);
        Some(Self {
            log: log?,
            page: page?,
        })
    }
}

/// List usage
///
/// What was recorded for one metric of a subscription, corrections included, newest first. 1 read, and a query for 2 pages
/// of the log (about 50 entries) until there are enough.
#[utoipa::path(
    get,
    path = "/v3/usage",
    tag = "billing",
    params(
        ("subscription_id" = String, Query, description = "Whose usage.", example = "sub_rs_123456"),
        ("metric_name" = String, Query, description = "Of which metric.", example = "api_calls"),
        api::PageParams
    ),
    responses((status = 200, description = "One page of the log.", body = List<UsageEntry>), Problems)
)]
pub(crate) async fn list_usage(
    cx: Cx<BillingRead>,
    Query(Filter { log, page }): Query<Filter>,
) -> Result<Reply, Problem> {
    let id = log.subscription_id;
    let filters = [Some(id.to_string()), Some(log.metric_name.clone())];
    let paging = cx.page(&page, &filters.each_ref().map(Option::as_deref))?;
    cx.subscription(id)
        .await?
        .ok_or_else(|| Error::no_such("subscription", id, "?subscription_id"))?;
    let found = operations::list_usage(&cx, id, &log.metric_name, &paging.request).await?;
    let view = |event| UsageEntry::of(id, &log.metric_name, &event, cx.mode());
    Reply::ok(&paging.try_list(found, view)?)
}
