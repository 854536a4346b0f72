//! `GET /v3/invoices`

use api::input::Input;
use api::{BillingRead, Cx, Listed, PageQuery, Problem, Query, operation};
use models::billing::InvoiceStatus;
use models::ids::{self, Id};
use views::rocketsavvy::Invoice;

#[derive(Input)]
pub(crate) struct InvoiceFilter {
    /// Of this customer.
    #[input(example = "cust_rs_123456")]
    customer_id: Option<Id<ids::Customer>>,
    /// Of this subscription.
    #[input(example = "sub_rs_123456")]
    subscription_id: Option<Id<ids::Subscription>>,
    /// In this status.
    #[input(choice, example = "paid")]
    status: Option<InvoiceStatus>,
    #[input(flatten)]
    page: PageQuery,
}

/// List invoices
///
/// Lists invoices, newest first, of everybody, of a customer or of a subscription. With `status` a page may be short, or
/// empty, although `has_more` is true.
#[operation(get, "/v3/invoices", tag = "billing")]
pub(crate) async fn list_invoices(
    cx: Cx<BillingRead>,
    Query(query): Query<InvoiceFilter>,
) -> Result<Listed<Invoice>, Problem> {
    let paging = cx.page(&query.page)?;
    let page = cx
        .invoices(
            &paging.request,
            query.customer_id,
            query.subscription_id,
            query.status.map(InvoiceStatus::as_str),
        )
        .await?;
    paging.list(page, cx.mode())
}
