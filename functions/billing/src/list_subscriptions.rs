//! `GET /v3/subscriptions`

use api::dialect::rocketsavvy::{List, Problems, Subscription};
use api::input::{Fields, Input};
use api::{BillingRead, Cx, PageQuery, Problem, Query, Reply};
use models::billing::SubscriptionStatus;
use models::ids::{self, Id};

/// What the query says.
pub(crate) struct Filter {
    customer_id: Option<Id<ids::Customer>>,
    status: Option<&'static str>,
    page: PageQuery,
}

impl Input for Filter {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        Some(Self {
            customer_id: fields.id("customer_id").optional(),
            status: fields.one_of("status", SubscriptionStatus::ALL).optional(),
            page: PageQuery::read(fields)?,
        })
    }
}

/// List subscriptions
///
/// Newest first. 1 query; with `customer_id` 1 query and 1 batch read; up to 10 queries with `status`.
#[utoipa::path(
    get,
    path = "/v3/subscriptions",
    tag = "billing",
    params(
        ("customer_id" = Option<String>, Query, description = "Of this customer.", example = "cust_rs_123456"),
        ("status" = Option<String>, Query, description = "In this status.", example = "active"),
        api::PageParams
    ),
    responses((status = 200, description = "One page of subscriptions.", body = List<Subscription>), Problems)
)]
pub(crate) async fn list_subscriptions(
    cx: Cx<BillingRead>,
    Query(query): Query<Filter>,
) -> Result<Reply, Problem> {
    let customer = query.customer_id.map(|id| id.to_string());
    let paging = cx.page(&query.page, &[customer.as_deref(), query.status])?;
    let page = cx
        .subscriptions(&paging.request, query.customer_id, query.status)
        .await?;
    Reply::ok(&paging.try_list(page, |subscription| {
        Subscription::of(&subscription, cx.mode())
    })?)
}
