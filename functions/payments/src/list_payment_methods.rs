//! `GET /v3/payment-methods`

use api::dialect::rocketsavvy::{List, PaymentMethod, Problems};
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

/// List payment methods
///
/// Newest first. 1 query; with `customer_id` 1 query and 1 batch read.
#[utoipa::path(
    get,
    path = "/v3/payment-methods",
    tag = "payments",
    params(
        ("customer_id" = Option<String>, Query, description = "Of this customer.", example = "cust_rs_123456"),
        ("limit" = Option<u32>, Query, description = "Records in a page, 1 to 100.", example = 20),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before."),
    ),
    responses((status = 200, description = "One page of payment methods.", body = List<PaymentMethod>), Problems)
)]
pub(crate) async fn list_payment_methods(
    cx: Cx<PaymentsRead>,
    Query(query): Query<Filter>,
) -> Result<Reply, Problem> {
    let customer = query.customer_id.map(|id| id.to_string());
    let paging = cx.page(&query.page, &[customer.as_deref()])?;
    let page = cx
        .payment_methods(&paging.request, query.customer_id)
        .await?;
    Reply::ok(&paging.list(page, |method| PaymentMethod::of(&method, cx.mode())))
}
