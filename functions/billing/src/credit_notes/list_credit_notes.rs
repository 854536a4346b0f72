//! `GET /v3/credit-notes`

use api::input::Input;
use api::{BillingRead, Cx, Listed, PageQuery, Problem, Query, operation};
use models::ids::{self, Id};
use views::rocketsavvy::CreditNote;

#[derive(Input)]
pub(crate) struct CreditNoteFilter {
    /// Of this invoice.
    #[input(example = "inv_rs_789012")]
    invoice_id: Option<Id<ids::Invoice>>,
    /// Of this customer.
    #[input(example = "cust_rs_123456")]
    customer_id: Option<Id<ids::Customer>>,
    #[input(flatten)]
    page: PageQuery,
}

/// List credit notes
///
/// Lists credit notes, newest first. With `customer_id` a page may be short, or empty, although `has_more` is true.
#[operation(get, "/v3/credit-notes", tag = "billing")]
pub(crate) async fn list_credit_notes(
    cx: Cx<BillingRead>,
    Query(query): Query<CreditNoteFilter>,
) -> Result<Listed<CreditNote>, Problem> {
    let paging = cx.page(&query.page)?;
    let page = cx
        .credit_notes(&paging.request, query.invoice_id, query.customer_id)
        .await?;
    paging.list(page, cx.mode())
}
