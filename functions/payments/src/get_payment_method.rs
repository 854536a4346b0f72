//! `GET /v3/payment-methods/{id}`

use api::{Cx, Done, Path, PaymentsRead, Problem, operation};
use models::View;
use models::ids::{self, Id};
use views::rocketsavvy::PaymentMethod;

/// Retrieve a payment method
///
/// Retrieves a stored payment method by its id. Of a card number only the last four digits are ever shown.
#[operation(get, "/v3/payment-methods/{id}", tag = "payments")]
pub(crate) async fn get_payment_method(
    cx: Cx<PaymentsRead>,
    Path(id): Path<Id<ids::PaymentMethod>>,
) -> Result<Done<PaymentMethod>, Problem> {
    let method = cx.require(id).await?;
    Done::of(&PaymentMethod::of(&method, cx.mode())?)
}

#[cfg(test)]
mod tests {
    use testkit::World;

    use crate::testing::{attached, customer};

    #[tokio::test]
    async fn it_is_found_for_one_read_and_only_by_its_business_and_mode() {
        let world = World::new().await;
        let customer = customer(&world).await;
        let method = attached(&world, &customer, "4242424242424242").await;
        let path = format!("/v3/payment-methods/{method}");
        let api = world.call(crate::routes());
        world.meter.take();
        let answer = api.get(&path).await;
        assert_eq!(answer.expect(200)["id"], method);
        let units = world.meter.take();
        assert_eq!(
            (units.read_tenths, units.round_trips()),
            (5, 1),
            "{units:?}"
        );
        for key in [&world.theirs.test_key, &world.ours.live_key] {
            api.with_key(key).get(&path).await.expect(404);
        }
        for id in ["pm_rs_1", "pm_rs_x", "cust_rs_1", "4242424242424242"] {
            api.get(&format!("/v3/payment-methods/{id}"))
                .await
                .expect(404);
        }
    }
}
