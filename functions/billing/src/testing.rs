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

/// The id of a report of `api_calls`.
pub(crate) async fn recorded(api: &Call, id: &str, quantity: &str) -> String {
    let body =
        format!(r#"{{"subscription_id":"{id}","metric_name":"api_calls","quantity":{quantity}}}"#);
    let answer = api.send(http::Method::POST, "/v3/usage", &body).await;
    answer.expect(201);
    answer.text_of("id").to_owned()
}

/// The total and the records of `api_calls`.
pub(crate) async fn used(api: &Call, id: &str) -> Value {
    let path = format!("/v3/subscriptions/{id}/usage?metric_name=api_calls");
    let metric = api.get(&path).await.expect(200)["metrics"][0].clone();
    json!([metric["total"], metric["records"]])
}
