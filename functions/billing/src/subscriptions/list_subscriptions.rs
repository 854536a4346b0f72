//! `GET /v3/subscriptions`

use api::input::Input;
use api::{BillingRead, Cx, Listed, PageQuery, Problem, Query, operation};
use models::billing::SubscriptionStatus;
use models::ids::{self, Id};
use views::rocketsavvy::Subscription;

#[derive(Input)]
pub(crate) struct SubscriptionFilter {
    /// Of this customer.
    #[input(example = "cust_rs_123456")]
    customer_id: Option<Id<ids::Customer>>,
    /// In this status.
    #[input(choice, example = "active")]
    status: Option<SubscriptionStatus>,
    #[input(flatten)]
    page: PageQuery,
}

/// List subscriptions
///
/// Lists subscriptions, newest first, ended ones as well. With `status` a page may be short, or empty,
/// although `has_more` is true.
#[operation(get, "/v3/subscriptions", tag = "billing")]
pub(crate) async fn list_subscriptions(
    cx: Cx<BillingRead>,
    Query(query): Query<SubscriptionFilter>,
) -> Result<Listed<Subscription>, Problem> {
    let paging = cx.page(&query.page)?;
    let status = query.status.map(SubscriptionStatus::as_str);
    let page = cx.subscriptions(&paging.request, query.customer_id, status);
    let page = page.await?;
    paging.list(page, cx.mode())
}
