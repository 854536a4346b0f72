//! Usage belongs to the price that it was used at, and to the time that it was used in.

use serde_json::{Value, json};

use super::shop::Shop;

#[tokio::test]
async fn what_was_used_before_the_price_changed_costs_the_price_before() {
    for moment in ["2026-04-16T00:00:00Z", "2026-04-01T00:00:00Z"] {
        let mut shop = Shop::at("2026-04-01T00:00:00Z").await;
        shop.subscribe(json!({ "plan_id": "calls_10" })).await;
        shop.used("calls", 100).await;
        shop.used("mails", 5).await;
        shop.to(moment).await;
        shop.change(json!({ "plan_id": "calls_20" })).await;
        shop.used("calls", 1).await;
        shop.used("mails", 2).await;
        // There and back within a second: nothing is billed twice.
        shop.change(json!({ "plan_id": "calls_10" })).await;
        shop.used("calls", 3).await;
        shop.to("2026-05-01T00:00:00Z").await;
        // Mails cost the same with both plans, and run on.
        assert_eq!(shop.totals().await, [1_000 + 20 + 30 + 7], "{moment}");
        let lines = shop.invoices().await[0]["line_items"].clone();
        assert_eq!(lines.as_array().unwrap().len(), 4);
        shop.explains().await;
    }
}

#[tokio::test]
async fn the_preview_of_another_price_says_what_is_charged() {
    let mut shop = Shop::at("2026-04-01T00:00:00Z").await;
    shop.subscribe(json!({ "plan_id": "calls_10" })).await;
    shop.used("calls", 100).await;
    shop.to("2026-04-16T00:00:00Z").await;
    let change = json!({ "plan_id": "calls_20" });
    let preview = shop.act("preview", change.clone()).await;
    assert_eq!(preview.expect(200)["next_invoice"]["total"], 1_000);
    shop.change(change).await;
    shop.to("2026-05-01T00:00:00Z").await;
    assert_eq!(shop.totals().await, [1_000]);
}

#[tokio::test]
async fn usage_before_the_subscription_is_refused_and_its_row_is_named() {
    let mut shop = Shop::at("2026-04-10T00:00:00Z").await;
    shop.subscribe(json!({ "plan_id": "calls_10" })).await;
    let row = |at: &str| json!({ "subscription_id": shop.id, "metric_name": "calls", "quantity": 1, "timestamp": at });
    let (before, begun) = (row("2026-04-09T23:59:59Z"), row("2026-04-10T00:00:00Z"));
    let dump = shop.world.dump();
    let single = shop.api().post("/v3/usage", before.clone()).await;
    assert_eq!(
        (single.status.as_u16(), single.pointers()),
        (400, vec!["/timestamp"])
    );
    let events = json!({ "events": [begun, before] });
    let batch = shop.api().post("/v3/usage/batch", events).await;
    assert_eq!(
        (batch.status.as_u16(), batch.pointers()),
        (400, vec!["/events/1/timestamp"])
    );
    assert_eq!(shop.world.dump(), dump);
    let begun = row("2026-04-10T00:00:00Z");
    shop.api().post("/v3/usage", begun).await.expect(201);
}

#[tokio::test]
async fn a_period_within_a_second_bills_what_was_used_in_it() {
    let mut shop = Shop::at("2026-04-01T00:00:00Z").await;
    shop.subscribe(json!({ "plan_id": "calls_10" })).await;
    shop.used("calls", 100).await;
    shop.cancel(json!({})).await;
    assert_eq!(shop.totals().await, [1_000]);
    let mut shop = Shop::at("2026-04-01T00:00:00Z").await;
    shop.subscribe(json!({ "plan_id": "calls_10" })).await;
    shop.used("calls", 100).await;
    shop.change(json!({ "billing_cycle_anchor": "now" })).await;
    shop.used("calls", 1).await;
    shop.cancel(json!({})).await;
    assert_eq!(shop.totals().await, [1_000, 10]);
}

/// Nobody sold it then.
#[tokio::test]
async fn what_was_used_before_a_plan_counted_it_is_not_billed() {
    let mut shop = Shop::at("2026-04-01T00:00:00Z").await;
    shop.subscribe(json!({ "plan_id": "a" })).await;
    shop.used("calls", 50).await;
    shop.to("2026-04-04T00:00:00Z").await;
    shop.change(json!({ "plan_id": "calls_10", "proration_behavior": "none" }))
        .await;
    shop.to("2026-04-05T00:00:00Z").await;
    shop.used("calls", 5).await;
    shop.to("2026-05-01T00:00:00Z").await;
    assert_eq!(shop.totals().await, [3_000, 50]);
    shop.explains().await;
}

fn calls(quantity: u32) -> Value {
    json!({ "metric_name": "calls", "quantity": quantity })
}

/// A caller's clock is ahead of ours. What it reports costs the price of its time, also after it was corrected.
#[tokio::test]
async fn what_is_used_after_the_price_changed_costs_the_new_price_though_it_was_reported_before() {
    let mut shop = Shop::at("2026-04-01T00:00:00Z").await;
    shop.subscribe(json!({ "plan_id": "calls_10" })).await;
    shop.to("2026-04-16T00:00:00Z").await;
    shop.used("calls", 100).await;
    shop.used_in(240, calls(7)).await;
    let gone = shop.used_in(200, calls(5)).await;
    let wrong = shop.used_in(100, calls(3)).await;
    let api = shop.api();
    let path = format!(
        "/v3/usage/{gone}?subscription_id={}&metric_name=calls",
        shop.id
    );
    api.delete(&path).await.expect(200);
    let change = json!({ "plan_id": "calls_20", "proration_behavior": "always_invoice" });
    let preview = shop.act("preview", change.clone()).await;
    let told = &preview.expect(200)["immediate_invoice"]["total"];
    assert_eq!(told, 1_000);
    shop.change(change).await;
    let path = format!("/v3/usage/{wrong}");
    let mut amended = calls(4);
    amended["subscription_id"] = json!(shop.id);
    api.patch(&path, amended).await.expect(200);
    shop.to("2026-04-16T00:10:00Z").await;
    shop.used("calls", 1).await;
    shop.to("2026-05-01T00:00:00Z").await;
    assert_eq!(shop.totals().await, [1_000, (7 + 4 + 1) * 20]);
    shop.explains().await;
}

#[tokio::test]
async fn each_aggregation_leaves_to_the_new_price_what_is_used_at_that() {
    for (aggregation, total) in [
        ("count", 10 + 2 * 20),
        ("max", 30 + 9 * 20),
        ("latest", 30 + 9 * 20),
        ("unique", 10 + 20),
    ] {
        let mut shop = Shop::at("2026-04-01T00:00:00Z").await;
        for (id, amount) in [("cheap", 10), ("dear", 20)] {
            let plan = json!({ "id": id, "name": id, "currency": "USD", "amount": 0, "interval": "month", "meters": [{
                "metric_name": "calls", "aggregation": aggregation, "pricing_model": "per_unit", "amount": amount,
            }] });
            shop.api().plan(plan).await;
        }
        shop.subscribe(json!({ "plan_id": "cheap" })).await;
        let used = |quantity: u32, value: &str| {
            let mut used = calls(quantity);
            if aggregation == "unique" {
                used["unique_value"] = json!(value);
            }
            used
        };
        shop.used_in(0, used(3, "a")).await;
        shop.used_in(240, used(9, "b")).await;
        shop.change(json!({ "plan_id": "dear" })).await;
        shop.used_in(1, used(2, "b")).await;
        shop.to("2026-05-01T00:00:00Z").await;
        assert_eq!(shop.totals().await, [total], "{aggregation}");
        shop.explains().await;
    }
}

#[tokio::test]
async fn nothing_that_was_used_is_lost_with_the_end() {
    for now in [true, false] {
        let mut shop = Shop::at("2026-04-01T00:00:00Z").await;
        shop.subscribe(json!({ "plan_id": "calls_10" })).await;
        shop.to("2026-04-30T23:58:00Z").await;
        shop.used_in(0, calls(1)).await;
        shop.used_in(60, calls(20)).await;
        // After the end of the period, and of what is told to end only now.
        shop.used_in(180, calls(300)).await;
        shop.cancel(json!({ "at_period_end": !now })).await;
        if !now {
            let late = shop.report_in(180, calls(1)).await;
            late.expect(400);
            assert_eq!(late.pointers(), ["/timestamp"]);
            shop.used_in(119, calls(4_000)).await;
        }
        shop.to("2026-05-01T00:00:00Z").await;
        let more = if now { 0 } else { 40_000 };
        assert_eq!(shop.totals().await, [3_210 + more]);
        assert_eq!(shop.status().await, "canceled");
        shop.explains().await;
    }
}

/// A change was begun, and what was used up to then closed for it; then it is dropped, and the subscription ends.
#[tokio::test]
async fn nothing_that_was_used_is_lost_with_a_change_that_is_dropped() {
    let mut shop = Shop::at("2026-04-01T00:00:00Z").await;
    shop.subscribe(json!({ "plan_id": "calls_10" })).await;
    shop.to("2026-04-16T00:00:00Z").await;
    shop.used_in(0, calls(1)).await;
    shop.used_in(240, calls(20)).await;
    shop.pay_with("4000000000000341").await;
    let change = json!({
        "plan_id": "c", "proration_behavior": "always_invoice", "payment_behavior": "pending_if_incomplete",
    });
    let waits = shop.change(change).await;
    assert!(waits["pending_update"].is_object());
    shop.pay_with("4242424242424242").await;
    shop.cancel(json!({})).await;
    let newest = shop.invoices().await.pop().unwrap();
    assert_eq!(
        (&newest["total"], &newest["status"]),
        (&json!(210), &json!("paid"))
    );
    shop.explains().await;
}

/// A change was refused in the same second: what is used after it has the price that still holds.
#[tokio::test]
async fn what_is_used_in_the_second_of_a_refused_change_has_the_price_before() {
    for (plan, behavior) in [("calls_20", "always_invoice"), ("a", "always_invoice")] {
        let mut shop = Shop::at("2026-04-01T00:00:00Z").await;
        shop.subscribe(json!({ "plan_id": "calls_10" })).await;
        shop.to("2026-04-16T00:00:00Z").await;
        shop.used("calls", 10).await;
        shop.pay_with("4000000000000341").await;
        let refused = json!({
            "plan_id": "c", "proration_behavior": "always_invoice", "payment_behavior": "error_if_incomplete",
        });
        let path = format!("/v3/subscriptions/{}", shop.id);
        shop.api().patch(&path, refused).await.expect(402);
        shop.pay_with("4242424242424242").await;
        shop.used("calls", 5).await;
        shop.change(json!({ "plan_id": plan, "proration_behavior": behavior }))
            .await;
        let lines = shop.invoices().await.pop().unwrap()["line_items"].clone();
        assert_eq!(lines[0]["amount"], 150, "{plan}: {lines}");
        shop.explains().await;
    }
}
