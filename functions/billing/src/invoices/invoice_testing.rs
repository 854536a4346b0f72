//! What the tests of invoices begin with.

use models::Timestamp;
use models::ids::{self, Id};
use serde_json::{Value, json};
use testkit::{Call, World};

/// A card that pays.
pub(crate) const GOOD: &str = "4242424242424242";
/// A card that attaches, and declines when it is charged.
pub(crate) const DECLINES: &str = "4000000000000341";
/// A card whose gateway is at fault.
pub(crate) const FAULTY: &str = "4000000000000119";

/// A caller of billing, customers and payments.
pub(crate) fn caller(world: &World) -> Call {
    let routes = crate::routes()
        .merge(crm::routes())
        .merge(payments::routes());
    world.call(routes)
}

/// A caller, and a customer without a card.
pub(crate) async fn customer(world: &World) -> (Call, String) {
    let api = caller(world);
    let new = json!({ "email": "a@example.com", "company": { "name": "Initech" } });
    let customer = api
        .post("/v3/customers", new)
        .await
        .text_of("id")
        .to_owned();
    (api, customer)
}

/// A caller, and a customer who pays with that card.
pub(crate) async fn buyer(world: &World, number: &str) -> (Call, String) {
    let (api, customer) = customer(world).await;
    card(&api, &customer, number, true).await;
    (api, customer)
}

/// A card of the customer.
pub(crate) async fn card(api: &Call, customer: &str, number: &str, default: bool) -> String {
    let card = json!({ "number": number, "exp_month": 12, "exp_year": 2030, "cvc": "123" });
    let new = json!({ "customer_id": customer, "type": "card", "card": card, "default": default });
    api.post("/v3/payment-methods", new)
        .await
        .text_of("id")
        .to_owned()
}

/// A draft of one line over that many cents, with further fields; returns its path.
pub(crate) async fn draft(api: &Call, customer: &str, cents: i64, fields: Value) -> String {
    let line = json!({ "description": "Consulting", "unit_amount": cents });
    let mut body = json!({ "customer_id": customer, "line_items": [line] });
    merge(&mut body, fields);
    let answer = api.post("/v3/invoices", body).await;
    answer.expect(201);
    format!("/v3/invoices/{}", answer.text_of("id"))
}

/// Adds fields to an object.
pub(crate) fn merge(body: &mut Value, fields: Value) {
    if let Value::Object(fields) = fields {
        body.as_object_mut().unwrap().extend(fields);
    }
}

/// A draft that was made final.
pub(crate) async fn open(api: &Call, customer: &str, cents: i64, fields: Value) -> String {
    let path = draft(api, customer, cents, fields).await;
    finalize(api, &path).await;
    path
}

/// Makes a draft final.
pub(crate) async fn finalize(api: &Call, path: &str) -> Value {
    act(api, path, "finalize", json!({}))
        .await
        .expect(200)
        .clone()
}

/// One action on an invoice.
pub(crate) async fn act(api: &Call, path: &str, action: &str, body: Value) -> testkit::Answer {
    api.post(&format!("{path}/{action}"), body).await
}

/// The payments of all customers, newest first.
pub(crate) async fn payments(api: &Call) -> Vec<Value> {
    let list = api.get("/v3/payments?limit=100").await;
    list.body["data"].as_array().unwrap().clone()
}

/// What the customer's balance holds in USD.
pub(crate) async fn credit(world: &World, customer: &str) -> i64 {
    let context = world.app.scheduled(world.ours.test(), None);
    let id: Id<ids::Customer> = customer.parse().unwrap();
    let stored = context.find_now(id).await.unwrap().unwrap();
    stored.credit("USD".parse().unwrap()).minor()
}

/// Gives the invoice at that path its turn when it is next due; returns when that was.
pub(crate) async fn run_due(world: &World, path: &str) -> Timestamp {
    let id: Id<ids::Invoice> = path.rsplit('/').next().unwrap().parse().unwrap();
    let context = world.app.scheduled(world.ours.test(), None);
    let due = context.find_now(id).await.unwrap().unwrap().due().unwrap();
    run_at(world, path, due).await;
    due
}

/// Gives the invoice at that path its turn at that moment.
pub(crate) async fn run_at(world: &World, path: &str, at: Timestamp) {
    let id: Id<ids::Invoice> = path.rsplit('/').next().unwrap().parse().unwrap();
    let context = world.app.scheduled(world.ours.test(), Some(at));
    operations::run_invoice(&context, id, at).await.unwrap();
}

/// The events that the record with that id carries since its newest write that told of any.
pub(crate) fn told(world: &World, id: &str) -> Vec<String> {
    let item = world
        .dump()
        .into_iter()
        .find(|item| item["id"]["S"] == id && item["et"]["S"] != "idem")
        .unwrap();
    let stamps: Value = serde_json::from_str(item["ev"]["S"].as_str().unwrap()).unwrap();
    let kind = |stamp: &Value| format!("{} {}", stamp["n"], stamp["t"].as_str().unwrap());
    stamps.as_array().unwrap().iter().map(kind).collect()
}

/// Writes an amount to the customer's balance: an invoice below zero.
pub(crate) async fn give(api: &Call, customer: &str, cents: i64) {
    let path = open(api, customer, -cents, json!({})).await;
    assert_eq!(api.get(&path).await.body["status"], "paid");
}
