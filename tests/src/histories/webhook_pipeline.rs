//! Webhooks from the write that tells of something to the endpoint that hears of it: nothing is lost, nothing is told twice
//! under two names, and no endpoint is another one's trouble.

mod chance;
mod crash;
mod isolation;
pub(crate) mod pipeline;
pub(crate) mod receiver;
mod receivers;
mod recovery;

use serde_json::{Value, json};
use testkit::Call;

/// Creates an endpoint for everything at that URL and returns its id.
pub(crate) async fn endpoint(api: &Call, url: &str) -> String {
    endpoint_of(api, json!({ "url": url, "events": ["*"] })).await
}

/// Creates an endpoint with those settings.
async fn endpoint_of(api: &Call, settings: Value) -> String {
    let made = api.post("/v3/webhooks", settings).await;
    made.expect(201);
    made.text_of("id").to_owned()
}

/// Something happens: `customer.created`.
pub(crate) async fn happen(api: &Call, number: u64) {
    let email = format!("customer{number}@example.com");
    let made = api.post("/v3/customers", json!({ "email": email })).await;
    made.expect(201);
}

/// The log of deliveries to an endpoint, newest event first.
async fn deliveries(api: &Call, endpoint: &str) -> Vec<Value> {
    let path = format!("/v3/webhooks/{endpoint}/deliveries?limit=100");
    let answer = api.get(&path).await;
    answer.expect(200)["deliveries"].as_array().unwrap().clone()
}
