//! `DELETE /v3/payment-methods/{id}`

use api::Deleted;
use api::{Cx, Done, Path, PaymentsWrite, Problem, operation};
use models::event::EventType;
use models::ids::{self, Id};

/// Detach a payment method
///
/// Detaches a payment method for good: it cannot be charged any more. If it was the customer's default, the customer
/// has none afterwards. Payments made with it stay and can still be refunded.
#[operation(delete, "/v3/payment-methods/{id}", tag = "payments")]
pub(crate) async fn delete_payment_method(
    cx: Cx<PaymentsWrite>,
    Path(id): Path<Id<ids::PaymentMethod>>,
) -> Result<Done<Deleted>, Problem> {
    let stored = cx.require_now(id).await?;
    let mut method = (*stored).clone();
    method.detach(cx.now().await?);
    let mut writes = cx.writes().await?;
    writes.update(&stored, &method, Some(EventType::PaymentMethodDetached))?;
    let customer = cx.find_now(method.customer_id).await?;
    if let Some(customer) = customer.filter(|it| it.default_payment_method == Some(id)) {
        let mut changed = (*customer).clone();
        changed.default_payment_method = None;
        writes.update(&customer, &changed, Some(EventType::CustomerUpdated))?;
    }
    cx.done(&writes, &Deleted::of(&id)).await
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testkit::World;

    use crate::testing::{attached, customer, events, read_customer};

    #[tokio::test]
    async fn a_default_that_is_detached_leaves_the_customer_without_one() {
        let world = World::new().await;
        let customer = customer(&world).await;
        let first = attached(&world, &customer, "4242424242424242").await;
        let second = attached(&world, &customer, "4242424242424242").await;
        let api = world.call(crate::routes());
        world.meter.take();
        let answer = api.delete(&format!("/v3/payment-methods/{second}")).await;
        assert_eq!(
            *answer.expect(200),
            json!({ "id": second, "deleted": true })
        );
        let units = world.meter.take();
        // One read is the test clock.
        assert_eq!(
            (units.read_tenths, units.write_tenths),
            (30, 50),
            "{units:?}"
        );
        assert_eq!(
            read_customer(&world, &customer).await["default_payment_method"],
            json!(first)
        );
        world.meter.take();
        api.delete(&format!("/v3/payment-methods/{first}"))
            .await
            .expect(200);
        let units = world.meter.take();
        assert_eq!(
            (units.read_tenths, units.write_tenths),
            (30, 70),
            "{units:?}"
        );
        assert_eq!(
            read_customer(&world, &customer).await["default_payment_method"],
            json!(null)
        );
        assert_eq!(
            events(&world),
            [
                "customer.updated",
                "payment_method.detached",
                "payment_method.detached"
            ]
        );

        for path in [
            format!("/v3/payment-methods?customer_id={customer}"),
            "/v3/payment-methods".to_owned(),
        ] {
            assert_eq!(api.get(&path).await.expect(200)["data"], json!([]));
        }
        api.get(&format!("/v3/payment-methods/{first}"))
            .await
            .expect(404);
        api.delete(&format!("/v3/payment-methods/{first}"))
            .await
            .expect(404);
        for body in [
            json!({ "amount": 100, "currency": "USD", "payment_method_id": first }),
            json!({ "amount": 100, "currency": "USD", "payment_method_id": first, "customer_id": customer }),
        ] {
            let answer = api.post("/v3/payments", body).await;
            answer.expect(404);
            assert_eq!(answer.pointers(), ["/payment_method_id"]);
        }
        // The next card is the first one again.
        let third = attached(&world, &customer, "4242424242424242").await;
        assert_eq!(
            read_customer(&world, &customer).await["default_payment_method"],
            json!(third)
        );
    }

    #[tokio::test]
    async fn one_key_detaches_once_and_answers_the_same() {
        let world = World::new().await;
        let customer = customer(&world).await;
        let method = attached(&world, &customer, "4242424242424242").await;
        let api = world.call(crate::routes()).idempotent("k");
        let first = api.delete(&format!("/v3/payment-methods/{method}")).await;
        let again = api.delete(&format!("/v3/payment-methods/{method}")).await;
        first.expect(200);
        assert_eq!(again.text, first.text);
        assert_eq!(again.headers["idempotent-replayed"], "true");
    }

    #[tokio::test]
    async fn the_card_of_a_deleted_customer_can_be_detached() {
        let world = World::new().await;
        let customer = customer(&world).await;
        let method = attached(&world, &customer, "4242424242424242").await;
        world
            .call(crm::routes())
            .delete(&format!("/v3/customers/{customer}"))
            .await
            .expect(200);
        let api = world.call(crate::routes());
        api.delete(&format!("/v3/payment-methods/{method}"))
            .await
            .expect(200);
    }

    #[tokio::test]
    async fn other_businesses_find_nothing_to_detach() {
        let world = World::new().await;
        let customer = customer(&world).await;
        let method = attached(&world, &customer, "4242424242424242").await;
        let before = world.dump();
        let path = format!("/v3/payment-methods/{method}");
        for key in [&world.theirs.test_key, &world.ours.live_key] {
            world
                .call(crate::routes())
                .with_key(key)
                .delete(&path)
                .await
                .expect(404);
        }
        assert_eq!(world.dump(), before);
    }
}
