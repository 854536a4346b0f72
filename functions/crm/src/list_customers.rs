//! `GET /v3/customers`

use api::dialect::rocketsavvy::{Customer, List, Problems};
use api::input::{Fields, Input};
use api::{CrmRead, Cx, PageQuery, Problem, Query, Reply};

/// What the query says.
pub(crate) struct Filter {
    search: Option<String>,
    page: PageQuery,
}

impl Input for Filter {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        Some(Self {
            search: fields.text("search", 1..=100).optional(),
            page: PageQuery::read(fields)?,
        })
    }
}

/// List customers
///
/// Newest first. `search` finds text in names, e-mail address and company; it is eventually consistent, and a page may be
/// short although more follow. 1 query; up to 10 with `search`.
#[utoipa::path(
    get,
    path = "/v3/customers",
    tag = "crm",
    params(
        ("search" = Option<String>, Query, description = "Text in names, e-mail address or company.", example = "acme"),
        api::PageParams
    ),
    responses((status = 200, description = "One page of customers.", body = List<Customer>), Problems)
)]
pub(crate) async fn list_customers(
    cx: Cx<CrmRead>,
    Query(query): Query<Filter>,
) -> Result<Reply, Problem> {
    let paging = cx.page(&query.page, &[query.search.as_deref()])?;
    let page = cx
        .customers(&paging.request, query.search.as_deref())
        .await?;
    Reply::ok(&paging.list(page, |customer| Customer::of(&customer, cx.mode())))
}
