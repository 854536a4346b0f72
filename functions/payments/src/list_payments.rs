//! `GET /v3/payments`

use api::dialect::rocketsavvy::{List, Payment, Problems};
use api::input::{Fields, Input};
use api::{Cx, PageQuery, PaymentsRead, Problem, Query, Reply};
use models::ids::{self, Id};

/// What the query says.
pub(crate) struct Filter {
    customer_id: Option<Id<ids::Customer>>,
    page: PageQuery,
}

impl Input for Filter {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        Some(Self {
            customer_id: fields.id("customer_id").optional(),
            page: PageQuery::read(fields)?,
        })
    }
}

/// List payments
///
/// Newest first, failed ones as well. 1 query; with `customer_id` 1 query and 1 batch read.
#[utoipa::path(
    get,
    path = "/v3/payments",
    tag = "payments",
    params(
        ("customer_id" = Option<String>, Query, description = "Of this customer.", example = "cust_rs_123456"),
        ("limit" = Option<u32>, Query, description = "Records in a page, 1 to 100.", example = 20),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before."),
    ),
    responses((status = 200, description = "One page of payments.", body = List<Payment>), Problems)
)]
pub(crate) async fn list_payments(
    cx: Cx<PaymentsRead>,
    Query(query): Query<Filter>,
) -> Result<Reply, Problem> {
    let customer = query.customer_id.map(|id| id.to_string());
    let paging = cx.page(&query.page, &[customer.as_deref()])?;
    let page = cx.payments(&paging.request, query.customer_id).await?;
    Reply::ok(&paging.list(page, |payment| Payment::of(&payment, cx.mode())))
}
