//! A credit is a part of a line that was billed, whatever the subscription costs by now.

use serde_json::{Value, json};

use super::shop::Shop;

/// The change is billed at once.
fn at_once(mut change: Value) -> Value {
    change["proration_behavior"] = json!("always_invoice");
    change
}

#[tokio::test]
async fn the_time_before_the_anchor_is_credited_as_it_was_charged() {
    let mut shop = Shop::at("2026-01-30T00:00:00Z").await;
    let anchor = "2026-02-01T00:00:00Z";
    shop.subscribe(json!({ "plan_id": "thirty_one", "billing_cycle_anchor": anchor }))
        .await;
    assert_eq!(shop.totals().await, [200]);
    shop.to("2026-01-30T00:00:01Z").await;
    shop.cancel(json!({ "prorate": true })).await;
    assert_eq!(shop.totals().await, [200, -200]);
    assert_eq!(shop.balance().await, 200);
    shop.explains().await;
}

#[tokio::test]
async fn a_seat_more_before_the_anchor_costs_its_part_of_the_whole_interval() {
    let mut shop = Shop::at("2026-01-02T00:00:00Z").await;
    let anchor = "2026-02-01T00:00:00Z";
    shop.subscribe(json!({ "plan_id": "seats", "billing_cycle_anchor": anchor }))
        .await;
    shop.to("2026-01-22T00:00:00Z").await;
    shop.change(at_once(json!({ "quantity": 2 }))).await;
    assert_eq!(shop.totals().await, [3_000, 1_000]);
    shop.to("2026-02-01T00:00:00Z").await;
    assert_eq!(shop.totals().await, [3_000, 1_000, 6_200]);
    shop.explains().await;
}

#[tokio::test]
async fn what_a_coupon_had_taken_is_not_given_back_and_what_it_had_not_is() {
    let mut shop = Shop::at("2026-04-01T00:00:00Z").await;
    let coupon = json!({ "id": "half", "name": "Half", "percent_off": 50, "duration": "once" });
    shop.api().post("/v3/coupons", coupon).await.expect(201);
    shop.subscribe(json!({ "plan_id": "a", "coupon_id": "half" }))
        .await;
    shop.to("2026-04-11T00:00:00Z").await;
    shop.change(at_once(json!({ "plan_id": "b" }))).await;
    shop.to("2026-04-16T00:00:00Z").await;
    shop.change(at_once(json!({ "plan_id": "c" }))).await;
    // 15 paid; 20 of 30 days of it back and 40 charged; 15 of 20 days of these back and 45 charged.
    assert_eq!(shop.totals().await, [1_500, 3_000, 1_500]);
    shop.explains().await;
}

#[tokio::test]
async fn a_credit_has_the_taxes_of_what_it_credits() {
    for (taxed_before, rates_after, back) in [(true, vec![], 14_400), (false, vec!["vat"], 12_000)]
    {
        let mut shop = Shop::at("2026-04-01T00:00:00Z").await;
        let rate = json!({ "display_name": "VAT", "percentage": 20 });
        let rate = shop.api().post("/v3/tax-rates", rate).await;
        let rate = rate.text_of("id");
        let before = if taxed_before {
            json!([rate])
        } else {
            json!([])
        };
        shop.subscribe(json!({ "plan_id": "one_twenty", "tax_rate_ids": before }))
            .await;
        let after: Vec<_> = rates_after.iter().map(|_| rate).collect();
        shop.change(json!({ "tax_rate_ids": after })).await;
        shop.cancel(json!({ "prorate": true })).await;
        assert_eq!(shop.balance().await, back);
        shop.explains().await;
    }
}

#[tokio::test]
async fn a_plan_that_was_never_charged_gives_back_what_was_paid_for_the_one_before() {
    let mut shop = Shop::at("2026-04-01T00:00:00Z").await;
    shop.subscribe(json!({ "plan_id": "a" })).await;
    shop.to("2026-04-16T00:00:00Z").await;
    shop.change(json!({ "plan_id": "c", "proration_behavior": "none" }))
        .await;
    shop.cancel(json!({ "prorate": true })).await;
    assert_eq!(shop.totals().await, [3_000, -1_500]);
    let credit = &shop.invoices().await[1]["line_items"][0];
    assert_eq!(credit["description"], "Unused time on a after 2026-04-15");
    shop.explains().await;
}

#[tokio::test]
async fn what_waits_for_its_invoice_is_shortened_and_not_credited() {
    let mut shop = Shop::at("2026-04-01T00:00:00Z").await;
    let coupon = json!({ "id": "half", "name": "Half", "percent_off": 50, "duration": "forever" });
    shop.api().post("/v3/coupons", coupon).await.expect(201);
    shop.subscribe(json!({ "plan_id": "a", "coupon_id": "half" }))
        .await;
    shop.to("2026-04-11T00:00:00Z").await;
    shop.change(json!({ "plan_id": "b" })).await;
    shop.to("2026-04-21T00:00:00Z").await;
    shop.change(json!({ "plan_id": "c" })).await;
    shop.to("2026-05-01T00:00:00Z").await;
    // Back 10.00 of the 15.00; half of 20.00 for ten days of b, of 30.00 for ten days of c, and of 90.00 for May.
    assert_eq!(shop.totals().await, [1_500, 6_000]);
    shop.explains().await;
}

#[tokio::test]
async fn of_a_line_that_a_credit_note_took_off_only_the_rest_comes_back() {
    let mut shop = Shop::at("2026-04-01T00:00:00Z").await;
    shop.subscribe(json!({ "plan_id": "a" })).await;
    let invoice = shop.invoices().await[0]["id"].clone();
    let note = json!({ "invoice_id": invoice, "amount": 2_500 });
    shop.api().post("/v3/credit-notes", note).await.expect(201);
    shop.to("2026-04-16T00:00:00Z").await;
    shop.cancel(json!({ "prorate": true })).await;
    assert_eq!(shop.totals().await, [3_000, -500]);
    assert_eq!(shop.balance().await, 3_000);
    // And nothing is left for another note.
    let note = json!({ "invoice_id": invoice, "amount": 1 });
    let refused = shop.api().post("/v3/credit-notes", note).await;
    assert_eq!(refused.text_of("code"), "nothing_to_credit");
    shop.explains().await;
}

#[tokio::test]
async fn of_a_void_invoice_nothing_comes_back() {
    let mut shop = Shop::at("2026-04-01T00:00:00Z").await;
    shop.subscribe(json!({ "plan_id": "a" })).await;
    shop.pay_with("4000000000000341").await;
    shop.to("2026-05-01T00:00:00Z").await;
    let renewal = shop.invoices().await[1].clone();
    assert_eq!(renewal["status"], "open");
    let path = format!("/v3/invoices/{}/void", renewal["id"].as_str().unwrap());
    shop.api().post(&path, json!({})).await.expect(200);
    shop.cancel(json!({ "prorate": true })).await;
    assert_eq!((shop.invoices().await.len(), shop.balance().await), (2, 0));
}

#[tokio::test]
async fn eleven_changes_of_seats_wait_for_the_end_of_the_period() {
    let mut shop = Shop::at("2026-04-01T00:00:00Z").await;
    shop.subscribe(json!({ "plan_id": "seats" })).await;
    for day in 2..=30 {
        shop.to(&format!("2026-04-{day:02}T00:00:00Z")).await;
        shop.change(json!({ "quantity": 1 + day })).await;
    }
    assert_eq!(shop.totals().await, [3_100]);
    shop.to("2026-05-01T00:00:00Z").await;
    let days: i64 = (2..=30).map(|day| 1 + day).sum();
    // Whole days of seats, the first of April as it was paid, and May.
    let april = (i64::from(3_100) * days + 15) / 30;
    let charged = shop.totals().await[1];
    let want = april - 3_100 * 29 / 30 + 31 * 3_100;
    assert!((charged - want).abs() <= 30, "{charged} and not {want}");
    shop.explains().await;
}

#[tokio::test]
async fn too_many_lines_are_refused_and_nothing_is_charged() {
    let mut shop = Shop::at("2026-04-01T00:00:00Z").await;
    shop.subscribe(json!({ "plan_id": "seats" })).await;
    let path = format!("/v3/subscriptions/{}", shop.id);
    let mut refused = None;
    for minute in 1..200 {
        let moment = format!("2026-04-02T{:02}:{:02}:00Z", minute / 60, minute % 60);
        shop.to(&moment).await;
        let change = json!({ "quantity": 1 + minute % 7 });
        let answer = shop.api().patch(&path, change).await;
        if answer.status != 200 {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.unwrap();
    assert_eq!(refused.text_of("code"), "too_many_pending_lines");
    assert_eq!(shop.totals().await, [3_100]);
    let at_once = at_once(json!({ "quantity": 50 }));
    shop.change(at_once).await;
    assert_eq!(shop.invoices().await.len(), 2);
}

#[tokio::test]
async fn a_change_is_not_worked_out_for_a_moment_before_the_last_one() {
    let mut shop = Shop::at("2026-04-01T00:00:00Z").await;
    shop.subscribe(json!({ "plan_id": "a" })).await;
    shop.to("2026-04-16T00:00:00Z").await;
    shop.change(at_once(json!({ "plan_id": "b" }))).await;
    let path = format!("/v3/subscriptions/{}", shop.id);
    let earlier = json!({ "plan_id": "c", "proration_date": "2026-04-11T00:00:00Z" });
    let refused = shop.api().patch(&path, earlier).await;
    assert_eq!(
        (refused.status.as_u16(), refused.pointers()),
        (400, vec!["/proration_date"])
    );
}

#[tokio::test]
async fn a_scheduled_downgrade_survives_a_change_of_the_quantity_alone() {
    let mut shop = Shop::at("2026-04-01T00:00:00Z").await;
    let mut big = json!({ "id": "big", "name": "Big", "currency": "USD", "amount": 5_000, "interval": "month" });
    big["pricing_model"] = json!("per_unit");
    shop.api().plan(big).await;
    shop.subscribe(json!({ "plan_id": "big", "quantity": 2 }))
        .await;
    shop.change(json!({ "plan_id": "seats", "quantity": 2, "effective": "period_end" }))
        .await;
    let changed = shop
        .change(json!({ "quantity": 3, "proration_behavior": "none" }))
        .await;
    assert_eq!(changed["scheduled_change"]["items"][0]["quantity"], 3);
    let path = format!("/v3/subscriptions/{}", shop.id);
    let refused = shop
        .api()
        .patch(&path, json!({ "plan_id": "a", "quantity": 1 }))
        .await;
    assert_eq!(
        (refused.status.as_u16(), refused.text_of("code")),
        (409, "change_already_scheduled")
    );
    shop.to("2026-05-01T00:00:00Z").await;
    assert_eq!(shop.totals().await, [10_000, 9_300]);
    // It is dropped by name, or by asking for what there is.
    for drop in [
        json!({ "scheduled_change": null }),
        json!({ "plan_id": "seats", "effective": "period_end" }),
    ] {
        shop.change(json!({ "plan_id": "big", "effective": "period_end" }))
            .await;
        let dropped = shop.change(drop).await;
        assert_eq!(dropped["scheduled_change"], json!(null));
    }
    let named = json!({ "scheduled_change": {} });
    let refused = shop.api().patch(&path, named).await;
    assert_eq!(refused.pointers(), ["/scheduled_change"]);
}
