//! `GET /v3/customers`

use api::dialect::rocketsavvy::Customer;
use api::input::Input;
use api::{CrmRead, Cx, Listed, PageQuery, Problem, Query, operation};

#[derive(Input)]
pub(crate) struct CustomerFilter {
    /// Text in names, e-mail address or company.
    #[input(chars = 1..=100, example = "acme")]
    search: Option<String>,
    #[input(flatten)]
    page: PageQuery,
}

/// List customers
///
/// Lists customers, newest first. `search` finds text in names, e-mail address and company; a customer that has just
/// been changed may be found a moment later, and a page may be short although `has_more` is true.
#[operation(get, "/v3/customers", tag = "crm")]
pub(crate) async fn list_customers(
    cx: Cx<CrmRead>,
    Query(query): Query<CustomerFilter>,
) -> Result<Listed<Customer>, Problem> {
    let paging = cx.page(&query.page)?;
    let page = cx
        .customers(&paging.request, query.search.as_deref())
        .await?;
    paging.list(page, |customer| Customer::of(&customer, cx.mode()))
}
