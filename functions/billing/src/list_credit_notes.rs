//! `GET /v3/credit-notes`

use api::dialect::rocketsavvy::{CreditNote, List, Problems};
use api::input::{Fields, Input};
use api::{BillingRead, Cx, PageQuery, Problem, Query, Reply};
use models::ids::{self, Id};

/// What the query says.
pub(crate) struct Filter {
    invoice_id: Option<Id<ids::Invoice>>,
    customer_id: Option<Id<ids::Customer>>,
    page: PageQuery,
}

impl Input for Filter {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        Some(Self {
            invoice_id: fields.id("invoice_id").optional(),
            customer_id: fields.id("customer_id").optional(),
            page: PageQuery::read(fields)?,
        })
    }
}

/// List credit notes
///
/// Newest first. 1 query; with `invoice_id` alone 1 query and 1 batch read; up to 10 queries with `customer_id`.
#[utoipa::path(
    get,
    path = "/v3/credit-notes",
    tag = "billing",
    params(
        ("invoice_id" = Option<String>, Query, description = "Of this invoice.", example = "inv_rs_789012"),
        ("customer_id" = Option<String>, Query, description = "Of this customer.", example = "cust_rs_123456"),
        api::PageParams
    ),
    responses((status = 200, description = "One page of credit notes.", body = List<CreditNote>), Problems)
)]
pub(crate) async fn list_credit_notes(
    cx: Cx<BillingRead>,
    Query(query): Query<Filter>,
) -> Result<Reply, Problem> {
    let invoice = query.invoice_id.map(|id| id.to_string());
    let customer = query.customer_id.map(|id| id.to_string());
    let paging = cx.page(&query.page, &[invoice.as_deref(), customer.as_deref()])?;
    let page = cx
        .credit_notes(&paging.request, query.invoice_id, query.customer_id)
        .await?;
    Reply::ok(&paging.try_list(page, |note| CreditNote::of(&note, cx.mode()))?)
}
