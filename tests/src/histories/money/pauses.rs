//! A pause of the service keeps what is owed, and what was said before it.

use serde_json::json;

use super::shop::Shop;

#[tokio::test]
async fn what_was_used_before_a_pause_is_billed() {
    for end in ["resume", "cancel"] {
        let mut shop = Shop::at("2026-04-01T00:00:00Z").await;
        shop.subscribe(json!({ "plan_id": "calls_10" })).await;
        shop.used("calls", 100).await;
        shop.to("2026-04-10T00:00:00Z").await;
        shop.act("pause", json!({})).await.expect(200);
        shop.to("2026-05-20T00:00:00Z").await;
        shop.act(end, json!({})).await.expect(200);
        assert_eq!(shop.totals().await, [1_000], "{end}");
        shop.to("2026-07-20T00:00:00Z").await;
        assert_eq!(shop.totals().await, [1_000], "{end}");
    }
}

#[tokio::test]
async fn lines_that_wait_are_billed_though_the_service_is_paused() {
    for prorate in [false, true] {
        let mut shop = Shop::at("2026-04-01T00:00:00Z").await;
        shop.subscribe(json!({ "plan_id": "a" })).await;
        shop.to("2026-04-16T00:00:00Z").await;
        shop.change(json!({ "plan_id": "b" })).await;
        shop.act("pause", json!({})).await.expect(200);
        shop.cancel(json!({ "prorate": prorate })).await;
        let last = if prorate { -1_500 } else { 1_500 };
        assert_eq!(shop.totals().await, [3_000, last]);
        shop.explains().await;
    }
    let mut shop = Shop::at("2026-04-01T00:00:00Z").await;
    shop.subscribe(json!({ "plan_id": "a" })).await;
    shop.to("2026-04-16T00:00:00Z").await;
    shop.change(json!({ "plan_id": "b" })).await;
    shop.act("pause", json!({})).await.expect(200);
    shop.to("2026-06-16T00:00:00Z").await;
    assert_eq!(shop.totals().await, [3_000, 1_500]);
    assert_eq!(shop.status().await, "paused");
}

#[tokio::test]
async fn what_is_left_of_a_paused_period_comes_back() {
    let mut shop = Shop::at("2026-04-01T00:00:00Z").await;
    shop.subscribe(json!({ "plan_id": "a" })).await;
    shop.to("2026-04-16T00:00:00Z").await;
    shop.act("pause", json!({})).await.expect(200);
    shop.cancel(json!({ "prorate": true })).await;
    assert_eq!(shop.balance().await, 1_500);
    shop.explains().await;
}

#[tokio::test]
async fn a_resumption_that_begins_a_period_credits_the_rest_of_the_one_before() {
    for (fields, totals) in [
        (json!({}), vec![3_000, 1_500]),
        (json!({ "proration_behavior": "none" }), vec![3_000, 3_000]),
        (json!({ "billing_cycle_anchor": "unchanged" }), vec![3_000]),
    ] {
        let mut shop = Shop::at("2026-04-01T00:00:00Z").await;
        shop.subscribe(json!({ "plan_id": "a" })).await;
        shop.to("2026-04-10T00:00:00Z").await;
        shop.act("pause", json!({})).await.expect(200);
        shop.to("2026-04-16T00:00:00Z").await;
        let resumed = shop.act("resume", fields.clone()).await;
        assert_eq!(resumed.expect(200)["status"], "active");
        assert_eq!(shop.totals().await, totals, "{fields}");
        shop.explains().await;
    }
}

#[tokio::test]
async fn a_pause_that_ends_by_itself_credits_the_same() {
    let mut shop = Shop::at("2026-04-01T00:00:00Z").await;
    shop.subscribe(json!({ "plan_id": "a" })).await;
    let until = json!({ "resumes_at": "2026-04-16T00:00:00Z" });
    shop.act("pause", until).await.expect(200);
    shop.to("2026-04-20T00:00:00Z").await;
    assert_eq!(shop.status().await, "active");
    assert_eq!(shop.totals().await, [3_000, 1_500]);
}

#[tokio::test]
async fn one_that_was_to_end_ends_with_its_period() {
    let mut shop = Shop::at("2026-04-01T00:00:00Z").await;
    shop.subscribe(json!({ "plan_id": "a" })).await;
    shop.change(json!({ "cancel_at_period_end": true })).await;
    shop.act("pause", json!({})).await.expect(200);
    shop.to("2026-05-02T00:00:00Z").await;
    assert_eq!(shop.status().await, "canceled");
    let refused = shop.act("resume", json!({})).await;
    assert_eq!(refused.text_of("code"), "subscription_ended");
    assert_eq!(shop.totals().await, [3_000]);
}

#[tokio::test]
async fn the_state_before_the_pause_comes_back() {
    for (after, status) in [("past_due", "past_due"), ("unpaid", "unpaid")] {
        let mut shop = Shop::at("2026-04-01T00:00:00Z").await;
        let settings = json!({ "retry_days": [1], "after_retries": after });
        let path = "/v3/billing-settings";
        shop.api().patch(path, settings).await.expect(200);
        shop.subscribe(json!({ "plan_id": "a" })).await;
        shop.pay_with("4000000000000341").await;
        shop.to("2026-05-04T00:00:00Z").await;
        assert_eq!(shop.status().await, status);
        let paused = shop.act("pause", json!({})).await;
        assert_eq!(paused.expect(200)["status"], "paused");
        let unchanged = json!({ "billing_cycle_anchor": "unchanged" });
        let resumed = shop.act("resume", unchanged.clone()).await;
        assert_eq!(resumed.expect(200)["status"], status);
        // What is paid during the pause heals it.
        shop.act("pause", json!({})).await.expect(200);
        shop.pay_with("4242424242424242").await;
        let open = shop.invoices().await[1]["id"].as_str().unwrap().to_owned();
        let path = format!("/v3/invoices/{open}/pay");
        shop.api().post(&path, json!({})).await.expect(200);
        assert_eq!(shop.status().await, "paused");
        let resumed = shop.act("resume", unchanged).await;
        assert_eq!(resumed.expect(200)["status"], "active");
    }
}

#[tokio::test]
async fn a_trial_goes_on_after_a_pause() {
    let mut shop = Shop::at("2026-04-01T00:00:00Z").await;
    shop.subscribe(json!({ "plan_id": "a", "trial_period_days": 14 }))
        .await;
    shop.act("pause", json!({})).await.expect(200);
    shop.to("2026-04-10T00:00:00Z").await;
    let resumed = shop.act("resume", json!({})).await;
    assert_eq!(resumed.expect(200)["status"], "trialing");
    shop.act("pause", json!({})).await.expect(200);
    shop.to("2026-04-20T00:00:00Z").await;
    assert_eq!(shop.totals().await, Vec::<i64>::new());
    let resumed = shop.act("resume", json!({})).await;
    assert_eq!(resumed.expect(200)["status"], "active");
    assert_eq!(shop.totals().await, [3_000]);
}

#[tokio::test]
async fn another_plan_during_a_pause_is_prorated() {
    let mut shop = Shop::at("2026-04-01T00:00:00Z").await;
    shop.subscribe(json!({ "plan_id": "a" })).await;
    shop.to("2026-04-16T00:00:00Z").await;
    shop.act("pause", json!({})).await.expect(200);
    let change = json!({ "plan_id": "b", "proration_behavior": "always_invoice" });
    let changed = shop.change(change).await;
    assert_eq!(changed["status"], "paused");
    assert_eq!(shop.totals().await, [3_000, 1_500]);
    let restart = json!({ "billing_cycle_anchor": "now" });
    let path = format!("/v3/subscriptions/{}", shop.id);
    let refused = shop.api().patch(&path, restart).await;
    assert_eq!(refused.text_of("code"), "invalid_subscription_status");
}

#[tokio::test]
async fn usage_of_a_paused_service_is_billed_when_it_is_resumed() {
    let mut shop = Shop::at("2026-04-01T00:00:00Z").await;
    shop.subscribe(json!({ "plan_id": "calls_10" })).await;
    shop.used("calls", 100).await;
    shop.act("pause", json!({})).await.expect(200);
    shop.to("2026-05-10T00:00:00Z").await;
    assert_eq!(shop.totals().await, [1_000]);
    shop.used("calls", 7).await;
    shop.to("2026-05-20T00:00:00Z").await;
    shop.act("resume", json!({})).await.expect(200);
    shop.used("calls", 3).await;
    shop.to("2026-06-20T00:00:00Z").await;
    assert_eq!(shop.totals().await, [1_000, 70, 30]);
}

/// Whatever takes its place in a pause whose period has ended: it is billed at the price at which it was used.
#[tokio::test]
async fn what_is_used_in_a_pause_is_billed_once_whatever_takes_its_place() {
    let mut shop = Shop::at("2026-04-01T00:00:00Z").await;
    shop.subscribe(json!({ "plan_id": "calls_10" })).await;
    shop.to("2026-04-04T00:00:00Z").await;
    shop.act("pause", json!({})).await.expect(200);
    shop.to("2026-05-14T00:00:00Z").await;
    shop.used("calls", 30).await;
    for plan in ["calls_20", "calls_10", "calls_20"] {
        shop.change(json!({ "plan_id": plan })).await;
    }
    shop.used("calls", 40).await;
    shop.act("resume", json!({})).await.expect(200);
    let totals: i64 = shop.totals().await.iter().sum();
    assert_eq!(totals, 30 * 10 + 40 * 20);
    shop.explains().await;
}

/// What is scheduled for the end of the period has its price from then on, though the service is paused.
#[tokio::test]
async fn a_scheduled_change_takes_place_in_a_pause() {
    for (from, to, totals) in [
        ("calls_10", "calls_20", vec![1_000, 100]),
        ("a", "calls_20", vec![3_000, 100]),
        ("calls_10", "a", vec![1_000, 3_000]),
    ] {
        let mut shop = Shop::at("2026-04-01T00:00:00Z").await;
        shop.subscribe(json!({ "plan_id": from })).await;
        let later = json!({ "plan_id": to, "effective": "period_end" });
        shop.change(later).await;
        shop.used("calls", 100).await;
        shop.act("pause", json!({})).await.expect(200);
        shop.to("2026-05-10T00:00:00Z").await;
        let path = format!("/v3/subscriptions/{}", shop.id);
        let changed = shop.api().get(&path).await;
        assert_eq!(changed.expect(200)["plan_id"], to);
        assert_eq!(
            (&changed.body["scheduled_change"], &changed.body["status"]),
            (&json!(null), &json!("paused"))
        );
        shop.used("calls", 5).await;
        shop.to("2026-05-20T00:00:00Z").await;
        shop.act("resume", json!({})).await.expect(200);
        assert_eq!(shop.totals().await, totals, "{from} {to}");
        shop.explains().await;
    }
}

/// Its period has ended when the change is scheduled: it takes place with the resumption, and reaches nothing before that.
#[tokio::test]
async fn a_change_that_is_scheduled_after_the_period_of_a_pause_waits_for_its_end() {
    let mut shop = Shop::at("2026-04-01T00:00:00Z").await;
    shop.subscribe(json!({ "plan_id": "a" })).await;
    shop.act("pause", json!({})).await.expect(200);
    shop.to("2026-05-10T00:00:00Z").await;
    shop.used("calls", 5).await;
    shop.to("2026-05-11T00:00:00Z").await;
    let later = json!({ "plan_id": "calls_20", "effective": "period_end" });
    let scheduled = shop.change(later).await;
    assert_eq!(scheduled["plan_id"], "a");
    shop.to("2026-05-12T00:00:00Z").await;
    shop.act("resume", json!({})).await.expect(200);
    shop.used("calls", 3).await;
    shop.to("2026-06-12T00:00:00Z").await;
    assert_eq!(shop.totals().await, [3_000, 60]);
    shop.explains().await;
}
