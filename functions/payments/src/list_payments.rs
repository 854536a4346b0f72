//! `GET /v3/payments`

use api::input::Input;
use api::{Cx, Listed, PageQuery, PaymentsRead, Problem, Query, operation};
use models::ids::{self, Id};
use models::payments::PaymentStatus;
use views::rocketsavvy::Payment;

#[derive(Input)]
pub(crate) struct PaymentFilter {
    /// Of this customer.
    #[input(example = "cust_rs_123456")]
    customer_id: Option<Id<ids::Customer>>,
    /// Of this invoice: also the earlier ones that failed, which the invoice does not name any more.
    #[input(example = "inv_rs_789012")]
    invoice_id: Option<Id<ids::Invoice>>,
    /// With this status.
    #[input(choice, example = "failed")]
    status: Option<PaymentStatus>,
    #[input(flatten)]
    page: PageQuery,
}

/// List payments
///
/// Lists payments, newest first, of all customers, of one or of an invoice. Failed ones are among them. With `status` or
/// `invoice_id` a page may be short, or empty, although `has_more` is true.
#[operation(get, "/v3/payments", tag = "payments")]
pub(crate) async fn list_payments(
    cx: Cx<PaymentsRead>,
    Query(query): Query<PaymentFilter>,
) -> Result<Listed<Payment>, Problem> {
    let paging = cx.page(&query.page)?;
    let page = match query.invoice_id {
        Some(invoice) => {
            let (customer, status) = (query.customer_id, query.status);
            cx.payments_of_invoice(&paging.request, invoice, customer, status)
                .await?
        }
        None => {
            cx.payments(&paging.request, query.customer_id, query.status)
                .await?
        }
    };
    paging.list(page, cx.mode())
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testkit::World;

    use crate::testing::{customer, paid, with_card};

    #[tokio::test]
    async fn the_newest_comes_first_of_one_customer_or_of_all_failed_ones_as_well() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let customer = customer(&world).await;
        let alone = paid(&world, 100).await;
        let mut body = with_card(200, "4242424242424242");
        body["customer_id"] = json!(customer);
        let good = api
            .post("/v3/payments", body)
            .await
            .text_of("id")
            .to_owned();
        let mut body = with_card(300, "4000000000000002");
        body["customer_id"] = json!(customer);
        let refused = api
            .post("/v3/payments", body)
            .await
            .text_of("payment_id")
            .to_owned();
        let page = async |query: &str| {
            let body = api.get(&format!("/v3/payments{query}")).await;
            let body = body.expect(200).clone();
            let data = body["data"].as_array().unwrap().iter();
            let ids: Vec<String> = data
                .map(|it| it["id"].as_str().unwrap().to_owned())
                .collect();
            (ids, body["next_cursor"].as_str().map(str::to_owned))
        };
        assert_eq!(
            page("").await,
            (vec![refused.clone(), good.clone(), alone], None)
        );
        assert_eq!(page("?status=failed").await.0[..], [&*refused]);
        let succeeded = format!("?status=succeeded&customer_id={customer}");
        assert_eq!(page(&succeeded).await.0[..], [&*good]);
        let of_customer = format!("?customer_id={customer}&limit=1");
        let (ids, cursor) = page(&of_customer).await;
        assert_eq!(ids, [refused]);
        let next = format!("{of_customer}&cursor={}", cursor.unwrap());
        assert_eq!(page(&next).await, (vec![good], None));
    }

    #[tokio::test]
    async fn wrong_filters_are_named_and_other_businesses_see_nothing() {
        let world = World::new().await;
        paid(&world, 100).await;
        let api = world.call(crate::routes());
        let answer = api
            .get("/v3/payments?customer_id=x&limit=101&cursor=y")
            .await;
        answer.expect(400);
        assert_eq!(answer.pointers(), ["?customer_id", "?limit"]);
        let empty = json!({ "data": [], "has_more": false, "next_cursor": null });
        for key in [&world.theirs.test_key, &world.ours.live_key] {
            assert_eq!(
                *api.with_key(key).get("/v3/payments").await.expect(200),
                empty
            );
        }
    }
}
