//! `payment_behavior`: what becomes of a new subscription, and of a change, whose payment is not made.

use serde_json::{Value, json};
use testkit::{Answer, Fault};

use super::shop::Shop;
const DECLINED: &str = "4000000000000341";
const GOOD: &str = testkit::GOOD_CARD;

async fn coupon(shop: &Shop) {
    let coupon = json!({ "id": "ten", "name": "Ten", "percent_off": 10, "duration": "once" });
    let made = shop.api().post("/v3/coupons", coupon).await;
    made.expect(201);
}

async fn redeemed(shop: &Shop) -> Value {
    let coupon = shop.api().get("/v3/coupons/ten").await;
    coupon.expect(200)["times_redeemed"].clone()
}

async fn payments(shop: &Shop) -> Vec<Value> {
    let payments = shop.api().get("/v3/payments").await;
    payments.expect(200)["data"].as_array().unwrap().clone()
}

async fn subscription(shop: &Shop) -> Value {
    let path = format!("/v3/subscriptions/{}", shop.id);
    shop.api().get(&path).await.expect(200).clone()
}

async fn pay(shop: &Shop, invoice: &Value) -> Answer {
    let path = format!("/v3/invoices/{}/pay", invoice.as_str().unwrap());
    shop.api().post(&path, json!({})).await
}

/// The subscription of 1 April to plan `a` for 30.00, on 16 April with a card that is refused: its change to `b` costs 15.00.
async fn half_way() -> (Shop, String) {
    let mut shop = Shop::at("2026-04-01T00:00:00Z").await;
    shop.subscribe(json!({ "plan_id": "a" })).await;
    shop.to("2026-04-16T00:00:00Z").await;
    shop.pay_with(DECLINED).await;
    let path = format!("/v3/subscriptions/{}", shop.id);
    (shop, path)
}

fn upgrade(behavior: &str) -> Value {
    json!({ "plan_id": "b", "proration_behavior": "always_invoice", "payment_behavior": behavior })
}

/// Ended now, the customer has back what was paid for the half of the month that is left.
async fn gives_half_back(shop: &Shop, cents: i64) {
    shop.cancel(json!({ "prorate": true })).await;
    assert_eq!(shop.balance().await, cents);
    shop.explains().await;
}

#[tokio::test]
async fn nothing_is_left_of_a_new_one_whose_payment_is_refused() {
    let shop = Shop::at("2026-04-01T00:00:00Z").await;
    coupon(&shop).await;
    shop.pay_with(DECLINED).await;
    let new = json!({
        "customer_id": shop.customer, "plan_id": "a", "coupon_id": "ten", "payment_behavior": "error_if_incomplete",
    });
    let api = shop.api();
    let answer = api
        .idempotent("k")
        .post("/v3/subscriptions", new.clone())
        .await;
    assert_eq!(answer.expect(402)["code"], "card_declined");
    let again = api
        .idempotent("k")
        .post("/v3/subscriptions", new.clone())
        .await;
    assert_eq!(again.text, answer.text);
    assert_eq!(api.get("/v3/subscriptions").await.body["data"], json!([]));
    assert_eq!(shop.invoices().await, Vec::<Value>::new());
    assert_eq!(redeemed(&shop).await, 0);
    let failed = payments(&shop).await[0].clone();
    assert_eq!(failed["id"], answer.body["payment_id"]);
    assert_eq!(
        (&failed["status"], &failed["invoice_id"]),
        (&json!("failed"), &json!(null))
    );
    // Another card, another try.
    shop.pay_with(GOOD).await;
    let answer = api.post("/v3/subscriptions", new).await;
    assert_eq!(answer.expect(201)["status"], "active");
    assert_eq!(redeemed(&shop).await, 1);
    assert_eq!(shop.totals().await, [2700]);
}

#[tokio::test]
async fn without_a_payment_method_there_is_nothing_either() {
    let shop = Shop::at("2026-04-01T00:00:00Z").await;
    let api = shop.api();
    let customer = api
        .post("/v3/customers", json!({ "email": "b@example.com" }))
        .await;
    let new = |behavior: &str, trial: u32| {
        json!({
            "customer_id": customer.text_of("id"), "plan_id": "a", "payment_behavior": behavior, "trial_period_days": trial,
        })
    };
    let refused = api
        .post("/v3/subscriptions", new("error_if_incomplete", 0))
        .await;
    assert_eq!(refused.expect(402)["code"], "no_payment_method");
    assert_eq!(api.get("/v3/subscriptions").await.body["data"], json!([]));
    // With a trial there is nothing to pay yet.
    let trial = api
        .post("/v3/subscriptions", new("error_if_incomplete", 3))
        .await;
    assert_eq!(trial.expect(201)["status"], "trialing");
    let waits = api
        .post("/v3/subscriptions", new("default_incomplete", 0))
        .await;
    assert_eq!(waits.expect(201)["status"], "incomplete");
}

#[tokio::test]
async fn a_new_one_waits_for_somebody_who_pays() {
    for pays in [true, false] {
        let mut shop = Shop::at("2026-04-01T00:00:00Z").await;
        shop.subscribe(json!({ "plan_id": "a", "payment_behavior": "default_incomplete" }))
            .await;
        assert_eq!(shop.status().await, "incomplete");
        assert_eq!(payments(&shop).await, Vec::<Value>::new());
        let invoice = shop.invoices().await[0].clone();
        assert_eq!(
            (&invoice["status"], &invoice["next_payment_attempt"]),
            (&json!("open"), &json!(null))
        );
        if pays {
            pay(&shop, &invoice["id"]).await.expect(200);
            assert_eq!(shop.status().await, "active");
            shop.to("2026-05-02T00:00:00Z").await;
            assert_eq!(shop.totals().await, [3000, 3000]);
        } else {
            shop.to("2026-04-02T00:00:00Z").await;
            assert_eq!(shop.status().await, "incomplete_expired");
            assert_eq!(shop.invoices().await[0]["status"], "void");
        }
    }
}

#[tokio::test]
async fn a_change_that_is_not_paid_is_no_change() {
    let (shop, path) = half_way().await;
    coupon(&shop).await;
    let before = (subscription(&shop).await, shop.invoices().await);
    let mut change = upgrade("error_if_incomplete");
    change["coupon_id"] = json!("ten");
    change["metadata"] = json!({ "a": "b" });
    let api = shop.api();
    let answer = api.idempotent("k").patch(&path, change.clone()).await;
    assert_eq!(answer.expect(402)["code"], "card_declined");
    let again = api.idempotent("k").patch(&path, change.clone()).await;
    assert_eq!(again.text, answer.text);
    assert_eq!((subscription(&shop).await, shop.invoices().await), before);
    assert_eq!(redeemed(&shop).await, 0);
    assert_eq!(payments(&shop).await[0]["invoice_id"], json!(null));
    // With a good card it is charged as it would have been.
    shop.pay_with(GOOD).await;
    let changed = api.patch(&path, change).await;
    assert_eq!(changed.expect(200)["plan_id"], "b");
    assert_eq!(changed.body["metadata"], json!({ "a": "b" }));
    assert_eq!(redeemed(&shop).await, 1);
    assert_eq!(shop.totals().await, [3000, 1200]);
    shop.explains().await;
}

#[tokio::test]
async fn what_was_credited_for_a_change_that_did_not_come_about_can_be_credited_again() {
    let (shop, path) = half_way().await;
    shop.api()
        .patch(&path, upgrade("error_if_incomplete"))
        .await
        .expect(402);
    gives_half_back(&shop, 1500).await;
}

/// The upgrade waits for the next invoice, and so does the credit of 15.00. Another change bills both, and is not paid.
#[tokio::test]
async fn lines_that_waited_before_a_change_that_did_not_come_about_wait_on() {
    for behavior in ["error_if_incomplete", "pending_if_incomplete"] {
        for by_note in [false, true] {
            let (mut shop, path) = half_way().await;
            let waits = json!({ "plan_id": "b", "proration_behavior": "create_prorations" });
            shop.change(waits).await;
            let first = shop.invoices().await[0]["id"].clone();
            let mut more = upgrade(behavior);
            more["plan_id"] = json!("c");
            let changed = shop.api().patch(&path, more).await;
            if behavior == "error_if_incomplete" {
                changed.expect(402);
            } else {
                assert_eq!(changed.expect(200)["plan_id"], "b");
                shop.to("2026-04-16T23:00:00Z").await;
            }
            if by_note {
                // Half of it was given back, and waits to be told of.
                let note = |cents: i64| json!({ "invoice_id": first, "amount": cents });
                let api = shop.api();
                let refused = api.post("/v3/credit-notes", note(1501)).await;
                assert!(refused.status.is_client_error(), "{}", refused.text);
                api.post("/v3/credit-notes", note(1500)).await.expect(201);
                continue;
            }
            shop.pay_with(GOOD).await;
            shop.to("2026-05-01T00:00:00Z").await;
            let totals = shop.totals().await;
            assert_eq!((totals[0], *totals.last().unwrap()), (3000, 1500 + 6000));
            shop.explains().await;
        }
    }
}

/// A part of the invoice was settled when the change is dropped: nothing more is owed for it, what was paid is the customer's, and
/// what waited and what was credited is as it was before.
#[tokio::test]
async fn nothing_is_kept_of_a_change_that_is_dropped_after_a_part_was_settled() {
    for (settled, balance) in [("note", 0), ("money", 1000), ("refund", 600)] {
        let (mut shop, _) = half_way().await;
        let waits = json!({ "plan_id": "b", "proration_behavior": "create_prorations" });
        shop.change(waits).await;
        let mut more = upgrade("pending_if_incomplete");
        more["plan_id"] = json!("c");
        shop.change(more).await;
        let open = shop.invoices().await[1].clone();
        assert_eq!(open["total"], 3000);
        settle_a_part(&shop, settled, &open["id"]).await;
        shop.to("2026-04-16T23:00:00Z").await;
        let invoices = shop.invoices().await;
        assert_eq!(
            (&invoices[1]["status"], &invoices[1]["amount_remaining"]),
            (&json!("paid"), &json!(0)),
            "{settled}"
        );
        assert_eq!(shop.balance().await, balance, "{settled}");
        let now = subscription(&shop).await;
        assert_eq!(
            (&now["plan_id"], &now["pending_update"]),
            (&json!("b"), &json!(null))
        );
        pay(&shop, &open["id"]).await.expect(409);
        // What waited is billed with the next month, and the first half of this one can be credited, no more.
        shop.pay_with(GOOD).await;
        shop.to("2026-05-01T00:00:00Z").await;
        assert_eq!(shop.totals().await.last(), Some(&7500), "{settled}");
        shop.explains().await;
        let note = |cents: i64| json!({ "invoice_id": invoices[0]["id"], "amount": cents });
        let api = shop.api();
        api.post("/v3/credit-notes", note(1501)).await.expect(400);
        api.post("/v3/credit-notes", note(1500)).await.expect(201);
    }
}

async fn settle_a_part(shop: &Shop, how: &str, invoice: &Value) {
    let api = shop.api();
    if how == "note" {
        let note = json!({ "invoice_id": invoice, "amount": 100 });
        api.post("/v3/credit-notes", note).await.expect(201);
        return;
    }
    let id = invoice.as_str().unwrap();
    let path = format!("/v3/invoices/{id}/pay");
    if how == "money" {
        let part = json!({ "amount": 1000, "paid_out_of_band": true });
        api.post(&path, part).await.expect(200);
        return;
    }
    shop.pay_with(GOOD).await;
    api.post(&path, json!({ "amount": 1000 })).await.expect(200);
    shop.pay_with(DECLINED).await;
    let payments = payments(shop).await;
    let payment = payments.iter().find(|one| one["invoice_id"] == *invoice);
    let payment = payment.unwrap()["id"].as_str().unwrap();
    let refund = json!({ "amount": 400 });
    let refunds = format!("/v3/payments/{payment}/refunds");
    api.post(&refunds, refund).await.expect(201);
}

#[tokio::test]
async fn a_change_that_waits_takes_place_with_its_payment() {
    let (mut shop, path) = half_way().await;
    let changed = shop.change(upgrade("pending_if_incomplete")).await;
    assert_eq!(
        (&changed["plan_id"], &changed["status"]),
        (&json!("a"), &json!("active"))
    );
    let update = changed["pending_update"].clone();
    assert_eq!(
        update["items"],
        json!([{ "plan_id": "b", "plan_version": 1, "quantity": 1 }])
    );
    assert_eq!(update["expires_at"], "2026-04-16T23:00:00Z");
    let open = shop.invoices().await[1].clone();
    assert_eq!(open["id"], update["invoice_id"]);
    assert_eq!(
        (
            &open["status"],
            &open["amount_due"],
            &open["next_payment_attempt"]
        ),
        (&json!("open"), &json!(1500), &json!(null))
    );
    // Until then it is what it was, and not another change.
    let api = shop.api();
    for other in [
        upgrade("allow_incomplete"),
        json!({ "coupon_id": null }),
        json!({ "plan_id": "b", "effective": "period_end" }),
    ] {
        let refused = api.patch(&path, other).await;
        assert_eq!(refused.expect(409)["code"], "update_pending");
    }
    shop.act("pause", json!({})).await.expect(409);
    api.patch(&path, json!({ "metadata": { "a": "b" } }))
        .await
        .expect(200);
    pay(&shop, &open["id"]).await.expect(402);
    assert_eq!(subscription(&shop).await["status"], "active");
    shop.to("2026-04-16T12:00:00Z").await;
    shop.pay_with(GOOD).await;
    pay(&shop, &open["id"]).await.expect(200);
    let now = subscription(&shop).await;
    assert_eq!(
        (&now["plan_id"], &now["pending_update"], &now["metadata"]),
        (&json!("b"), &json!(null), &json!({ "a": "b" }))
    );
    shop.to("2026-05-01T00:00:00Z").await;
    assert_eq!(shop.totals().await, [3000, 1500, 6000]);
    gives_half_back(&shop, 6000).await;
}

#[tokio::test]
async fn a_change_that_is_paid_at_once_waits_for_nothing() {
    for behavior in [
        "pending_if_incomplete",
        "error_if_incomplete",
        "allow_incomplete",
    ] {
        let (shop, _) = half_way().await;
        shop.pay_with(GOOD).await;
        let changed = shop.change(upgrade(behavior)).await;
        assert_eq!(
            (&changed["plan_id"], &changed["pending_update"]),
            (&json!("b"), &json!(null))
        );
        assert_eq!(shop.totals().await, [3000, 1500]);
        gives_half_back(&shop, 3000).await;
    }
}

#[tokio::test]
async fn a_change_that_waits_is_dropped_in_the_end() {
    for way in ["time", "void", "cancel", "period"] {
        let (mut shop, _) = half_way().await;
        if way == "period" {
            shop.to("2026-04-30T12:00:00Z").await;
        }
        shop.change(upgrade("pending_if_incomplete")).await;
        let open = shop.invoices().await[1].clone();
        let path = format!("/v3/invoices/{}", open["id"].as_str().unwrap());
        match way {
            "time" => shop.to("2026-04-16T23:00:00Z").await,
            "void" => drop(
                shop.api()
                    .post(&format!("{path}/void"), json!({}))
                    .await
                    .expect(200),
            ),
            "period" => {
                let update = subscription(&shop).await["pending_update"].clone();
                assert_eq!(update["expires_at"], "2026-05-01T00:00:00Z");
                shop.pay_with(GOOD).await;
                shop.to("2026-05-01T00:00:00Z").await;
                assert_eq!(shop.totals().await[2], 3000);
            }
            _ => shop.cancel(json!({ "prorate": true })).await,
        }
        let now = subscription(&shop).await;
        assert_eq!(
            (&now["plan_id"], &now["pending_update"]),
            (&json!("a"), &json!(null))
        );
        assert_eq!(shop.api().get(&path).await.body["status"], "void", "{way}");
        match way {
            "cancel" => assert_eq!(shop.balance().await, 1500),
            "period" => {}
            "time" => gives_half_back(&shop, 1404).await,
            _ => gives_half_back(&shop, 1500).await,
        }
    }
}

#[tokio::test]
async fn a_change_may_be_made_and_wait_for_somebody_who_pays() {
    let (mut shop, _) = half_way().await;
    shop.pay_with(GOOD).await;
    let changed = shop.change(upgrade("default_incomplete")).await;
    assert_eq!(
        (&changed["plan_id"], &changed["status"]),
        (&json!("b"), &json!("past_due"))
    );
    let open = shop.invoices().await[1].clone();
    assert_eq!(
        (
            &open["status"],
            &open["attempt_count"],
            &open["next_payment_attempt"]
        ),
        (&json!("open"), &json!(0), &json!(null))
    );
    shop.to("2026-04-20T00:00:00Z").await;
    pay(&shop, &open["id"]).await.expect(200);
    assert_eq!(shop.status().await, "active");
}

#[tokio::test]
async fn usage_that_a_refused_change_closed_is_billed_once() {
    for behavior in ["error_if_incomplete", "pending_if_incomplete"] {
        let mut shop = Shop::at("2026-04-01T00:00:00Z").await;
        shop.subscribe(json!({ "plan_id": "calls_10" })).await;
        shop.used("calls", 100).await;
        shop.to("2026-04-16T00:00:00Z").await;
        shop.pay_with(DECLINED).await;
        let path = format!("/v3/subscriptions/{}", shop.id);
        let mut change = upgrade(behavior);
        change["plan_id"] = json!("calls_20");
        drop(shop.api().patch(&path, change).await);
        shop.to("2026-04-20T00:00:00Z").await;
        assert_eq!(subscription(&shop).await["plan_id"], "calls_10");
        shop.used("calls", 10).await;
        shop.pay_with(GOOD).await;
        shop.to("2026-05-01T00:00:00Z").await;
        let newest = shop.invoices().await.pop().unwrap();
        assert_eq!(
            (&newest["status"], &newest["total"]),
            (&json!("paid"), &json!(1100)),
            "{behavior}"
        );
    }
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    let (shop, path) = half_way().await;
    let api = shop.api();
    let new = |field: &str, value: &str| {
        let mut new = json!({ "customer_id": shop.customer, "plan_id": "a" });
        new["payment_behavior"] = json!("error_if_incomplete");
        new[field] = json!(value);
        new
    };
    let before = shop.world.dump();
    for body in [
        new("payment_behavior", "pending_if_incomplete"),
        new("payment_behavior", "maybe"),
        new("collection_method", "send_invoice"),
    ] {
        let refused = api.post("/v3/subscriptions", body).await;
        refused.expect(400);
        assert_eq!(refused.pointers(), ["/payment_behavior"]);
    }
    let mut beside = upgrade("pending_if_incomplete");
    beside["metadata"] = json!({ "a": "b" });
    let refused = api.patch(&path, beside).await;
    assert_eq!(refused.pointers(), ["/metadata"]);
    assert_eq!(shop.world.dump(), before);
}

/// What stands in the end: of an action that was refused nothing but its payment.
async fn standing(shop: &Shop) -> Value {
    let subscriptions = shop.api().get("/v3/subscriptions").await.body["data"].clone();
    let payments: Vec<Value> = payments(shop)
        .await
        .iter()
        .map(|one| one["status"].clone())
        .collect();
    let charged: Vec<Value> = shop
        .invoices()
        .await
        .iter()
        .map(|one| json!(one["status"]))
        .collect();
    let plans: Vec<Value> = subscriptions
        .as_array()
        .unwrap()
        .iter()
        .map(|one| json!([one["plan_id"], one["pending_update"].is_null()]))
        .collect();
    json!([plans, payments, charged])
}

/// Whoever dies at any call leaves it to be finished: by the caller who asks again, or by a worker before that.
async fn dies_everywhere(behavior: &str, new: bool) {
    let act = async |shop: &Shop, path: &str| {
        let api = shop.api().idempotent("k");
        if new {
            let body = json!({
                "customer_id": shop.customer, "plan_id": "a", "payment_behavior": behavior,
            });
            return api.post("/v3/subscriptions", body).await;
        }
        api.patch(path, upgrade(behavior)).await
    };
    let (shop, path) = half_way().await;
    shop.world.meter.fault(None);
    let status = act(&shop, &path).await.status;
    let calls = shop.world.meter.calls();
    let want = standing(&shop).await;
    assert!(calls > 10, "only {calls} calls");
    for call in 0..calls {
        let (mut shop, path) = half_way().await;
        shop.world.meter.fault(Some(Fault::DieAfter(call)));
        drop(act(&shop, &path).await);
        shop.world.meter.fault(None);
        let worker = call % 2 == 1;
        let then = if worker { "00:05:00" } else { "00:00:40" };
        shop.to(&format!("2026-04-16T{then}Z")).await;
        let answer = act(&shop, &path).await;
        assert_eq!(answer.status, status, "{behavior} {call}: {}", answer.text);
        assert_eq!(standing(&shop).await, want, "{behavior} {call}");
        assert_eq!(shop.world.sandbox.asked().len(), 2, "{behavior} {call}");
    }
}

#[tokio::test]
async fn a_new_one_that_is_refused_leaves_nothing_wherever_its_caller_dies() {
    dies_everywhere("error_if_incomplete", true).await;
}

#[tokio::test]
async fn a_change_that_is_refused_leaves_nothing_wherever_its_caller_dies() {
    dies_everywhere("error_if_incomplete", false).await;
}

#[tokio::test]
async fn a_change_that_waits_does_so_wherever_its_caller_dies() {
    dies_everywhere("pending_if_incomplete", false).await;
}

/// A part of the first invoice was paid, and then it expires, or ends: nothing more is owed, and the part is the customer's.
#[tokio::test]
async fn what_was_paid_of_a_new_one_that_never_began_is_the_customers() {
    for way in ["time", "cancel"] {
        let mut shop = Shop::at("2026-04-01T00:00:00Z").await;
        shop.pay_with(DECLINED).await;
        shop.subscribe(json!({ "plan_id": "a" })).await;
        assert_eq!(shop.status().await, "incomplete");
        let open = shop.invoices().await[0]["id"].clone();
        settle_a_part(&shop, "money", &open).await;
        if way == "time" {
            shop.to("2026-04-02T00:00:00Z").await;
            assert_eq!(shop.status().await, "incomplete_expired");
        } else {
            shop.cancel(json!({})).await;
        }
        assert_eq!(shop.invoices().await[0]["amount_remaining"], 0, "{way}");
        assert_eq!(shop.balance().await, 1_000, "{way}");
        pay(&shop, &open).await.expect(409);
        shop.explains().await;
    }
}

#[tokio::test]
async fn a_change_that_is_scheduled_cannot_be_dropped_while_another_waits() {
    let (shop, path) = half_way().await;
    shop.pay_with(GOOD).await;
    shop.change(json!({ "plan_id": "seats", "proration_behavior": "none" }))
        .await;
    shop.change(json!({ "quantity": 3, "effective": "period_end" }))
        .await;
    shop.pay_with(DECLINED).await;
    let more = json!({
        "quantity": 4, "proration_behavior": "always_invoice", "payment_behavior": "pending_if_incomplete",
    });
    let waits = shop.change(more).await;
    assert!(waits["pending_update"].is_object(), "{waits}");
    for drop in [
        json!({ "scheduled_change": null }),
        json!({ "quantity": 1, "effective": "period_end" }),
    ] {
        let refused = shop.api().patch(&path, drop).await;
        assert_eq!(refused.expect(409)["code"], "update_pending");
    }
}

/// A pause ends while a change waits: the change is dropped first.
#[tokio::test]
async fn a_pause_that_ends_drops_a_change_that_waits() {
    let (mut shop, path) = half_way().await;
    let until = json!({ "resumes_at": "2026-04-16T06:00:00Z" });
    shop.act("pause", until).await.expect(200);
    let waits = shop.change(upgrade("pending_if_incomplete")).await;
    assert_eq!(
        waits["pending_update"]["expires_at"],
        "2026-04-16T06:00:00Z"
    );
    shop.pay_with(GOOD).await;
    shop.to("2026-04-16T07:00:00Z").await;
    let now = shop.api().get(&path).await;
    assert_eq!(
        (&now.expect(200)["status"], &now.body["pending_update"]),
        (&json!("active"), &json!(null))
    );
    assert_eq!(shop.invoices().await[1]["status"], "void");
    assert_eq!(shop.totals().await.last(), Some(&1_525));
    shop.explains().await;
}

#[tokio::test]
async fn a_change_that_waits_goes_with_its_customer() {
    for part in [false, true] {
        let (shop, path) = half_way().await;
        shop.change(upgrade("pending_if_incomplete")).await;
        if part {
            let open = shop.invoices().await[1]["id"].clone();
            settle_a_part(&shop, "money", &open).await;
        }
        let customer = format!("/v3/customers/{}", shop.customer);
        shop.api().delete(&customer).await.expect(200);
        let ended = shop.api().get(&path).await;
        assert_eq!(ended.expect(200)["pending_update"], json!(null));
        let status = if part { "paid" } else { "void" };
        assert_eq!(shop.invoices().await[1]["status"], status);
    }
}
