//! `GET /v3/payment-methods`

use api::input::Input;
use api::{Cx, Listed, PageQuery, PaymentsRead, Problem, Query, operation};
use models::ids::{self, Id};
use views::rocketsavvy::PaymentMethod;

#[derive(Input)]
pub(crate) struct PaymentMethodFilter {
    /// Of this customer.
    #[input(example = "cust_rs_123456")]
    customer_id: Option<Id<ids::Customer>>,
    #[input(flatten)]
    page: PageQuery,
}

/// List payment methods
///
/// Lists stored payment methods, newest first, of all customers or of one.
#[operation(get, "/v3/payment-methods", tag = "payments")]
pub(crate) async fn list_payment_methods(
    cx: Cx<PaymentsRead>,
    Query(query): Query<PaymentMethodFilter>,
) -> Result<Listed<PaymentMethod>, Problem> {
    let paging = cx.page(&query.page)?;
    let page = cx
        .payment_methods(&paging.request, query.customer_id)
        .await?;
    paging.list(page, cx.mode())
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testkit::World;

    use crate::testing::{attached, customer};

    #[tokio::test]
    async fn the_newest_comes_first_page_by_page_of_one_customer_or_of_all() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let (ours, other) = (customer(&world).await, customer(&world).await);
        let first = attached(&world, &ours, "4242424242424242").await;
        let second = attached(&world, &ours, "4242424242424242").await;
        let third = attached(&world, &other, "4242424242424242").await;
        let page = async |query: &str| {
            let body = api.get(&format!("/v3/payment-methods{query}")).await;
            let body = body.expect(200).clone();
            let data = body["data"].as_array().unwrap().iter();
            let ids: Vec<String> = data
                .map(|it| it["id"].as_str().unwrap().to_owned())
                .collect();
            (ids, body["next_cursor"].as_str().map(str::to_owned))
        };
        assert_eq!(
            page("").await,
            (vec![third, second.clone(), first.clone()], None)
        );
        let of_ours = format!("?customer_id={ours}&limit=1");
        let (ids, cursor) = page(&of_ours).await;
        assert_eq!(ids, [second]);
        let cursor = cursor.unwrap();
        let (ids, end) = page(&format!("{of_ours}&cursor={cursor}")).await;
        assert_eq!((ids, end), (vec![first], None));
        let foreign = api
            .get(&format!(
                "/v3/payment-methods?customer_id={other}&cursor={cursor}"
            ))
            .await;
        foreign.expect(400);
        assert_eq!(foreign.pointers(), ["?cursor"]);
    }

    #[tokio::test]
    async fn wrong_filters_are_named_and_other_businesses_see_nothing() {
        let world = World::new().await;
        let customer = customer(&world).await;
        attached(&world, &customer, "4242424242424242").await;
        let api = world.call(crate::routes());
        let answer = api
            .get("/v3/payment-methods?customer_id=x&limit=0&cusor=y")
            .await;
        answer.expect(400);
        assert_eq!(answer.pointers(), ["?customer_id", "?limit", "?cusor"]);
        let empty = json!({ "data": [], "has_more": false, "next_cursor": null });
        for key in [&world.theirs.test_key, &world.ours.live_key] {
            for query in [String::new(), format!("?customer_id={customer}")] {
                let answer = api
                    .with_key(key)
                    .get(&format!("/v3/payment-methods{query}"))
                    .await;
                assert_eq!(*answer.expect(200), empty);
            }
        }
    }
}
