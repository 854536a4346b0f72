//! What the tests of this function begin with.

use serde_json::json;
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
