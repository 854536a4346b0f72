//! Taking payments.

use futures::future::join_all;
use http::Method;
use models::payments::NewPayment;
use models::{Metadata, Money};
use operations::Context;
use providers::gateway::{Charge, RawCard};
use serde_json::{Value, json};
use store::{IdempotencyKey, Origin};
use testkit::World;

use crate::testing::{Last, assert_no_card_number, attached, card, customer, events, with_card};

/// As printed in the v3 document.
const PRINTED: &str = r#"{
"amount": 5000,
"currency": "USD",
"payment_method": {
"type": "card",
"card": {
"number": "4242424242424242",
"exp_month": 12,
"exp_year": 2027,
"cvc": "123"
}
},
"customer_id": "cust_rs_123456",
"description": "Professional services payment",
"fraud_protection": true
}"#;

#[tokio::test]
async fn the_printed_payment_succeeds_for_its_budget() {
    let world = World::at("2025-06-27T10:30:00Z").await;
    let customer = customer(&world).await;
    let api = world.call(crate::routes());
    let printed = PRINTED.replace("cust_rs_123456", &customer);
    world.meter.take();
    let answer = api.send(Method::POST, "/v3/payments", &printed).await;
    let body = answer.expect(201);
    let units = world.meter.take();
    // One read is the test clock.
    assert_eq!(
        (units.read_tenths, units.write_tenths),
        (20, 50),
        "{units:?}"
    );
    let id = answer.text_of("id").to_owned();
    let want = json!({
        "id": id,
        "status": "succeeded",
        "amount": 5000,
        "amount_refunded": 0,
        "currency": "USD",
        "customer_id": customer,
        "invoice_id": null,
        "payment_method_id": null,
        "card": {
            "brand": "visa",
            "last4": "4242",
            "exp_month": 12,
            "exp_year": 2027,
            "fingerprint": body["card"]["fingerprint"],
        },
        "description": "Professional services payment",
        "gateway": "primary_gateway",
        "failure_code": null,
        "failure_message": null,
        "settlement": { "expected_date": "2025-06-29", "fees": 145 },
        "risk_score": 32,
        "fraud_protection": true,
        "metadata": {},
        "created": "2025-06-27T10:30:00Z",
        "livemode": false,
    });
    assert_eq!(*body, want);
    assert_eq!(answer.headers["location"], format!("/v3/payments/{id}"));
    assert_eq!(world.sandbox.asked(), [(id, 1)].into());
    assert!(events(&world).contains(&"payment.succeeded".to_owned()));
    api.idempotent("k")
        .send(Method::POST, "/v3/payments", &printed)
        .await
        .expect(201);
    let units = world.meter.take();
    assert_eq!(
        (units.read_tenths, units.write_tenths),
        (30, 90),
        "{units:?}"
    );
}

#[tokio::test]
async fn a_payment_needs_no_customer() {
    let world = World::new().await;
    let api = world.call(crate::routes());
    api.get("/v3/payments").await.expect(200);
    world.meter.take();
    let answer = api
        .post("/v3/payments", with_card(1, "4242-4242 4242-4242"))
        .await;
    assert_eq!(answer.expect(201)["customer_id"], json!(null));
    let units = world.meter.take();
    assert_eq!(
        (units.read_tenths, units.write_tenths),
        (10, 40),
        "{units:?}"
    );
}

#[tokio::test]
async fn each_test_card_does_what_it_is_for() {
    let world = World::new().await;
    let api = world.call(crate::routes());
    for (number, code, message) in [
        (
            "4000000000000002",
            "card_declined",
            "The card was declined.",
        ),
        (
            "4000000000009995",
            "insufficient_funds",
            "The card has insufficient funds.",
        ),
        ("4000000000000069", "expired_card", "The card has expired."),
        (
            "4000000000000127",
            "incorrect_cvc",
            "The card's security code is incorrect.",
        ),
        (
            "4000000000000341",
            "card_declined",
            "The card was declined.",
        ),
        (
            "4000000000000119",
            "processing_error",
            "An error occurred while processing the card. Try again later.",
        ),
    ] {
        let answer = api.post("/v3/payments", with_card(700, number)).await;
        let body = answer.expect(402);
        let id = answer.text_of("payment_id");
        let want = json!({
            "type": format!("urn:savvy:problem:{code}"),
            "title": "The payment was refused",
            "status": 402,
            "detail": message,
            "instance": "/v3/payments",
            "code": code,
            "request_id": body["request_id"],
            "payment_id": id,
        });
        assert_eq!(*body, want);
        assert_eq!(answer.headers["content-type"], "application/problem+json");
        let payment = api.get(&format!("/v3/payments/{id}")).await;
        assert_eq!(payment.text_of("status"), "failed");
        assert_eq!(payment.text_of("failure_code"), code);
        assert_eq!(payment.text_of("failure_message"), message);
        assert_eq!(payment.body["settlement"], json!(null));
    }
    assert_eq!(events(&world), ["payment.failed"; 6]);
    let other = api
        .post("/v3/payments", with_card(700, "5555555555554444"))
        .await;
    other.expect(400);
    assert_eq!(other.pointers(), ["/payment_method/card/number"]);
    assert_eq!(other.body["errors"][0]["code"], "not_a_test_card");
}

#[tokio::test]
async fn every_wrong_field_is_named_and_nothing_is_written() {
    let world = World::new().await;
    let api = world.call(crate::routes());
    let before = world.dump().len();
    let body = json!({
        "amount": 0, "currency": "dollars", "customer_id": "inv_rs_1", "payment_method_id": 7,
        "payment_method": {
            "type": "cash",
            "card": { "number": "4242424242424241", "exp_month": 0, "exp_year": 270, "cvc": "12" },
        },
        "description": "", "fraud_protection": "yes", "metadata": { "a": 1 }, "curency": "USD",
    });
    let answer = api.post("/v3/payments", body).await;
    answer.expect(400);
    assert_eq!(
        answer.pointers(),
        [
            "/customer_id",
            "/payment_method/type",
            "/payment_method/card/number",
            "/payment_method/card/exp_month",
            "/payment_method/card/exp_year",
            "/payment_method/card/cvc",
            "/payment_method_id",
            "/amount",
            "/currency",
            "/description",
            "/fraud_protection",
            "/metadata",
            "/curency",
        ]
    );
    let answer = api.post("/v3/payments", json!({})).await;
    answer.expect(400);
    assert_eq!(
        answer.pointers(),
        ["/payment_method", "/amount", "/currency"]
    );
    for amount in [
        json!("5000"),
        json!(50.5),
        json!(-1),
        json!(100_000_000_000_000_i64),
    ] {
        let mut body = with_card(1, "4242424242424242");
        body["amount"] = amount;
        assert_eq!(api.post("/v3/payments", body).await.pointers(), ["/amount"]);
    }
    let mut expired = with_card(1, "4242424242424242");
    expired["payment_method"]["card"]["exp_year"] = json!(2025);
    let answer = api.post("/v3/payments", expired).await;
    answer.expect(400);
    assert_eq!(answer.pointers(), ["/payment_method/card/exp_year"]);
    assert_eq!(answer.body["errors"][0]["code"], "expired_card");
    assert_eq!(world.dump().len(), before);
    assert!(world.sandbox.asked().is_empty());
}

#[tokio::test]
async fn a_stored_card_pays_for_its_own_customer_only() {
    let world = World::new().await;
    let api = world.call(crate::routes());
    let (ours, other) = (customer(&world).await, customer(&world).await);
    let first = attached(&world, &ours, "4242424242424242").await;
    let second = attached(&world, &ours, "4000000000000341").await;
    let pay = async |more: Value| {
        let mut body = json!({ "amount": 100, "currency": "USD" });
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        api.post("/v3/payments", body).await
    };
    world.meter.take();
    let default = pay(json!({ "customer_id": ours })).await;
    assert_eq!(default.expect(201)["payment_method_id"], json!(first));
    let units = world.meter.take();
    assert_eq!(
        (units.read_tenths, units.write_tenths),
        (30, 50),
        "{units:?}"
    );
    let named = pay(json!({ "payment_method_id": first })).await;
    assert_eq!(named.expect(201)["customer_id"], json!(ours));
    let both = pay(json!({ "payment_method_id": second, "customer_id": ours })).await;
    assert_eq!(both.expect(402)["code"], "card_declined");

    let stranger = pay(json!({ "payment_method_id": first, "customer_id": other })).await;
    stranger.expect(400);
    assert_eq!(stranger.pointers(), ["/payment_method_id"]);
    let without = pay(json!({ "customer_id": other })).await;
    without.expect(400);
    assert_eq!(without.pointers(), ["/payment_method"]);
    assert_eq!(without.body["errors"][0]["code"], "required");
    let one_time = json!({ "type": "card", "card": card("4242424242424242") });
    let twice = pay(json!({ "payment_method_id": first, "payment_method": one_time })).await;
    twice.expect(400);
    assert_eq!(twice.pointers(), ["/payment_method_id"]);
    for (body, pointer) in [
        (json!({ "customer_id": "cust_rs_1" }), "/customer_id"),
        (
            json!({ "customer_id": "cust_rs_1", "payment_method": one_time }),
            "/customer_id",
        ),
        (
            json!({ "payment_method_id": "pm_rs_1" }),
            "/payment_method_id",
        ),
    ] {
        let answer = pay(body).await;
        answer.expect(404);
        assert_eq!(answer.pointers(), [pointer]);
    }
    assert_eq!(world.sandbox.asked().len(), 3);
}

#[tokio::test]
async fn the_cards_of_a_deleted_customer_are_gone_with_it() {
    let world = World::new().await;
    let customer = customer(&world).await;
    let method = attached(&world, &customer, "4242424242424242").await;
    world
        .call(crm::routes())
        .delete(&format!("/v3/customers/{customer}"))
        .await
        .expect(200);
    let api = world.call(crate::routes());
    let body = json!({ "amount": 100, "currency": "USD", "payment_method_id": method });
    api.post("/v3/payments", body).await.expect(404);
    assert!(world.sandbox.asked().is_empty());
}

#[tokio::test]
async fn a_card_number_is_nowhere_and_none_is_taken_in_a_text() {
    let world = World::new().await;
    let api = world.call(crate::routes());
    let customer = customer(&world).await;
    let mut answers = Vec::new();
    for (index, test) in providers::gateway::TEST_CARDS.iter().enumerate() {
        let mut body = with_card(100, test.number);
        body["customer_id"] = json!(customer);
        body["description"] = json!("code 123, ending in 4242");
        let caller = api.idempotent(&format!("k-{index}"));
        answers.push(caller.post("/v3/payments", body.clone()).await.text);
        answers.push(caller.post("/v3/payments", body.clone()).await.text);
        for (field, text) in [
            ("description", json!(format!("card {}", test.number))),
            ("metadata", json!({ "card": test.number })),
            ("metadata", json!({ format!("x{}", test.number): "" })),
            ("descripton", json!(test.number)),
            ("customer_id", json!(test.number)),
            ("currency", json!(test.number)),
            ("payment_method_id", json!(test.number)),
            ("amount", json!(test.number)),
            ("fraud_protection", json!(test.number)),
            ("payment_method", json!(test.number)),
        ] {
            let mut wrong = body.clone();
            wrong[field] = text;
            let answer = api.post("/v3/payments", wrong).await;
            answer.expect(400);
            assert_eq!(answer.pointers(), [format!("/{field}")]);
            if matches!(field, "description" | "metadata") {
                assert_eq!(answer.body["errors"][0]["code"], "card_number_in_text");
            }
            answers.push(answer.text);
        }
    }
    answers.push(api.get("/v3/payments?limit=100").await.text);
    assert_eq!(world.sandbox.asked().len(), 7);
    assert_no_card_number(&world, &answers);
}

#[tokio::test]
async fn one_key_takes_the_money_once() {
    let world = World::new().await;
    let api = world.call(crate::routes()).idempotent("k");
    let first = api
        .post("/v3/payments", with_card(100, "4242424242424242"))
        .await;
    first.expect(201);
    let again = api
        .post("/v3/payments", with_card(100, "4242424242424242"))
        .await;
    again.expect(201);
    assert_eq!(again.text, first.text);
    assert_eq!(again.headers["location"], first.headers["location"]);
    assert_eq!(again.headers["idempotent-replayed"], "true");
    let more = api
        .post("/v3/payments", with_card(101, "4242424242424242"))
        .await;
    assert_eq!(more.expect(422)["code"], "idempotency_key_reused");
    assert_eq!(
        world.sandbox.asked(),
        [(first.text_of("id").to_owned(), 1)].into()
    );

    let api = world.call(crate::routes()).idempotent("refused");
    let first = api
        .post("/v3/payments", with_card(100, "4000000000000002"))
        .await;
    first.expect(402);
    let again = api
        .post("/v3/payments", with_card(100, "4000000000000002"))
        .await;
    again.expect(402);
    assert_eq!(again.text, first.text);
    assert_eq!(again.headers["idempotent-replayed"], "true");
    assert_eq!(world.sandbox.asked().len(), 2);
}

#[tokio::test]
async fn fifty_at_once_with_one_key_are_one_payment() {
    let world = World::new().await;
    let api = world.call(crate::routes()).idempotent("k");
    let calls = (0..50).map(|_| api.post("/v3/payments", with_card(100, "4242424242424242")));
    let answers = join_all(calls).await;
    let mut made = 0;
    for answer in answers {
        match answer.status.as_u16() {
            201 if answer.headers.contains_key("idempotent-replayed") => {}
            201 => made += 1,
            _ => assert_eq!(answer.expect(409)["code"], "idempotency_key_in_use"),
        }
    }
    assert_eq!(made, 1);
    assert_eq!(world.sandbox.asked().into_values().collect::<Vec<_>>(), [1]);
    let list = world.call(crate::routes()).get("/v3/payments").await;
    assert_eq!(list.body["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_run_that_died_is_finished_by_the_next_one_although_the_card_has_expired_since() {
    let world = World::at("2026-01-31T23:59:55Z").await;
    let later = world.later(testkit::AFTER_A_CRASH);
    let mut body = with_card(100, "4242424242424242");
    body["payment_method"]["card"]["exp_month"] = json!(1);
    body["payment_method"]["card"]["exp_year"] = json!(2026);
    for (last, asked) in Last::CASES {
        let key = format!("{last:?}");
        let id = die(&world, &key, &body, last).await;
        let call = |world: &World| world.call(crate::routes()).idempotent(&key);
        let early = call(&world).post("/v3/payments", body.clone()).await;
        assert_eq!(early.expect(409)["code"], "idempotency_key_in_use");
        let answer = call(&later).post("/v3/payments", body.clone()).await;
        answer.expect(201);
        assert_eq!(answer.text_of("id"), id);
        assert_eq!(answer.text_of("created"), "2026-01-31T23:59:55Z");
        assert_eq!(world.sandbox.asked()[&id], asked, "{last:?}");
        let again = call(&later).post("/v3/payments", body.clone()).await;
        assert_eq!(again.text, answer.text);
        assert_eq!(again.headers["idempotent-replayed"], "true");
    }
    let list = later.call(crate::routes()).get("/v3/payments").await;
    assert_eq!(list.body["data"].as_array().unwrap().len(), 3);
}

/// Does what a run does until it dies. Returns the id of its payment.
async fn die(world: &World, key: &str, body: &Value, last: Last) -> String {
    let context: Context = world.app.context(world.ours.test(), Origin::system());
    // The hash of a body knows the last four digits of a card, backwards, and no security code.
    let mut hashed = body.clone();
    hashed["payment_method"]["card"]["number"] = json!("2424");
    hashed["payment_method"]["card"]
        .as_object_mut()
        .unwrap()
        .remove("cvc");
    let key = IdempotencyKey {
        key: key.to_owned(),
        route: "POST /v3/payments".to_owned(),
        body_hash: store::keys::sha256(&hashed.to_string()),
    };
    assert_eq!(context.claim(key).await.unwrap(), None);
    let raw = RawCard {
        number: "4242424242424242".into(),
        exp_month: 1,
        exp_year: 2026,
        cvc: None,
    };
    let new = NewPayment {
        amount: Money::new(100, "USD".parse().unwrap()),
        customer_id: None,
        payment_method_id: None,
        card: crate::card::tokenize(&context, &raw, "").await.unwrap(),
        invoice: None,
        description: None,
        fraud_protection: false,
        metadata: Metadata::new(),
    };
    let begun = operations::begin_payment(&context, new).await.unwrap();
    let id = begun.id.to_string();
    match last {
        Last::Begun => {}
        Last::Asked => {
            let charge = Charge {
                idempotency_key: &id,
                card: &begun.card,
                amount: begun.amount,
                asked: None,
            };
            context.gateway().unwrap().charge(charge).await.unwrap();
        }
        Last::Resolved => {
            operations::resolve_payment(&context, begun).await.unwrap();
        }
    }
    id
}

#[tokio::test]
async fn live_mode_takes_no_money_until_a_gateway_is_configured() {
    let world = World::new().await;
    let customer = customer(&world).await;
    let before = world.dump().len();
    let live = world.call(crate::routes()).with_key(&world.ours.live_key);
    let mut body = with_card(100, "4242424242424242");
    for customer in [json!(null), json!(customer)] {
        body["customer_id"] = customer;
        let answer = live
            .idempotent("k")
            .post("/v3/payments", body.clone())
            .await;
        assert_eq!(answer.expect(409)["code"], "gateway_not_configured");
    }
    assert_eq!(world.dump().len(), before);
}

#[tokio::test]
async fn nobody_pays_with_what_belongs_to_another_business() {
    let world = World::new().await;
    let customer = customer(&world).await;
    let method = attached(&world, &customer, "4242424242424242").await;
    let theirs = world.call(crate::routes()).with_key(&world.theirs.test_key);
    for name in ["customer_id", "payment_method_id"] {
        let mut body = json!({ "amount": 100, "currency": "USD" });
        body[name] = json!(if name == "customer_id" {
            &customer
        } else {
            &method
        });
        theirs.post("/v3/payments", body).await.expect(404);
    }
    assert!(world.sandbox.asked().is_empty());
}
