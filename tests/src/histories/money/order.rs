//! Lists are newest first, also within one second.

use serde_json::{Value, json};

use super::shop::Shop;

fn ids(list: &Value) -> Vec<String> {
    let data = list["data"].as_array().unwrap();
    data.iter()
        .map(|one| one["id"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn invoices_of_one_second_are_in_the_order_of_their_making() {
    let mut shop = Shop::at("2026-04-01T00:00:00Z").await;
    shop.subscribe(json!({ "plan_id": "a" })).await;
    for plan in ["b", "c", "a", "b"] {
        let change = json!({ "plan_id": plan, "proration_behavior": "always_invoice" });
        shop.change(change).await;
    }
    let line = json!({ "description": "Work", "quantity": 1, "unit_amount": 1 });
    let manual = json!({ "customer_id": shop.customer, "currency": "USD", "line_items": [line] });
    shop.api().post("/v3/invoices", manual).await.expect(201);
    shop.cancel(json!({ "prorate": true })).await;
    let first = shop.id.clone();
    shop.subscribe(json!({ "plan_id": "c" })).await;
    for path in [
        "/v3/invoices?limit=100".to_owned(),
        format!("/v3/invoices?customer_id={}&limit=100", shop.customer),
    ] {
        let list = shop.api().get(&path).await;
        let data = list.expect(200)["data"].as_array().unwrap().clone();
        let totals: Vec<i64> = data
            .iter()
            .map(|one| one["total"].as_i64().unwrap())
            .collect();
        assert_eq!(
            totals,
            [9_000, -6_000, 1, 3_000, -6_000, 3_000, 3_000, 3_000],
            "{path}"
        );
    }
    let path = format!("/v3/invoices?subscription_id={first}&limit=100");
    let list = shop.api().get(&path).await;
    assert_eq!(list.body["data"][0]["total"], -6_000);
    // Pages follow one another.
    let mut paged = Vec::new();
    let mut path = "/v3/invoices?limit=2".to_owned();
    loop {
        let page = shop.api().get(&path).await;
        paged.extend(ids(page.expect(200)));
        match page.body["next_cursor"].as_str() {
            Some(next) => path = format!("/v3/invoices?limit=2&cursor={next}"),
            None => break,
        }
    }
    let all = shop.api().get("/v3/invoices?limit=100").await;
    assert_eq!(paged, ids(&all.body));
}

#[tokio::test]
async fn a_renewal_stands_below_what_is_done_at_that_very_moment() {
    let mut shop = Shop::at("2026-04-01T00:00:00Z").await;
    shop.subscribe(json!({ "plan_id": "a" })).await;
    shop.to("2026-05-01T00:00:00Z").await;
    shop.cancel(json!({ "prorate": true })).await;
    let list = shop.api().get("/v3/invoices").await;
    let totals: Vec<i64> = list.body["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["total"].as_i64().unwrap())
        .collect();
    assert_eq!(totals, [-3_000, 3_000, 3_000]);
    let payments = shop.api().get("/v3/payments").await;
    let paid: Vec<&Value> = payments.body["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["invoice_id"])
        .collect();
    let invoices = ids(&list.body);
    assert_eq!(paid, [&json!(invoices[1]), &json!(invoices[2])]);
}
