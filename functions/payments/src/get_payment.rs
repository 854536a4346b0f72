//! `GET /v3/payments/{id}`

use api::{Cx, Done, Path, PaymentsRead, Problem, operation};
use models::View;
use models::ids::{self, Id};
use views::rocketsavvy::Payment;

/// Retrieve a payment
///
/// Retrieves a payment, successful or failed, by its id.
#[operation(get, "/v3/payments/{id}", tag = "payments")]
pub(crate) async fn get_payment(
    cx: Cx<PaymentsRead>,
    Path(id): Path<Id<ids::Payment>>,
) -> Result<Done<Payment>, Problem> {
    let payment = cx.require_now(id).await?;
    Done::of(&Payment::of(&payment, cx.mode())?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testkit::World;

    use crate::testing::paid;

    #[tokio::test]
    async fn it_is_printed_as_in_the_document_for_one_read() {
        let world = World::at("2025-06-27T10:30:00Z").await;
        let id = paid(&world, 5000).await;
        let api = world.call(crate::routes());
        world.meter.take();
        let answer = api.get(&format!("/v3/payments/{id}")).await;
        let body = answer.expect(200);
        let units = world.meter.take();
        assert_eq!(
            (units.read_tenths, units.round_trips()),
            (10, 1),
            "{units:?}"
        );
        let printed = json!({
            "id": id,
            "status": "succeeded",
            "amount": 5000,
            "currency": "USD",
            "gateway": "primary_gateway",
            "created": "2025-06-27T10:30:00Z",
            "settlement": { "expected_date": "2025-06-29", "fees": 145 },
            "risk_score": 32,
        });
        for (name, value) in printed.as_object().unwrap() {
            assert_eq!(body[name], *value, "{name}");
        }
    }

    #[tokio::test]
    async fn other_businesses_and_the_other_mode_do_not_find_it() {
        let world = World::new().await;
        let id = paid(&world, 5000).await;
        let api = world.call(crate::routes());
        for key in [&world.theirs.test_key, &world.ours.live_key] {
            api.with_key(key)
                .get(&format!("/v3/payments/{id}"))
                .await
                .expect(404);
        }
        for id in ["pay_rs_1", "pay_rs_x", "pm_rs_1"] {
            api.get(&format!("/v3/payments/{id}")).await.expect(404);
        }
    }
}
