//! `GET /v3/invoices`

use api::dialect::rocketsavvy::{Invoice, List, Problems};
use api::input::{Fields, Input};
use api::{BillingRead, Cx, PageQuery, Problem, Query, Reply};
use models::billing::InvoiceStatus;
use models::ids::{self, Id};

/// What the query says.
pub(crate) struct Filter {
    customer_id: Option<Id<ids::Customer>>,
    subscription_id: Option<Id<ids::Subscription>>,
    status: Option<&'static str>,
    page: PageQuery,
}

impl Input for Filter {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        Some(Self {
            customer_id: fields.id("customer_id").optional(),
            subscription_id: fields.id("subscription_id").optional(),
            status: fields.one_of("status", InvoiceStatus::ALL).optional(),
            page: PageQuery::read(fields)?,
        })
    }
}

/// List invoices
///
/// Newest first. 1 query, or up to 10 with `status` alone. With `subscription_id` a read and a batch read; with
/// `customer_id` 2 queries, a batch read of its subscriptions and one of the invoices. A subscription with more than 11
/// invoices takes another query.
#[utoipa::path(
    get,
    path = "/v3/invoices",
    tag = "billing",
    params(
        ("customer_id" = Option<String>, Query, description = "Of this customer.", example = "cust_rs_123456"),
        ("subscription_id" = Option<String>, Query, description = "Of this subscription.", example = "sub_rs_123456"),
        ("status" = Option<String>, Query, description = "In this status.", example = "paid"),
        api::PageParams
    ),
    responses((status = 200, description = "One page of invoices.", body = List<Invoice>), Problems)
)]
pub(crate) async fn list_invoices(
    cx: Cx<BillingRead>,
    Query(query): Query<Filter>,
) -> Result<Reply, Problem> {
    let customer = query.customer_id.map(|id| id.to_string());
    let subscription = query.subscription_id.map(|id| id.to_string());
    let paging = cx.page(
        &query.page,
        &[customer.as_deref(), subscription.as_deref(), query.status],
    )?;
    let page = cx
        .invoices(
            &paging.request,
            query.customer_id,
            query.subscription_id,
            query.status,
        )
        .await?;
    Reply::ok(&paging.try_list(page, |invoice| Invoice::of(&invoice, cx.mode()))?)
}
