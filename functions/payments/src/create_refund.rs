//! `POST /v3/payments/{id}/refunds`

use api::input::Input;
use api::{Created, Cx, Json, Path, PaymentsWrite, Problem, operation};
use models::ids::{self, Id};
use models::{Error, Money, View};
use operations::{Ask, Context};
use store::Stored;
use views::rocketsavvy::Refund;

/// A new refund.
#[derive(Input)]
pub(crate) struct NewRefund {
    /// Minor units; all that is left of the payment if it is absent.
    #[input(minor = 1, example = 1000)]
    amount: Option<i64>,
    /// In your words.
    #[input(chars = 1..=500, example = "requested_by_customer")]
    reason: Option<String>,
}

/// Refund a payment
///
/// Gives back a payment in whole or in part; without an `amount`, all that is left of it. The answer is the outcome:
/// 201 where the money goes back, 402 where the gateway refused. Several refunds may be made until nothing is left. The
/// refund counts on the invoice that was paid, but does not correct it: issue a credit note for that.
#[operation(
    post,
    "/v3/payments/{id}/refunds",
    tag = "payments",
    declined = "The gateway did not give the money back."
)]
pub(crate) async fn create_refund(
    cx: Cx<PaymentsWrite>,
    Path(payment): Path<Id<ids::Payment>>,
    Json(body): Json<NewRefund>,
) -> Result<Created<Refund>, Problem> {
    let begun = match cx.resumed() {
        Some(reference) => resume(&cx, payment, &reference).await?.into(),
        None => begin(&cx, payment, body).await?,
    };
    let refund = operations::resolve_refund(&cx, begun).await?.settled()?;
    if let Some(failure) = refund.failure {
        return cx.declined(failure.into_error(Some(payment))).await;
    }
    let view = Refund::of(&refund, cx.mode())?;
    cx.done(&cx.writes().await?, &view).await
}

async fn begin(
    context: &Context,
    id: Id<ids::Payment>,
    body: NewRefund,
) -> models::Result<Ask<models::payments::Refund>> {
    let payment = context.require_now(id).await?;
    // Nothing is set aside that nobody could give back.
    context.gateway()?;
    let currency = payment.amount.currency();
    let amount = body.amount.map(|minor| Money::new(minor, currency));
    operations::begin_refund(context, payment, amount, body.reason).await
}

/// The refund that an earlier call with the same key began.
async fn resume(
    context: &Context,
    payment: Id<ids::Payment>,
    reference: &str,
) -> models::Result<Stored<models::payments::Refund>> {
    let id: Id<ids::Refund> = reference.parse().map_err(Error::internal)?;
    let missing_record = || operations::missing_record(id);
    context
        .refund_now(payment, id)
        .await?
        .ok_or_else(missing_record)
}

#[cfg(test)]
mod tests {
    use futures::future::join_all;
    use models::payments::{Card, NewPayment, Outcome, Payment};
    use models::{Id, Metadata, Mode, Money, Scope};
    use operations::Context;
    use providers::gateway::Return;
    use serde_json::{Value, json};
    use store::{IdempotencyKey, Origin};
    use testkit::World;

    use crate::testing::{Last, assert_no_card_number, events, paid, with_card};

    async fn payment(world: &World, id: &str) -> Value {
        let answer = world
            .call(crate::routes())
            .get(&format!("/v3/payments/{id}"))
            .await;
        answer.expect(200).clone()
    }

    #[tokio::test]
    async fn a_part_and_then_the_rest_goes_back_for_the_budget() {
        let world = World::new().await;
        let id = paid(&world, 5000).await;
        let api = world.call(crate::routes());
        let path = format!("/v3/payments/{id}/refunds");
        world.meter.take();
        let body = json!({ "amount": 1000, "reason": "requested_by_customer" });
        let part = api.post(&path, body).await;
        let units = world.meter.take();
        // One read is the test clock.
        assert_eq!(
            (units.read_tenths, units.write_tenths),
            (30, 70),
            "{units:?}"
        );
        let want = json!({
            "id": part.text_of("id"),
            "payment_id": id,
            "amount": 1000,
            "currency": "USD",
            "reason": "requested_by_customer",
            "status": "succeeded",
            "failure_code": null,
            "created": "2026-01-15T12:00:00Z",
            "livemode": false,
        });
        assert_eq!(*part.expect(201), want);
        assert_eq!(payment(&world, &id).await["amount_refunded"], 1000);
        world.meter.take();
        let rest = api.idempotent("k").post(&path, json!({})).await;
        let units = world.meter.take();
        assert_eq!(
            (units.read_tenths, units.write_tenths),
            (40, 100),
            "{units:?}"
        );
        assert_eq!(rest.expect(201)["amount"], 4000);
        assert_eq!(payment(&world, &id).await["amount_refunded"], 5000);
        assert_eq!(payment(&world, &id).await["status"], "succeeded");
        assert_eq!(
            events(&world),
            ["payment.succeeded", "refund.succeeded", "refund.succeeded"]
        );
        let nothing = api.post(&path, json!({})).await;
        assert_eq!(nothing.expect(409)["code"], "payment_refunded");
        let more = api.post(&path, json!({ "amount": 1 })).await;
        more.expect(400);
        assert_eq!(more.pointers(), ["/amount"]);
    }

    #[tokio::test]
    async fn what_is_wrong_is_named_and_nothing_is_written() {
        let world = World::new().await;
        let id = paid(&world, 5000).await;
        let api = world.call(crate::routes());
        let failed = api
            .post("/v3/payments", with_card(100, "4000000000000002"))
            .await;
        let failed = failed.text_of("payment_id");
        let before = world.dump();
        let path = format!("/v3/payments/{id}/refunds");
        let more = api.post(&path, json!({ "amount": 5001 })).await;
        more.expect(400);
        assert_eq!(more.body["errors"][0]["pointer"], "/amount");
        assert_eq!(more.body["errors"][0]["code"], "exceeds_refundable");
        let wrong = api
            .post(&path, json!({ "amount": 0, "reason": 5, "amuont": 1 }))
            .await;
        wrong.expect(400);
        assert_eq!(wrong.pointers(), ["/amount", "/reason", "/amuont"]);
        let secret = api
            .post(&path, json!({ "reason": "4242 4242 4242 4242" }))
            .await;
        secret.expect(400);
        assert_eq!(secret.body["errors"][0]["code"], "card_number_in_text");
        let never = api
            .post(&format!("/v3/payments/{failed}/refunds"), json!({}))
            .await;
        assert_eq!(never.expect(409)["code"], "payment_not_succeeded");
        api.post("/v3/payments/pay_rs_1/refunds", json!({}))
            .await
            .expect(404);
        for key in [&world.theirs.test_key, &world.ours.live_key] {
            let answer = api.with_key(key).post(&path, json!({})).await;
            answer.expect(404);
        }
        assert_eq!(world.dump(), before);
        assert_no_card_number(&world, &[secret.text]);
    }

    #[tokio::test]
    async fn sixty_four_at_once_never_give_back_more_than_came() {
        let world = World::new().await;
        let id = paid(&world, 5000).await;
        let api = world.call(crate::routes());
        let path = format!("/v3/payments/{id}/refunds");
        let calls = (0..64).map(|_| api.post(&path, json!({ "amount": 100 })));
        let mut refunds = 0;
        for answer in join_all(calls).await {
            match answer.status.as_u16() {
                201 => refunds += 1,
                // Too many others at the payment all the time: nothing was written.
                503 => {}
                _ => assert_eq!(
                    answer.expect(400)["errors"][0]["code"],
                    "exceeds_refundable"
                ),
            }
        }
        assert_eq!(payment(&world, &id).await["amount_refunded"], refunds * 100);
        assert!((1..=50).contains(&refunds), "{refunds}");
        assert_eq!(world.sandbox.asked().len(), 1 + refunds);
    }

    #[tokio::test]
    async fn one_key_gives_back_once() {
        let world = World::new().await;
        let id = paid(&world, 5000).await;
        let api = world.call(crate::routes()).idempotent("k");
        let path = format!("/v3/payments/{id}/refunds");
        let calls = (0..20).map(|_| api.post(&path, json!({ "amount": 100 })));
        for answer in join_all(calls).await {
            match answer.status.as_u16() {
                201 => {}
                _ => assert_eq!(answer.expect(409)["code"], "idempotency_key_in_use"),
            }
        }
        let again = api.post(&path, json!({ "amount": 100 })).await;
        again.expect(201);
        assert_eq!(again.headers["idempotent-replayed"], "true");
        assert_eq!(payment(&world, &id).await["amount_refunded"], 100);
        assert_eq!(world.sandbox.asked().len(), 2);
    }

    #[tokio::test]
    async fn a_run_that_died_is_finished_by_the_next_one() {
        let world = World::new().await;
        let later = world.later(testkit::AFTER_A_CRASH);
        let id = paid(&world, 5000).await;
        let path = format!("/v3/payments/{id}/refunds");
        for (last, asked) in Last::CASES {
            let key = format!("{last:?}");
            let refund = die(&world, &key, &id, last).await;
            let answer = later
                .call(crate::routes())
                .idempotent(&key)
                .post(&path, json!({ "amount": 100 }))
                .await;
            answer.expect(201);
            assert_eq!(answer.text_of("id"), refund);
            assert_eq!(world.sandbox.asked()[&refund], asked, "{last:?}");
        }
        assert_eq!(payment(&world, &id).await["amount_refunded"], 300);
    }

    /// Does what a run does until it dies. Returns the id of its refund.
    async fn die(world: &World, key: &str, payment: &str, last: Last) -> String {
        let context: Context = world.app.context(world.ours.test(), Origin::system());
        let key = IdempotencyKey {
            key: key.to_owned(),
            route: format!("POST /v3/payments/{payment}/refunds"),
            body_hash: store::keys::sha256(r#"{"amount":100}"#),
        };
        assert_eq!(context.claim(key).await.unwrap(), None);
        let stored = context
            .find_now(payment.parse::<Id<models::ids::Payment>>().unwrap())
            .await
            .unwrap()
            .unwrap();
        let reference = stored.reference.clone().unwrap();
        let amount = Money::new(100, "USD".parse().unwrap());
        let begun = operations::begin_refund(&context, stored, Some(amount), None)
            .await
            .unwrap();
        let id = begun.id.to_string();
        match last {
            Last::Begun => {}
            Last::Asked => {
                let ask = Return {
                    idempotency_key: &id,
                    reference: &reference,
                    amount,
                    asked: None,
                };
                context
                    .gateway()
                    .unwrap()
                    .refund(ask)
                    .await
                    .unwrap()
                    .unwrap();
            }
            Last::Resolved => {
                operations::resolve_refund(&context, begun).await.unwrap();
            }
        }
        id
    }

    /// A payment of which no gateway knows.
    async fn unknown_to_the_gateway(world: &World, scope: Scope) -> String {
        let context: Context = world.app.context(scope, Origin::system());
        let new = NewPayment {
            amount: Money::new(5000, "USD".parse().unwrap()),
            customer_id: None,
            payment_method_id: None,
            card: Card {
                brand: "visa".to_owned(),
                last4: "4242".to_owned(),
                exp_month: 12,
                exp_year: 2027,
                fingerprint: "fingerprint".to_owned(),
                token: "token".to_owned(),
            },
            invoice: None,
            description: None,
            fraud_protection: false,
            metadata: Metadata::new(),
        };
        let now = context.now().await.unwrap();
        let mut payment = Payment::begin(Id::new(1).unwrap(), new, "primary_gateway", now);
        let outcome = Outcome::Succeeded {
            reference: "gone".to_owned(),
            risk_score: 32,
        };
        payment.resolve(outcome).unwrap();
        let mut writes = context.writes().await.unwrap();
        writes.create(&payment, None).unwrap();
        assert!(context.write(&writes).await.unwrap());
        payment.id.to_string()
    }

    #[tokio::test]
    async fn live_mode_gives_nothing_back_until_a_gateway_is_configured() {
        let world = World::new().await;
        let scope = Scope {
            mode: Mode::Live,
            ..world.ours.test()
        };
        let id = unknown_to_the_gateway(&world, scope).await;
        let before = world.dump();
        let live = world.call(crate::routes()).with_key(&world.ours.live_key);
        let answer = live
            .idempotent("k")
            .post(&format!("/v3/payments/{id}/refunds"), json!({}))
            .await;
        assert_eq!(answer.expect(409)["code"], "gateway_not_configured");
        assert_eq!(world.dump(), before);
    }

    #[tokio::test]
    async fn money_that_the_gateway_does_not_give_back_can_be_tried_again() {
        let world = World::new().await;
        let id = unknown_to_the_gateway(&world, world.ours.test()).await;
        let api = world.call(crate::routes());
        let path = format!("/v3/payments/{id}/refunds");
        for key in ["first", "second", "second"] {
            let answer = api.idempotent(key).post(&path, json!({})).await;
            assert_eq!(answer.expect(402)["code"], "resource_missing");
            assert_eq!(answer.text_of("payment_id"), id);
        }
        assert_eq!(payment(&world, &id).await["amount_refunded"], 0);
        let list = api.get(&path).await;
        let statuses: Vec<&Value> = list.body["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| &it["status"])
            .collect();
        assert_eq!(statuses, ["failed", "failed"]);
        assert_eq!(events(&world), ["refund.failed", "refund.failed"]);
    }
}
