//! Collection ends with what it was for, and the customer's balance is used at every attempt.

use serde_json::{Value, json};

use super::shop::Shop;

const DECLINED: &str = "4000000000000341";
const GOOD: &str = "4242424242424242";

/// A subscription for 30.00 whose renewal on 1 May was refused; and that invoice.
async fn past_due() -> (Shop, Value) {
    let mut shop = Shop::at("2026-04-01T00:00:00Z").await;
    shop.subscribe(json!({ "plan_id": "a" })).await;
    shop.pay_with(DECLINED).await;
    shop.to("2026-05-01T00:00:00Z").await;
    assert_eq!(shop.status().await, "past_due");
    let open = shop.invoices().await[1].clone();
    assert_eq!(open["next_payment_attempt"], "2026-05-04T00:00:00Z");
    (shop, open)
}

async fn invoice(shop: &Shop, like: &Value) -> Value {
    let path = format!("/v3/invoices/{}", like["id"].as_str().unwrap());
    shop.api().get(&path).await.expect(200).clone()
}

#[tokio::test]
async fn what_is_open_when_a_subscription_ends_is_charged_no_more_by_itself() {
    for (cancel, stops_at_once) in [
        (json!({}), true),
        (json!({ "prorate": true }), true),
        (json!({ "at_period_end": true }), false),
    ] {
        let (mut shop, open) = past_due().await;
        shop.api()
            .patch("/v3/billing-settings", json!({ "retry_days": [40, 60] }))
            .await
            .expect(200);
        shop.cancel(cancel.clone()).await;
        shop.pay_with(GOOD).await;
        let stopped = invoice(&shop, &open).await;
        assert_eq!(stopped["status"], "open", "{cancel}");
        if stops_at_once {
            assert_eq!(stopped["next_payment_attempt"], json!(null));
            shop.to("2026-09-01T00:00:00Z").await;
            let kept = invoice(&shop, &open).await;
            assert_eq!(
                (&kept["status"], &kept["amount_paid"]),
                (&json!("open"), &json!(0))
            );
            let path = format!("/v3/invoices/{}/pay", open["id"].as_str().unwrap());
            let paid = shop.api().post(&path, json!({})).await;
            assert_eq!(paid.expect(200)["status"], "paid");
        }
    }
}

#[tokio::test]
async fn an_invoice_whose_retry_comes_after_the_end_of_the_period_is_not_charged_then() {
    let mut shop = Shop::at("2026-04-01T00:00:00Z").await;
    let settings = json!({ "retry_days": [40] });
    let path = "/v3/billing-settings";
    shop.api().patch(path, settings).await.expect(200);
    shop.subscribe(json!({ "plan_id": "a" })).await;
    shop.pay_with(DECLINED).await;
    shop.to("2026-05-01T00:00:00Z").await;
    shop.cancel(json!({ "at_period_end": true })).await;
    shop.pay_with(GOOD).await;
    shop.to("2026-07-01T00:00:00Z").await;
    assert_eq!(shop.status().await, "canceled");
    let open = shop.invoices().await[1].clone();
    assert_eq!(
        (&open["status"], &open["next_payment_attempt"]),
        (&json!("open"), &json!(null))
    );
}

#[tokio::test]
async fn the_invoice_of_the_end_is_collected_as_any_other() {
    let mut shop = Shop::at("2026-04-01T00:00:00Z").await;
    shop.subscribe(json!({ "plan_id": "calls_10" })).await;
    shop.used("calls", 100).await;
    shop.to("2026-04-10T00:00:00Z").await;
    shop.pay_with(DECLINED).await;
    shop.cancel(json!({})).await;
    let last = shop.invoices().await[0].clone();
    assert_eq!(
        (&last["status"], &last["total"]),
        (&json!("open"), &json!(1_000))
    );
    shop.pay_with(GOOD).await;
    shop.to("2026-04-13T00:00:00Z").await;
    assert_eq!(invoice(&shop, &last).await["status"], "paid");
}

#[tokio::test]
async fn a_retry_takes_the_balance_first_and_charges_the_rest() {
    for (held, charged) in [(1_200, 1_800), (3_000, 0), (5_000, 0)] {
        for manual in [false, true] {
            let (mut shop, open) = past_due().await;
            // Another invoice gives to the balance.
            let gift = json!({
                "customer_id": shop.customer, "currency": "USD",
                "line_items": [{ "description": "Sorry", "quantity": 1, "unit_amount": -held }],
            });
            let gift = shop.api().post("/v3/invoices", gift).await;
            let path = format!("/v3/invoices/{}/finalize", gift.text_of("id"));
            shop.api().post(&path, json!({})).await.expect(200);
            assert_eq!(shop.balance().await, held);
            if charged > 0 {
                shop.pay_with(GOOD).await;
            }
            if manual {
                let path = format!("/v3/invoices/{}/pay", open["id"].as_str().unwrap());
                shop.api().post(&path, json!({})).await.expect(200);
            } else {
                shop.to("2026-05-04T00:00:00Z").await;
            }
            let paid = invoice(&shop, &open).await;
            assert_eq!(paid["status"], "paid", "{held} {manual}");
            assert_eq!(paid["balance_applied"], 3_000 - charged);
            assert_eq!(paid["amount_paid"], charged);
            assert_eq!(shop.balance().await, held - (3_000 - charged));
            assert_eq!(shop.status().await, "active");
            shop.explains().await;
        }
    }
}

#[tokio::test]
async fn an_amount_beyond_what_the_balance_leaves_is_refused_and_nothing_is_written() {
    let (shop, open) = past_due().await;
    let gift = json!({
        "customer_id": shop.customer, "currency": "USD",
        "line_items": [{ "description": "Sorry", "quantity": 1, "unit_amount": -1_000 }],
    });
    let gift = shop.api().post("/v3/invoices", gift).await;
    let path = format!("/v3/invoices/{}/finalize", gift.text_of("id"));
    shop.api().post(&path, json!({})).await.expect(200);
    shop.pay_with(GOOD).await;
    let before = shop.world.dump();
    let path = format!("/v3/invoices/{}/pay", open["id"].as_str().unwrap());
    let refused = shop.api().post(&path, json!({ "amount": 2_001 })).await;
    assert_eq!(refused.pointers(), ["/amount"]);
    assert_eq!(shop.world.dump(), before);
    let part = shop.api().post(&path, json!({ "amount": 500 })).await;
    assert_eq!(part.expect(200)["amount_remaining"], 1_500);
}
