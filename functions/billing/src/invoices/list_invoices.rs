//! `GET /v3/invoices`

use api::dialect::rocketsavvy::Invoice;
use api::input::Input;
use api::{BillingRead, Cx, Listed, PageQuery, Problem, Query, operation};
use models::billing::InvoiceStatus;
use models::ids::{self, Id};

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
/// Newest first. 1 query, or up to 10 with `status` alone. With `subscription_id` a read and a batch read; with
/// `customer_id` 2 queries, a batch read of its subscriptions and one of the invoices. A subscription with more than 11
/// invoices takes another query.
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
    paging.try_list(page, |invoice| Invoice::of(&invoice, cx.mode()))
}
