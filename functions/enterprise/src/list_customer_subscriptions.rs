//! `GET /enterprise/v1/subscriptions/{businessId}/customer/{customerId}`

use api::{BillingRead, Cx, Done, NestedPath, Problem, operation};
use futures::future::try_join_all;
use models::Error;
use models::ids::{self, Id};
use models::page::PageRequest;
use store::Stored;
use views::reveknew::CustomerSubscriptions;

use crate::scheduled::rows;

/// List the subscriptions of a customer
///
/// Lists all subscriptions of a customer, oldest first, with the days and amounts of their scheduled payments.
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
    let mut request = PageRequest {
        limit: 100,
        after: None,
    };
    let mut found = Vec::new();
    loop {
        let page = cx.subscriptions(&request, Some(id), None).await?;
        let with_rows = page.items.into_iter().map(|subscription| async {
            let rows = rows(&cx, subscription.id).await?;
            Ok::<_, Error>((Stored::into_inner(subscription), rows))
        });
        found.extend(try_join_all(with_rows).await?);
        if page.next.is_none() {
            break;
        }
        request.after = page.next;
    }
    found.sort_by_key(|(subscription, _)| subscription.id);
    Done::of(&CustomerSubscriptions::of(&customer, &found)?)
}
