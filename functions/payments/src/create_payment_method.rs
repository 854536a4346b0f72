//! `POST /v3/payment-methods`

use api::input::Input;
use api::{Created, Cx, Json, PaymentsWrite, Problem, operation};
use models::event::EventType;
use models::ids::{self, Id};
use models::{Metadata, View, payments};
use store::Retry;
use views::rocketsavvy::PaymentMethod;

use crate::card::{self, NewCard};
use crate::payer::METHOD_TYPES;

/// A card that a customer can be charged on from now on.
#[derive(Input)]
pub(crate) struct NewPaymentMethod {
    #[input(example = "cust_rs_123456")]
    customer_id: Id<ids::Customer>,
    #[input(choice = METHOD_TYPES, rename = "type", example = "card")]
    _kind: (),
    card: NewCard,
    /// Whether the customer's scheduled bills are charged to it. A customer's first one is the default anyhow.
    #[input(default, example = true)]
    default: bool,
    #[input(default, example = { "source": "website" })]
    metadata: Metadata,
}

/// Attach a card to a customer
///
/// Stores a card for a customer, to be charged later. The card is verified with its bank first; if the bank refuses it,
/// the answer is 402 and nothing is stored. A customer's first payment method becomes its default.
#[operation(
    post,
    "/v3/payment-methods",
    tag = "payments",
    declined = "The card was refused."
)]
pub(crate) async fn create_payment_method(
    cx: Cx<PaymentsWrite>,
    Json(body): Json<NewPaymentMethod>,
) -> Result<Created<PaymentMethod>, Problem> {
    let card = card::tokenize(&cx, &body.card.raw()?, "/card").await?;
    let mut customer = cx.require_at(body.customer_id, "/customer_id").await?;
    let refusal = |failure: payments::Failure| failure.into_error(None);
    cx.gateway()?.verify(&card).map_err(refusal)?;
    let mut retry = Retry::of("the customer");
    loop {
        let method = payments::PaymentMethod {
            id: cx.mint().await?,
            customer_id: customer.id,
            card: card.clone(),
            metadata: body.metadata.clone(),
            created: cx.now().await?,
            deleted: None,
        };
        let mut writes = cx.writes().await?;
        writes.create(&method, Some(EventType::PaymentMethodAttached))?;
        writes.child_of(customer.id, "/customer_id");
        if body.default || customer.default_payment_method.is_none() {
            let mut changed = (*customer).clone();
            changed.default_payment_method = Some(method.id);
            writes.update(&customer, &changed, Some(EventType::CustomerUpdated))?;
        }
        let view = PaymentMethod::of(&method, cx.mode())?;
        if let Some(reply) = cx.try_created(&writes, &view, method.id).await? {
            return Ok(reply);
        }
        retry.again().await?;
        customer = cx.require_at(body.customer_id, "/customer_id").await?;
    }
}

#[cfg(test)]
mod tests {
    use futures::future::join_all;
    use serde_json::{Value, json};
    use testkit::World;

    use crate::testing::{assert_no_card_number, attached, card, customer, events, read_customer};

    fn body(customer: &str, number: &str) -> Value {
        json!({ "customer_id": customer, "type": "card", "card": card(number) })
    }

    #[tokio::test]
    async fn a_customers_first_card_becomes_the_default_and_others_on_request() {
        let world = World::new().await;
        let customer = customer(&world).await;
        let api = world.call(crate::routes());
        world.meter.take();
        let mut request = body(&customer, "4242424242424242");
        request["metadata"] = json!({ "source": "website" });
        let first = api.post("/v3/payment-methods", request).await;
        let units = world.meter.take();
        // One read is the test clock.
        assert_eq!(
            (units.read_tenths, units.write_tenths),
            (20, 50),
            "{units:?}"
        );
        let id = first.text_of("id").to_owned();
        let want = json!({
            "id": id,
            "customer_id": customer,
            "type": "card",
            "card": {
                "brand": "visa",
                "last4": "4242",
                "exp_month": 12,
                "exp_year": 2027,
                "fingerprint": first.body["card"]["fingerprint"],
            },
            "metadata": { "source": "website" },
            "created": "2026-01-15T12:00:00Z",
            "livemode": false,
        });
        assert_eq!(*first.expect(201), want);
        assert_eq!(
            first.headers["location"],
            format!("/v3/payment-methods/{id}")
        );
        assert_eq!(
            events(&world),
            ["customer.updated", "payment_method.attached"]
        );
        assert_eq!(
            read_customer(&world, &customer).await["default_payment_method"],
            json!(id)
        );

        world.meter.take();
        attached(&world, &customer, "4000000000000341").await;
        let units = world.meter.take();
        assert_eq!(
            (units.read_tenths, units.write_tenths),
            (20, 50),
            "a transaction, because the customer has to be there: {units:?}"
        );
        assert_eq!(
            read_customer(&world, &customer).await["default_payment_method"],
            json!(id)
        );

        let mut request = body(&customer, "4000000000000119");
        request["default"] = json!(true);
        let third = api.post("/v3/payment-methods", request).await;
        third.expect(201);
        assert_eq!(
            read_customer(&world, &customer).await["default_payment_method"],
            third.body["id"]
        );
    }

    #[tokio::test]
    async fn a_card_that_the_bank_refuses_is_not_kept() {
        let world = World::new().await;
        let customer = customer(&world).await;
        let before = world.dump();
        for (number, code) in [
            ("4000000000000002", "card_declined"),
            ("4000000000009995", "insufficient_funds"),
            ("4000000000000069", "expired_card"),
            ("4000000000000127", "incorrect_cvc"),
        ] {
            let api = world.call(crate::routes()).idempotent(code);
            let answer = api
                .post("/v3/payment-methods", body(&customer, number))
                .await;
            assert_eq!(answer.expect(402)["code"], code);
            assert_eq!(answer.body.get("payment_id"), None);
            // Nothing was kept: the same key may be used with another card.
            assert!(!answer.headers.contains_key("idempotent-replayed"));
        }
        assert_eq!(world.dump(), before);
    }

    #[tokio::test]
    async fn every_wrong_field_is_named_and_nothing_is_written() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let before = world.dump();
        let wrong = json!({
            "customer_id": "x", "type": "bank", "default": "yes", "metadata": [], "cutomer_id": "x",
            "card": { "number": "4242424242424241", "exp_month": 13, "exp_year": "2027", "cvc": "12345" },
        });
        let answer = api.post("/v3/payment-methods", wrong).await;
        answer.expect(400);
        assert_eq!(
            answer.pointers(),
            [
                "/customer_id",
                "/type",
                "/card/number",
                "/card/exp_month",
                "/card/exp_year",
                "/card/cvc",
                "/default",
                "/metadata",
                "/cutomer_id",
            ]
        );
        let answer = api.post("/v3/payment-methods", json!({ "card": {} })).await;
        answer.expect(400);
        assert_eq!(
            answer.pointers(),
            [
                "/customer_id",
                "/type",
                "/card/number",
                "/card/exp_month",
                "/card/exp_year"
            ]
        );
        let mut expired = body("cust_rs_1", "4242424242424242");
        expired["card"]["exp_year"] = json!(2025);
        let answer = api.post("/v3/payment-methods", expired).await;
        answer.expect(400);
        assert_eq!(answer.pointers(), ["/card/exp_year"]);
        let nobody = api
            .post("/v3/payment-methods", body("cust_rs_1", "4242424242424242"))
            .await;
        nobody.expect(404);
        assert_eq!(nobody.pointers(), ["/customer_id"]);
        assert_eq!(world.dump(), before);
    }

    #[tokio::test]
    async fn a_card_number_is_nowhere_and_none_is_taken_in_a_text() {
        let world = World::new().await;
        let customer = customer(&world).await;
        let mut answers = Vec::new();
        for (index, test) in providers::gateway::TEST_CARDS.iter().enumerate() {
            let api = world
                .call(crate::routes())
                .idempotent(&format!("k-{index}"));
            for _ in 0..2 {
                let answer = api
                    .post("/v3/payment-methods", body(&customer, test.number))
                    .await;
                answers.push(answer.text);
            }
            let mut wrong = body(&customer, test.number);
            wrong["metadata"] = json!({ "number": test.number });
            let answer = world
                .call(crate::routes())
                .post("/v3/payment-methods", wrong)
                .await;
            answer.expect(400);
            assert_eq!(answer.body["errors"][0]["code"], "card_number_in_text");
            answers.push(answer.text);
        }
        let list = world.call(crate::routes()).get("/v3/payment-methods").await;
        assert_eq!(list.body["data"].as_array().unwrap().len(), 3);
        answers.push(list.text);
        assert_no_card_number(&world, &answers);
    }

    #[tokio::test]
    async fn many_at_once_are_all_attached_and_one_of_them_is_the_default() {
        let world = World::new().await;
        let customer = customer(&world).await;
        let api = world.call(crate::routes());
        let calls =
            (0..20).map(|_| api.post("/v3/payment-methods", body(&customer, "4242424242424242")));
        for answer in join_all(calls).await {
            answer.expect(201);
        }
        let list = api
            .get(&format!(
                "/v3/payment-methods?customer_id={customer}&limit=100"
            ))
            .await;
        assert_eq!(list.body["data"].as_array().unwrap().len(), 20);
        let stored = read_customer(&world, &customer).await;
        assert!(stored["default_payment_method"].is_string());
        assert_eq!(
            events(&world)
                .iter()
                .filter(|kind| *kind == "customer.updated")
                .count(),
            1
        );
    }

    #[tokio::test]
    async fn one_key_attaches_one_card() {
        let world = World::new().await;
        let customer = customer(&world).await;
        let api = world.call(crate::routes()).idempotent("k");
        let calls =
            (0..10).map(|_| api.post("/v3/payment-methods", body(&customer, "4242424242424242")));
        for answer in join_all(calls).await {
            assert!(
                matches!(answer.status.as_u16(), 201 | 409),
                "{}",
                answer.text
            );
        }
        let list = world.call(crate::routes()).get("/v3/payment-methods").await;
        assert_eq!(list.body["data"].as_array().unwrap().len(), 1);
    }

    #[tokio::test]
    async fn other_businesses_and_live_mode_cannot_attach_to_a_customer_of_ours() {
        let world = World::new().await;
        let customer = customer(&world).await;
        let api = world.call(crate::routes());
        let theirs = api.with_key(&world.theirs.test_key);
        let answer = theirs
            .post("/v3/payment-methods", body(&customer, "4242424242424242"))
            .await;
        answer.expect(404);
        let live = api.with_key(&world.ours.live_key);
        let answer = live
            .post("/v3/payment-methods", body(&customer, "4242424242424242"))
            .await;
        assert_eq!(answer.expect(409)["code"], "gateway_not_configured");
    }
}
