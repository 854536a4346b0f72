//! `GET /v3/payments/{id}/refunds`

use api::{Cx, Listed, PageQuery, Path, PaymentsRead, Problem, Query, operation};
use models::ids::{self, Id};
use views::rocketsavvy::Refund;

/// List the refunds of a payment
///
/// Lists the refunds of one payment, newest first. Failed ones are among them.
#[operation(get, "/v3/payments/{id}/refunds", tag = "payments")]
pub(crate) async fn list_refunds(
    cx: Cx<PaymentsRead>,
    Path(payment): Path<Id<ids::Payment>>,
    Query(query): Query<PageQuery>,
) -> Result<Listed<Refund>, Problem> {
    let paging = cx.page(&query)?;
    cx.require_now(payment).await?;
    let page = cx.refunds(payment, &paging.request).await?;
    paging.list(page, cx.mode())
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testkit::World;

    use crate::testing::paid;

    #[tokio::test]
    async fn the_newest_comes_first_page_by_page_and_only_for_its_business() {
        let world = World::new().await;
        let (id, other) = (paid(&world, 5000).await, paid(&world, 5000).await);
        let api = world.call(crate::routes());
        let path = format!("/v3/payments/{id}/refunds");
        for amount in [1, 2, 3] {
            api.post(&path, json!({ "amount": amount }))
                .await
                .expect(201);
        }
        api.post(&format!("/v3/payments/{other}/refunds"), json!({}))
            .await
            .expect(201);
        world.meter.take();
        let page = api.get(&format!("{path}?limit=2")).await;
        let units = world.meter.take();
        assert_eq!(
            (units.read_tenths, units.round_trips()),
            (15, 2),
            "{units:?}"
        );
        let amounts = |page: &testkit::Answer| {
            let data = page.expect(200)["data"].as_array().unwrap();
            data.iter()
                .map(|refund| refund["amount"].as_i64().unwrap())
                .collect::<Vec<_>>()
        };
        assert_eq!(amounts(&page), [3, 2]);
        let cursor = page.text_of("next_cursor");
        assert_eq!(
            amounts(&api.get(&format!("{path}?cursor={cursor}")).await),
            [1]
        );
        let foreign = api
            .get(&format!("/v3/payments/{other}/refunds?cursor={cursor}"))
            .await;
        assert_eq!(foreign.pointers(), ["?cursor"]);
        for key in [&world.theirs.test_key, &world.ours.live_key] {
            api.with_key(key).get(&path).await.expect(404);
        }
        api.get("/v3/payments/pay_rs_1/refunds").await.expect(404);
    }
}
