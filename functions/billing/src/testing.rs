//! What the tests of this function begin with.

use serde_json::{Value, json};
use testkit::{Call, World};

/// A caller, and a subscription to the flat plan `pro` in its trial of 14 days.
pub(crate) async fn subscribed(world: &World) -> (Call, String) {
    let api = world.call(crate::routes().merge(crm::routes()));
    let plan = json!({ "id": "pro", "name": "Pro", "currency": "USD", "amount": 100, "interval": "month" });
    api.post("/v3/plans", plan).await.expect(201);
    let customer = api
        .post("/v3/customers", json!({ "email": "a@example.com" }))
        .await;
    let new =
        json!({ "customer_id": customer.text_of("id"), "plan_id": "pro", "trial_period_days": 14 });
    let id = api
        .post("/v3/subscriptions", new)
        .await
        .text_of("id")
        .to_owned();
    (api, id)
}

/// A caller, and a subscription to `pro` whose trial of 35 days has just ended, at noon of 15 January 2026, in the world as it is
/// then. The customer has no card.
pub(crate) async fn long_subscribed() -> (World, Call, String) {
    let begun = World::at("2025-12-11T12:00:00Z").await;
    let (api, _) = subscribed(&begun).await;
    let customer = api
        .post("/v3/customers", json!({ "email": "b@example.com" }))
        .await;
    let new = json!({ "plan_id": "pro", "trial_period_days": 35 });
    let id = subscribe(&api, customer.text_of("id"), new).await;
    let world = begun.later(35 * 86_400);
    let context = world.app.scheduled(world.ours.test(), None);
    let now = context.now().await.unwrap();
    operations::run_subscription(&context, id.parse().unwrap(), now)
        .await
        .unwrap();
    world.meter.take();
    let api = world.call(crate::routes().merge(crm::routes()));
    (world, api, id)
}

/// A caller, a customer who pays with a good card, and monthly plans: `basic` 10.00, `max` 20.00, `seats` 5.00 a seat, and
/// `yearly` 100.00 a year.
pub(crate) async fn shop(world: &World) -> (Call, String) {
    let routes = crate::routes()
        .merge(crm::routes())
        .merge(payments::routes());
    let api = world.call(routes);
    for (id, amount, interval, model) in [
        ("basic", 1000, "month", "flat"),
        ("max", 2000, "month", "flat"),
        ("seats", 500, "month", "per_unit"),
        ("yearly", 10_000, "year", "flat"),
    ] {
        let plan = json!({
            "id": id, "name": id, "currency": "USD", "amount": amount, "interval": interval, "pricing_model": model,
        });
        api.post("/v3/plans", plan).await.expect(201);
    }
    let customer = buyer(&api, "4242424242424242").await;
    (api, customer)
}

/// A customer who pays with that card.
pub(crate) async fn buyer(api: &Call, number: &str) -> String {
    let customer = api
        .post("/v3/customers", json!({ "email": "a@example.com" }))
        .await
        .text_of("id")
        .to_owned();
    let card = json!({ "number": number, "exp_month": 12, "exp_year": 2030, "cvc": "123" });
    let method = json!({ "customer_id": customer, "type": "card", "card": card, "default": true });
    api.post("/v3/payment-methods", method).await.expect(201);
    customer
}

/// A subscription of that customer, with further fields.
pub(crate) async fn subscribe(api: &Call, customer: &str, fields: Value) -> String {
    let mut body = json!({ "customer_id": customer });
    for (name, value) in fields.as_object().unwrap() {
        body[name] = value.clone();
    }
    let answer = api.post("/v3/subscriptions", body).await;
    answer.expect(201);
    answer.text_of("id").to_owned()
}

/// The id of a report of `api_calls`.
pub(crate) async fn recorded(api: &Call, id: &str, quantity: &str) -> String {
    let body =
        format!(r#"{{"subscription_id":"{id}","metric_name":"api_calls","quantity":{quantity}}}"#);
    let answer = api.send(http::Method::POST, "/v3/usage", &body).await;
    answer.expect(201);
    answer.text_of("id").to_owned()
}

/// The newest invoice.
pub(crate) async fn newest_invoice(api: &Call) -> Value {
    api.get("/v3/invoices?limit=1").await.body["data"][0].clone()
}

/// The total and the records of `api_calls`.
pub(crate) async fn used(api: &Call, id: &str) -> Value {
    let path = format!("/v3/subscriptions/{id}/usage?metric_name=api_calls");
    let metric = api.get(&path).await.expect(200)["metrics"][0].clone();
    json!([metric["total"], metric["records"]])
}
