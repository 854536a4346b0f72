//! Collection ends with what it was for, and the customer's balance is used at every attempt.

use serde_json::{Value, json};

use testkit::Fault;

use super::shop::Shop;

const DECLINED: &str = "4000000000000341";
const GOOD: &str = testkit::GOOD_CARD;

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

/// More invoices are open than a subscription carries itself.
#[tokio::test]
async fn all_that_are_open_are_charged_no_more_however_many_there_are() {
    let mut shop = Shop::at("2026-04-01T00:00:00Z").await;
    let api = shop.api();
    let daily = json!({ "id": "daily", "name": "Daily", "currency": "USD", "amount": 100, "interval": "day" });
    api.plan(daily).await;
    let settings = json!({ "retry_days": [40], "after_retries": "past_due" });
    let path = "/v3/billing-settings";
    api.patch(path, settings).await.expect(200);
    shop.subscribe(json!({ "plan_id": "daily" })).await;
    shop.pay_with(DECLINED).await;
    shop.to("2026-05-05T12:00:00Z").await;
    shop.cancel(json!({})).await;
    let invoices = shop.invoices().await;
    let open = invoices.iter().filter(|one| one["status"] == "open");
    assert_eq!(open.count(), 34);
    for invoice in invoices {
        assert_eq!(invoice["next_payment_attempt"], json!(null));
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

/// Two invoices are open, and the retry of the older one comes after the end of the period.
async fn two_open() -> Shop {
    let mut shop = Shop::at("2026-04-01T00:00:00Z").await;
    let settings = json!({ "retry_days": [40, 60] });
    let path = "/v3/billing-settings";
    shop.api().patch(path, settings).await.expect(200);
    shop.subscribe(json!({ "plan_id": "a" })).await;
    shop.pay_with(DECLINED).await;
    shop.to("2026-06-01T00:00:00Z").await;
    assert_eq!(
        attempts(&shop).await,
        ["2026-06-10T00:00:00Z", "2026-07-11T00:00:00Z"]
    );
    shop
}

/// The next attempts at open invoices.
async fn attempts(shop: &Shop) -> Vec<Value> {
    let invoices = shop.invoices().await.into_iter();
    let open = invoices.filter(|invoice| invoice["status"] == "open");
    open.map(|invoice| invoice["next_payment_attempt"].clone())
        .collect()
}

#[tokio::test]
async fn whatever_ends_a_subscription_ends_the_collection_of_all_that_is_open() {
    for way in ["now", "prorate", "period", "customer", "retries"] {
        let mut shop = two_open().await;
        match way {
            "now" => shop.cancel(json!({})).await,
            "prorate" => shop.cancel(json!({ "prorate": true })).await,
            "period" => {
                shop.cancel(json!({ "at_period_end": true })).await;
                shop.to("2026-07-01T00:00:00Z").await;
            }
            "customer" => {
                let path = format!("/v3/customers/{}", shop.customer);
                shop.api().delete(&path).await.expect(200);
            }
            _ => shop.to("2026-08-10T00:00:00Z").await,
        }
        assert_eq!(shop.status().await, "canceled", "{way}");
        let open = attempts(&shop).await;
        assert!(
            open.len() > 1 && open.iter().all(Value::is_null),
            "{way}: {open:?}"
        );
        let asked = shop.world.sandbox.asked().len();
        shop.to("2026-12-01T00:00:00Z").await;
        assert_eq!(shop.world.sandbox.asked().len(), asked, "{way}");
    }
}

/// What came of it: invoices, payments, balance, and how often each payment was asked for.
async fn books(shop: &Shop) -> Value {
    let names = [
        "status",
        "total",
        "amount_paid",
        "balance_applied",
        "attempt_count",
        "next_payment_attempt",
    ];
    let invoices = shop.invoices().await.into_iter();
    let invoices: Vec<Value> = invoices
        .map(|invoice| json!(names.map(|name| invoice[name].clone())))
        .collect();
    let payments = shop.api().get("/v3/payments").await.body["data"].clone();
    let payments = payments.as_array().unwrap().iter();
    let payments: Vec<Value> = payments
        .map(|payment| json!([payment["status"], payment["amount"]]))
        .collect();
    let asked = shop.world.sandbox.asked().len();
    json!([
        shop.status().await,
        invoices,
        payments,
        shop.balance().await,
        asked
    ])
}

/// 90.00 were paid for April. On the 6th a plan for 30.00 took the place of that, and half of April is over.
async fn to_be_canceled() -> Shop {
    let mut shop = Shop::at("2026-04-01T00:00:00Z").await;
    shop.subscribe(json!({ "plan_id": "c" })).await;
    shop.to("2026-04-06T00:00:00Z").await;
    shop.change(json!({ "plan_id": "a", "proration_behavior": "create_prorations" }))
        .await;
    shop.to("2026-04-16T00:00:00Z").await;
    shop
}

#[tokio::test]
async fn a_cancellation_gives_back_once_wherever_its_caller_dies() {
    let cancel = async |shop: &Shop| {
        let path = format!("/v3/subscriptions/{}/cancel", shop.id);
        let api = shop.api().idempotent("k");
        api.post(&path, json!({ "prorate": true })).await
    };
    let shop = to_be_canceled().await;
    shop.world.meter.fault(None);
    cancel(&shop).await.expect(200);
    let calls = shop.world.meter.calls();
    let want = books(&shop).await;
    // 75.00 of the plan that left, less ten days of the one that took its place.
    assert_eq!(want[3], 7_500 - 1_000, "{want}");
    for (place, fault) in Fault::everywhere(calls).enumerate() {
        let mut shop = to_be_canceled().await;
        shop.world.meter.fault(Some(fault));
        drop(cancel(&shop).await);
        shop.world.meter.fault(None);
        // A worker comes first, or the caller does.
        let then = if place % 2 == 1 {
            "00:05:00"
        } else {
            "00:00:40"
        };
        shop.to(&format!("2026-04-16T{then}Z")).await;
        let again = cancel(&shop).await;
        assert_eq!(again.expect(200)["status"], "canceled", "{fault:?}");
        assert_eq!(books(&shop).await, want, "{fault:?}");
    }
}

/// A renewal of 30.00 that was refused on 1 May, a balance of 12.00 since then, and a good card.
async fn to_be_retried() -> (Shop, String) {
    let (mut shop, open) = past_due().await;
    let gift = json!({
        "customer_id": shop.customer, "currency": "USD",
        "line_items": [{ "description": "Sorry", "quantity": 1, "unit_amount": -1_200 }],
    });
    let gift = shop.api().post("/v3/invoices", gift).await;
    let path = format!("/v3/invoices/{}/finalize", gift.text_of("id"));
    shop.api().post(&path, json!({})).await.expect(200);
    shop.pay_with(GOOD).await;
    shop.to("2026-05-03T00:00:00Z").await;
    (shop, open["id"].as_str().unwrap().to_owned())
}

/// The retry by a process with that fault, and what everybody else does then. Returns the calls of that process.
async fn retried(fault: Option<Fault>) -> (Value, u64) {
    let (mut shop, open) = to_be_retried().await;
    let process = shop.world.process(99);
    process.meter.fault(fault);
    let at = "2026-05-04T00:00:00Z".parse().unwrap();
    let context = process.app.scheduled(shop.world.ours.test(), Some(at));
    let done = operations::run_invoice(&context, open.parse().unwrap(), at).await;
    assert!(fault.is_some() || done.is_ok());
    shop.to("2026-05-05T00:00:00Z").await;
    (books(&shop).await, process.meter.calls())
}

#[tokio::test]
async fn a_retry_takes_balance_and_card_once_wherever_its_worker_dies() {
    let (want, calls) = retried(None).await;
    assert!(calls > 8, "only {calls} calls");
    for fault in Fault::everywhere(calls) {
        assert_eq!(retried(Some(fault)).await.0, want, "{fault:?}");
    }
}

/// What an invoice gave back is the customer's on the invoice before it, once it is void: nobody pays twice for the same time.
#[tokio::test]
async fn what_a_void_invoice_gave_back_was_not_given_back() {
    for end in ["back", "cancel", "note"] {
        let mut shop = Shop::at("2026-04-01T00:00:00Z").await;
        shop.subscribe(json!({ "plan_id": "a" })).await;
        shop.to("2026-04-16T00:00:00Z").await;
        shop.pay_with(DECLINED).await;
        let to = |plan: &str| json!({ "plan_id": plan, "proration_behavior": "always_invoice" });
        shop.change(to("b")).await;
        let invoices = shop.invoices().await;
        let path = format!("/v3/invoices/{}/void", invoices[1]["id"].as_str().unwrap());
        shop.api().post(&path, json!({})).await.expect(200);
        shop.pay_with(GOOD).await;
        match end {
            "back" => {
                shop.change(to("a")).await;
                assert_eq!(shop.totals().await, [3_000, 1_500, 0]);
            }
            "cancel" => {
                shop.cancel(json!({ "prorate": true })).await;
                assert_eq!(shop.balance().await, 1_500);
            }
            _ => {
                let note = json!({ "invoice_id": invoices[0]["id"], "amount": 3_000 });
                let noted = shop.api().post("/v3/credit-notes", note).await;
                noted.expect(201);
            }
        }
        shop.explains().await;
    }
}

/// The same where the void invoice began a new period.
#[tokio::test]
async fn a_period_that_was_cut_short_for_nothing_is_given_back_once() {
    let mut shop = Shop::at("2026-04-01T00:00:00Z").await;
    shop.subscribe(json!({ "plan_id": "a" })).await;
    shop.to("2026-04-11T00:00:00Z").await;
    shop.pay_with(DECLINED).await;
    let anew = json!({ "billing_cycle_anchor": "now", "proration_behavior": "always_invoice" });
    shop.change(anew).await;
    let open = shop.invoices().await[1]["id"].as_str().unwrap().to_owned();
    let path = format!("/v3/invoices/{open}/void");
    shop.api().post(&path, json!({})).await.expect(200);
    shop.to("2026-04-16T00:00:00Z").await;
    shop.cancel(json!({ "prorate": true })).await;
    assert_eq!(shop.balance().await, 1_500);
    shop.explains().await;
}
