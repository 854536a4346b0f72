//! A process that dies at any of its calls, and answers that are lost: nothing is done twice and nothing is forgotten.
//!
//! Each test runs the work once to learn how many calls it makes, and then once for each call, dying just before it and just
//! after it. Then the message comes again, as SQS delivers it, and the books have to be those of a run without a fault.

mod invoices;

use models::Id;
use models::ids::Subscription;
use serde_json::{Value, json};
use testkit::{AFTER_A_CRASH, Call, Fault, GOOD_CARD, World};

use crate::generators::catalogue;

/// A customer with that card and a subscription whose trial ends on 29 January.
async fn subscribed(world: &World, card: &str) -> (Call, Id<Subscription>) {
    let api = world.call(catalogue::all());
    let customer = api.customer().await;
    let plan = json!({ "id": "pro", "name": "Pro", "currency": "USD", "amount": 9999, "interval": "month" });
    api.plan(plan).await;
    api.card(&customer, card).await;
    let new = json!({ "customer_id": customer, "plan_id": "pro", "trial_period_days": 14 });
    let subscription = api.post("/v3/subscriptions", new).await;
    (api, subscription.text_of("id").parse().unwrap())
}

/// One delivery of the message that the subscription is due at the end of its trial.
async fn run(world: &World, id: Id<Subscription>) -> models::Result<()> {
    let at = "2026-01-29T12:00:00Z".parse().unwrap();
    let context = world.app.scheduled(world.ours.test(), Some(at));
    operations::run_subscription(&context, id, at).await
}

/// What the books say, without the numbers and ids that a fault may change.
async fn books(world: &World, api: &Call, id: Id<Subscription>) -> Value {
    let list = async |path: &str| api.get(path).await.body["data"].as_array().unwrap().clone();
    let invoices = list("/v3/invoices").await;
    let payments = list("/v3/payments").await;
    let subscription = api.get(&format!("/v3/subscriptions/{id}")).await.body;
    let pick = |record: &Value, fields: &[&str]| {
        Value::Object(
            fields
                .iter()
                .map(|field| ((*field).to_owned(), record[*field].clone()))
                .collect(),
        )
    };
    let mut told: Vec<String> = world
        .dump()
        .iter()
        .filter_map(|item| item["ev"]["S"].as_str())
        .map(|text| {
            let stamps: Value = serde_json::from_str(text).unwrap();
            format!("{} {}", stamps[0]["t"].as_str().unwrap(), stamps[0]["n"])
        })
        .collect();
    told.sort();
    json!({
        "invoices": invoices.iter().map(|i| pick(i, &["status", "amount", "amount_paid", "attempt_count", "period_start"])).collect::<Vec<_>>(),
        "payments": payments.iter().map(|p| pick(p, &["status", "amount"])).collect::<Vec<_>>(),
        "subscription": pick(&subscription, &["status", "current_period_start", "current_period_end"]),
        "told": told,
    })
}

async fn without_a_fault(card: &str) -> (Value, u64) {
    let world = World::new().await;
    let (api, id) = subscribed(&world, card).await;
    world.meter.fault(None);
    run(&world, id).await.unwrap();
    let calls = world.meter.calls();
    (books(&world, &api, id).await, calls)
}

async fn dies_everywhere(card: &str) {
    let (want, calls) = without_a_fault(card).await;
    assert!(calls > 7, "only {calls} calls");
    for call in 0..calls {
        for fault in [
            Fault::DieBefore(call),
            Fault::DieAfter(call),
            Fault::LoseAnswer(call),
        ] {
            let world = World::new().await;
            let (api, id) = subscribed(&world, card).await;
            world.meter.fault(Some(fault));
            // It dies, or hears too late; what it answers does not matter.
            drop(run(&world, id).await);
            world.meter.fault(None);
            let later = world.later(AFTER_A_CRASH);
            run(&later, id).await.unwrap();
            run(&later, id).await.unwrap();
            assert_eq!(books(&world, &api, id).await, want, "{fault:?}");
            assert_eq!(
                world.sandbox.asked().len(),
                1,
                "{fault:?}: the gateway knows one key"
            );
        }
    }
}

#[tokio::test]
async fn a_renewal_that_dies_at_any_call_is_billed_once() {
    dies_everywhere(GOOD_CARD).await;
}

#[tokio::test]
async fn a_refused_renewal_that_dies_at_any_call_is_refused_once() {
    dies_everywhere("4000000000000341").await;
}

#[tokio::test]
async fn a_card_that_was_charged_and_is_gone_when_the_message_comes_again_has_paid() {
    let (_, calls) = without_a_fault(GOOD_CARD).await;
    let mut charged = 0;
    for call in 0..calls {
        let world = World::new().await;
        let (_, id) = subscribed(&world, GOOD_CARD).await;
        world.meter.fault(Some(Fault::DieAfter(call)));
        drop(run(&world, id).await);
        world.meter.fault(None);
        let later = world.later(AFTER_A_CRASH);
        let api = later.call(catalogue::all());
        let methods = api.get("/v3/payment-methods").await;
        let method = methods.body["data"][0]["id"].as_str().unwrap();
        api.delete(&format!("/v3/payment-methods/{method}")).await;
        run(&later, id).await.unwrap();
        run(&later, id).await.unwrap();
        let invoices = api.get("/v3/invoices").await;
        let paid = invoices.body["data"][0]["amount_paid"] == 9999;
        let asked = world.sandbox.asked().len();
        assert_eq!(asked, usize::from(paid), "{call}: {}", invoices.text);
        charged += asked;
    }
    assert!(charged > 1, "{charged}");
}

#[tokio::test]
async fn two_workers_with_the_same_message_bill_once() {
    let (want, _) = without_a_fault(GOOD_CARD).await;
    let world = World::new().await;
    let (api, id) = subscribed(&world, GOOD_CARD).await;
    let runs = (0..16).map(|_| run(&world, id));
    for result in futures::future::join_all(runs).await {
        result.unwrap();
    }
    assert_eq!(books(&world, &api, id).await, want);
    assert_eq!(world.sandbox.asked().len(), 1);
}

#[tokio::test]
async fn a_creation_whose_answer_is_lost_creates_one_record() {
    for key in [None, Some("k-1")] {
        let world = World::new().await;
        let api = world.call(catalogue::all());
        let api = key.map_or(api.clone(), |key| api.idempotent(key));
        api.get("/v3/customers").await.expect(200);
        world.meter.fault(None);
        api.post("/v3/customers", json!({ "email": "0@example.com" }))
            .await
            .expect(201);
        let calls = world.meter.calls();
        for call in 0..calls {
            let api = key.map_or(api.clone(), |_| {
                world
                    .call(catalogue::all())
                    .idempotent(&format!("k-{call}-lost"))
            });
            world.meter.fault(Some(Fault::LoseAnswer(call)));
            api.post(
                "/v3/customers",
                json!({ "email": format!("{call}@lost.example.com") }),
            )
            .await
            .expect(201);
        }
        world.meter.fault(None);
        let found = world
            .call(catalogue::all())
            .get("/v3/customers?search=@lost.example.com")
            .await;
        assert_eq!(
            u64::try_from(found.body["data"].as_array().unwrap().len()).unwrap(),
            calls
        );
    }
}

/// Calls a route that moves money with an idempotency key, dying at each of its calls; then calls again half a minute later.
async fn resumes_everywhere(path: &str, body: impl Fn(&str) -> Value, status: &str) {
    let prepared = async || {
        let world = World::new().await;
        let (api, _) = subscribed(&world, GOOD_CARD).await;
        let customer = api.get("/v3/customers").await.body["data"][0]["id"]
            .as_str()
            .unwrap()
            .to_owned();
        api.get("/v3/customers").await.expect(200);
        (world, body(&customer))
    };
    let (world, first) = prepared().await;
    world.meter.fault(None);
    world
        .call(catalogue::all())
        .idempotent("k")
        .post(path, first)
        .await
        .expect(201);
    let calls = world.meter.calls();
    for call in 0..calls {
        for fault in [Fault::DieBefore(call), Fault::DieAfter(call)] {
            let (world, body) = prepared().await;
            world.meter.fault(Some(fault));
            drop(
                world
                    .call(catalogue::all())
                    .idempotent("k")
                    .post(path, body.clone())
                    .await,
            );
            world.meter.fault(None);
            let later = world.later(AFTER_A_CRASH);
            let api = later.call(catalogue::all());
            let answer = api.idempotent("k").post(path, body.clone()).await;
            assert_eq!(answer.expect(201)["status"], status, "{fault:?}");
            assert_eq!(
                api.idempotent("k").post(path, body).await.text,
                answer.text,
                "{fault:?}"
            );
            let payments = api.get("/v3/payments").await;
            let payments = payments.body["data"].as_array().unwrap();
            assert_eq!(payments.len(), 1, "{fault:?}: {payments:#?}");
            assert_eq!(payments[0]["status"], "succeeded", "{fault:?}");
            assert_eq!(
                world.sandbox.asked().len(),
                1,
                "{fault:?}: the gateway knows one key"
            );
        }
    }
}

#[tokio::test]
async fn a_payment_that_dies_at_any_call_is_taken_once() {
    let body =
        |customer: &str| json!({ "amount": 5000, "currency": "USD", "customer_id": customer });
    resumes_everywhere("/v3/payments", body, "succeeded").await;
}

#[tokio::test]
async fn a_subscription_that_dies_at_any_call_begins_once() {
    let body = |customer: &str| json!({ "customer_id": customer, "plan_id": "pro" });
    resumes_everywhere("/v3/subscriptions", body, "active").await;
}

#[tokio::test]
async fn a_last_attempt_that_dies_at_any_call_leaves_the_subscription_past_due() {
    /// The subscription whose gateway has been at fault in all attempts but the last, which is due at the moment returned.
    async fn before_the_last() -> (
        World,
        Call,
        Id<Subscription>,
        Id<models::ids::Invoice>,
        models::Timestamp,
    ) {
        let world = World::new().await;
        let (api, id) = subscribed(&world, "4000000000000119").await;
        run(&world, id).await.unwrap();
        let invoice: Id<models::ids::Invoice> = api.get("/v3/invoices").await.body["data"][0]["id"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap();
        loop {
            let context = world.app.scheduled(world.ours.test(), None);
            let stored = context.find_now(invoice).await.unwrap().unwrap();
            let due = stored.due().unwrap();
            if stored.attempt_count == 8 {
                return (world, api, id, invoice, due);
            }
            let context = world.app.scheduled(world.ours.test(), Some(due));
            operations::run_invoice(&context, invoice, due)
                .await
                .unwrap();
        }
    }
    let (world, _, _, invoice, at) = before_the_last().await;
    world.meter.fault(None);
    let retry = async |world: &World, invoice, at| {
        operations::run_invoice(
            &world.app.scheduled(world.ours.test(), Some(at)),
            invoice,
            at,
        )
        .await
    };
    retry(&world, invoice, at).await.unwrap();
    for call in 0..world.meter.calls() {
        for fault in [Fault::DieBefore(call), Fault::DieAfter(call)] {
            let (world, api, id, invoice, at) = before_the_last().await;
            world.meter.fault(Some(fault));
            drop(retry(&world, invoice, at).await);
            world.meter.fault(None);
            let later = world.later(AFTER_A_CRASH);
            retry(&later, invoice, at).await.unwrap();
            retry(&later, invoice, at).await.unwrap();
            let subscription = api.get(&format!("/v3/subscriptions/{id}")).await;
            assert_eq!(subscription.body["status"], "past_due", "{fault:?}");
            let payments = api.get("/v3/payments").await;
            assert_eq!(
                payments.body["data"].as_array().unwrap().len(),
                9,
                "{fault:?}"
            );
        }
    }
}
