//! What the log of events says of coupons, credit notes, tax rates and billing settings: the object as its route answered.

use serde_json::{Value, json};

use crate::stories::story::Cloud;

/// Type, object and previous attributes of the events, oldest first.
async fn told(cloud: &Cloud, count: usize) -> Vec<(String, Value, Value)> {
    let events = cloud
        .until("/v3/events?limit=100", |list| {
            list["data"].as_array().unwrap().len() >= count
        })
        .await;
    let events = events["data"].as_array().unwrap();
    let part = |event: &Value| {
        let data = &event["data"];
        of(
            event["type"].as_str().unwrap(),
            &data["object"],
            data["previous_attributes"].clone(),
        )
    };
    events.iter().rev().map(part).collect()
}

fn of(kind: &str, object: &Value, previous: Value) -> (String, Value, Value) {
    (kind.to_owned(), object.clone(), previous)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_of_a_coupon_is_told_as_it_was_answered() {
    let cloud = Cloud::start(None).await;
    let coupon = json!({ "id": "welcome", "name": "Welcome", "percent_off": 12.5 });
    let coupon = cloud.post("/v3/coupons", &coupon, 201).await;
    let switch = async |active| {
        let change = json!({ "active": active });
        cloud.patch("/v3/coupons/welcome", &change).await
    };
    let off = switch(false).await;
    assert_eq!(switch(true).await, coupon);
    cloud.delete("/v3/coupons/welcome").await;
    let flags = |on: bool| json!({ "active": on, "valid": on });
    let want = [
        of("coupon.created", &coupon, Value::Null),
        of("coupon.updated", &off, flags(true)),
        of("coupon.updated", &coupon, flags(false)),
        of("coupon.deleted", &off, Value::Null),
    ];
    assert_eq!(told(&cloud, 4).await, want);
    assert!(cloud.running.end().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_of_a_tax_rate_or_of_the_settings_is_told_as_it_was_answered() {
    let cloud = Cloud::start(None).await;
    let rate = json!({ "display_name": "VAT", "percentage": "20" });
    let rate = cloud.post("/v3/tax-rates", &rate, 201).await;
    let id = rate["id"].as_str().unwrap();
    let renamed = json!({ "display_name": "Value added tax" });
    let renamed = cloud.patch(&format!("/v3/tax-rates/{id}"), &renamed).await;
    let change = json!({ "retry_days": [1], "default_tax_rates": [id] });
    let settings = cloud.patch("/v3/billing-settings", &change).await;
    let change = json!({ "retry_days": [2] });
    let later = cloud.patch("/v3/billing-settings", &change).await;
    let want = [
        of("tax_rate.created", &rate, Value::Null),
        of(
            "tax_rate.updated",
            &renamed,
            json!({ "display_name": "VAT" }),
        ),
        of("billing_settings.updated", &settings, Value::Null),
        of(
            "billing_settings.updated",
            &later,
            json!({ "retry_days": [1] }),
        ),
    ];
    assert_eq!(told(&cloud, 4).await, want);
    assert!(cloud.running.end().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_credit_note_is_told_as_it_was_answered() {
    let cloud = Cloud::start(None).await;
    let plan = json!({ "id": "pro", "name": "Pro", "currency": "USD", "amount": 9999, "interval": "month" });
    cloud.post("/v3/plans", &plan, 201).await;
    let customer = json!({ "email": "a@example.com" });
    let customer = cloud.post("/v3/customers", &customer, 201).await;
    let subscription = json!({ "customer_id": customer["id"], "plan_id": "pro", "collection_method": "send_invoice" });
    let subscription = cloud.post("/v3/subscriptions", &subscription, 201).await;
    let note = json!({ "invoice_id": subscription["latest_invoice_id"], "amount": 999 });
    let note = cloud.post("/v3/credit-notes", &note, 201).await;
    let path = "/v3/events?type=credit_note.created";
    let events = cloud
        .until(path, |list| !list["data"].as_array().unwrap().is_empty())
        .await;
    assert_eq!(events["data"][0]["data"], json!({ "object": note }));
    let path = "/v3/events?type=invoice.updated";
    let events = cloud
        .until(path, |list| !list["data"].as_array().unwrap().is_empty())
        .await;
    let data = &events["data"][0]["data"];
    assert_eq!(data["object"]["amount_credited"], 999);
    let before = json!({ "amount_credited": 0, "amount_remaining": 9999 });
    assert_eq!(data["previous_attributes"], before);
    assert!(cloud.running.end().await);
}
