//! `GET /enterprise/v1/subscriptions/{businessId}/customer/{customerId}`

use api::{BillingRead, Cx, Done, NestedPath, Problem, operation};
use futures::future::try_join_all;
use models::Error;
use models::ids::{self, Id};
use models::page::Pages;
use store::Stored;
use views::reveknew::CustomerSubscriptions;

use crate::scheduled::rows;

/// Subscriptions of one query.
const PAGE: u32 = 100;
/// Subscriptions and payments of one answer: this list has no pages.
const MOST: usize = 10_000;

/// List the subscriptions of a customer
///
/// Lists all subscriptions of a customer, oldest first, with the days and amounts of their scheduled payments. 409 where
/// these are more than 10,000 in all.
#[operation(
    get,
    "/enterprise/v1/subscriptions/{businessId}/customer/{customerId}",
    tag = "subscriptions"
)]
pub(crate) async fn list_customer_subscriptions(
    cx: Cx<BillingRead>,
    NestedPath(id): NestedPath<Id<ids::Customer>>,
) -> Result<Done<CustomerSubscriptions>, Problem> {
    let customer = cx.require(id).await?;
    let mut pages = Pages::of(PAGE);
    let mut found = Vec::new();
    while let Some(request) = pages.request() {
        let page = cx.subscriptions(request, Some(id), None).await?;
        let with_rows = pages.turn(page).into_iter().map(|subscription| async {
            let rows = rows(&cx, subscription.id).await?;
            Ok::<_, Error>((Stored::into_inner(subscription), rows))
        });
        found.extend(try_join_all(with_rows).await?);
        let size = |(_, rows): &(_, Vec<_>)| rows.len().saturating_add(1);
        if found.iter().map(size).sum::<usize>() > MOST {
            let detail = "the customer has too many subscriptions and payments for one answer";
            return Err(Error::conflict("too_many_entries", detail).into());
        }
    }
    found.sort_by_key(|(subscription, _)| subscription.id);
    Done::of(&CustomerSubscriptions::of(&customer, &found)?)
}
