//! Metadata, as Stripe's: a change merges by key, and removes a key by `null` or an empty text, on every route that takes it.

use serde_json::{Value, json};
use testkit::{Call, World};
use utoipa::OpenApi;

use crate::generators::catalogue;

#[derive(OpenApi)]
struct Document;

/// The paths whose PATCH takes metadata.
fn routes() -> Vec<String> {
    let (_, document) =
        utoipa_axum::router::OpenApiRouter::<api::App>::with_openapi(Document::openapi())
            .merge(catalogue::all())
            .split_for_parts();
    let document = serde_json::to_value(document).unwrap();
    let takes_metadata = |operation: &Value| {
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        let name = schema["$ref"].as_str().unwrap_or_default();
        let name = name.rsplit('/').next().unwrap();
        let schema = &document["components"]["schemas"][name];
        schema["properties"].get("metadata").is_some()
    };
    let paths = document["paths"].as_object().unwrap().iter();
    let patched = paths.filter(|(_, item)| item.get("patch").is_some_and(takes_metadata));
    patched.map(|(path, _)| path.clone()).collect()
}

/// One record of each.
async fn records(api: &Call) -> Vec<(&'static str, String)> {
    let mut records = Vec::new();
    let metadata = json!({ "kept": "1", "set": "2", "gone": "3", "emptied": "4", "never": null, "nothing": "" });
    let mut make = async |route: &'static str, path: &str, mut body: Value| {
        body["metadata"] = metadata.clone();
        let answer = api.post(path, body).await;
        answer.expect(201);
        let id = answer.text_of("id").to_owned();
        records.push((route, format!("{path}/{id}")));
        id
    };
    let customer = json!({ "email": "a@example.com" });
    let customer = make("/v3/customers/{id}", "/v3/customers", customer).await;
    let plan =
        json!({ "id": "pro", "name": "Pro", "currency": "USD", "amount": 1, "interval": "month" });
    make("/v3/plans/{id}", "/v3/plans", plan).await;
    let coupon = json!({ "id": "off", "name": "Off", "percent_off": 1, "duration": "once" });
    make("/v3/coupons/{id}", "/v3/coupons", coupon).await;
    let rate = json!({ "display_name": "VAT", "percentage": 1 });
    make("/v3/tax-rates/{id}", "/v3/tax-rates", rate).await;
    let subscription = json!({ "customer_id": customer, "plan_id": "pro", "trial_period_days": 9 });
    make("/v3/subscriptions/{id}", "/v3/subscriptions", subscription).await;
    let line = json!({ "description": "Work", "quantity": 1, "unit_amount": 1 });
    let invoice = json!({ "customer_id": customer, "currency": "USD", "line_items": [line] });
    make("/v3/invoices/{id}", "/v3/invoices", invoice).await;
    let endpoint = json!({ "url": "https://example.com/hook", "events": ["*"] });
    make("/v3/webhooks/{id}", "/v3/webhooks", endpoint).await;
    records
}

#[tokio::test]
async fn a_change_of_metadata_merges_by_key_everywhere() {
    let world = World::new().await;
    let api = world.call(catalogue::all());
    let records = records(&api).await;
    let mut tried: Vec<&str> = records.iter().map(|(route, _)| *route).collect();
    tried.sort_unstable();
    assert_eq!(
        tried,
        routes(),
        "a route takes metadata and is not tried here"
    );
    for (_, path) in &records {
        let patch = async |metadata: Value| api.patch(path, json!({ "metadata": metadata })).await;
        let read = async || api.get(path).await.body["metadata"].clone();
        let first = json!({ "kept": "1", "set": "2", "gone": "3", "emptied": "4" });
        assert_eq!(read().await, first, "{path}");
        let change = json!({ "set": "9", "new": "5", "gone": null, "emptied": "", "absent": null });
        let merged = json!({ "kept": "1", "set": "9", "new": "5" });
        assert_eq!(
            patch(change).await.expect(200)["metadata"],
            merged,
            "{path}"
        );
        assert_eq!(patch(json!({})).await.expect(200)["metadata"], merged);
        let many: Value = (0..48).map(|n| (format!("k{n}"), json!("v"))).collect();
        let refused = patch(many).await;
        assert_eq!(
            (refused.status.as_u16(), refused.pointers()),
            (400, vec!["/metadata"]),
            "{path}"
        );
        let wrong = patch(json!({ "a": 1 })).await;
        assert_eq!(wrong.pointers(), ["/metadata"]);
        assert_eq!(read().await, merged);
        assert_eq!(patch(json!(null)).await.expect(200)["metadata"], json!({}));
    }
}
