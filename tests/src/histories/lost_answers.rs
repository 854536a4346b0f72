//! The answer to a write is lost, somebody else changes the record, and then the client asks again: the write was done, once, and
//! its caller hears so.
//!
//! Each test runs the work once to learn how many calls it makes, and then once for each call whose answer is lost.

use serde_json::{Value, json};
use testkit::{Answer, Call, Fault, World};

use crate::generators::catalogue;

/// Somebody else's process.
fn another(world: &World) -> Call {
    world.process(1_000).call(catalogue::all())
}

/// Does `work` in worlds that `prepare` prepared, each time with the answer to another call lost and `others` at it meanwhile.
/// Checks each world with `check`.
async fn at_each_call<P>(
    prepare: impl AsyncFn(&Call) -> P,
    work: impl AsyncFn(&Call, &P) -> Answer,
    others: impl AsyncFn(Call, P) + Clone,
    check: impl AsyncFn(&Call, &P, &Answer),
) where
    P: Clone,
{
    let world = World::new().await;
    let api = world.call(catalogue::all());
    let prepared = prepare(&api).await;
    world.meter.fault(None);
    work(&api, &prepared).await;
    let calls = world.meter.calls();
    assert!(calls > 0, "the work makes no calls");
    for call in 0..calls {
        let world = World::new().await;
        let api = world.call(catalogue::all());
        let prepared = prepare(&api).await;
        world.meter.fault(Some(Fault::LoseAnswer(call)));
        let (tell, told) = tokio::sync::oneshot::channel();
        let (resume, resumed) = tokio::sync::oneshot::channel();
        world.meter.meanwhile(async move {
            tell.send(()).unwrap();
            resumed.await.unwrap();
        });
        let others = async {
            told.await.unwrap();
            others(another(&world), prepared.clone()).await;
            resume.send(()).unwrap();
        };
        let (answer, ()) = tokio::join!(work(&api, &prepared), others);
        world.meter.fault(None);
        check(&api, &prepared, &answer).await;
    }
}

async fn customer(api: &Call) -> String {
    format!("/v3/customers/{}", api.customer().await)
}

#[tokio::test]
async fn a_change_that_others_followed_is_done() {
    at_each_call(
        customer,
        async |api, path| api.patch(path, json!({ "first_name": "Ours" })).await,
        async |api, path| {
            let theirs = json!({ "metadata": { "by": "others" } });
            api.patch(&path, theirs).await.expect(200);
        },
        async |api, path, answer| {
            let now = api.get(path).await;
            // Others that wrote between our read and our write are a conflict, and then nothing of ours is there.
            let done = now.body["first_name"] == "Ours";
            answer.expect(if done { 200 } else { 409 });
            assert_eq!(now.body["metadata"], json!({ "by": "others" }));
        },
    )
    .await;
}

/// Somebody else changes every customer that is there.
async fn rename_all(api: &Call) {
    let made = api.get("/v3/customers").await;
    for customer in made.expect(200)["data"].as_array().unwrap() {
        let path = format!("/v3/customers/{}", customer["id"].as_str().unwrap());
        api.patch(&path, json!({ "first_name": "Theirs" }))
            .await
            .expect(200);
    }
}

#[tokio::test]
async fn a_record_that_others_changed_at_once_is_made_once() {
    at_each_call(
        async |_| (),
        async |api, ()| {
            let new = json!({ "email": "ada@example.com" });
            api.post("/v3/customers", new).await
        },
        async |api, ()| rename_all(&api).await,
        async |api, (), answer| {
            let made = api.get("/v3/customers").await;
            let made: Vec<&Value> = made.body["data"].as_array().unwrap().iter().collect();
            assert_eq!(made.len(), 1, "{made:?}");
            assert_eq!(answer.expect(201)["id"], made[0]["id"]);
        },
    )
    .await;
}

#[tokio::test]
async fn a_transaction_that_others_followed_is_done_once() {
    at_each_call(
        async |_| (),
        async |api, ()| {
            let new = json!({ "email": "ada@example.com" });
            api.idempotent("k").post("/v3/customers", new).await
        },
        async |api, ()| rename_all(&api).await,
        async |api, (), answer| {
            answer.expect(201);
            let made = api.get("/v3/customers").await;
            assert_eq!(made.body["data"].as_array().unwrap().len(), 1);
        },
    )
    .await;
}

async fn metered(api: &Call) -> String {
    let plan = json!({
        "id": "metered", "name": "Metered", "currency": "USD", "interval": "month",
        "meters": [{ "metric_name": "calls", "amount": 10 }],
    });
    api.plan(plan).await;
    let customer = api.customer().await;
    api.card(&customer, testkit::GOOD_CARD).await;
    let new =
        json!({ "customer_id": customer, "plan_id": "metered", "billing_cycle": "usage_based" });
    let made = api.post("/v3/subscriptions", new).await;
    made.expect(201);
    made.text_of("id").to_owned()
}

async fn report(api: &Call, id: &str, quantity: u32) -> Answer {
    let event = json!({ "subscription_id": id, "metric_name": "calls", "quantity": quantity });
    api.post("/v3/usage", event).await
}

async fn used(api: &Call, id: &str) -> Value {
    let usage = api.get(&format!("/v3/subscriptions/{id}/usage")).await;
    usage.expect(200)["metrics"][0]["total"].clone()
}

#[tokio::test]
async fn usage_without_a_key_counts_once() {
    at_each_call(
        metered,
        async |api, id| report(api, id, 3).await,
        async |api, id| {
            report(&api, &id, 100).await.expect(201);
        },
        async |api, id, answer| {
            answer.expect(201);
            assert_eq!(used(api, id).await, json!(103));
        },
    )
    .await;
}

/// So many others were faster that nobody can tell: that is said, rather than that nothing was done.
#[tokio::test]
async fn what_nobody_can_tell_is_an_error_and_not_repeated() {
    let unknown = std::cell::Cell::new(0);
    at_each_call(
        metered,
        async |api, id| report(api, id, 3).await,
        async |api, id| {
            for _ in 0..8 {
                report(&api, &id, 100).await.expect(201);
            }
        },
        async |api, id, answer| {
            if answer.status == 503 {
                unknown.set(unknown.get() + 1);
            } else {
                answer.expect(201);
            }
            assert_eq!(used(api, id).await, json!(803));
        },
    )
    .await;
    assert_eq!(unknown.get(), 1);
}
