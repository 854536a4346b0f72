//! What was paid for an invoice is given back once: refunds of its payments and credit notes draw on the same amount.

use serde_json::{Value, json};
use testkit::Answer;

use super::shop::Shop;

/// An invoice of 100.00 that is paid by card, and its payment.
async fn paid(shop: &Shop) -> (String, String) {
    let plan = json!({ "id": "hundred", "name": "Hundred", "currency": "USD", "amount": 10_000, "interval": "month" });
    shop.api().plan(plan).await;
    let new = json!({ "customer_id": shop.customer, "plan_id": "hundred" });
    shop.api().post("/v3/subscriptions", new).await.expect(201);
    let invoice = &shop.invoices().await[0];
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(&invoice["id"]), text(&invoice["payment_ids"][0]))
}

async fn refund(shop: &Shop, payment: &str, body: Value) -> Answer {
    let path = format!("/v3/payments/{payment}/refunds");
    shop.api().post(&path, body).await
}

async fn note(shop: &Shop, invoice: &str, mut body: Value) -> Answer {
    body["invoice_id"] = json!(invoice);
    shop.api().post("/v3/credit-notes", body).await
}

/// `(credited, refunded)` of the invoice.
async fn given(shop: &Shop, invoice: &str) -> (i64, i64) {
    let invoice = shop.api().get(&format!("/v3/invoices/{invoice}")).await;
    let amount = |field: &str| invoice.body[field].as_i64().unwrap();
    (amount("amount_credited"), amount("amount_refunded"))
}

#[tokio::test]
async fn a_refund_gives_back_what_credit_notes_left() {
    let shop = Shop::at("2026-04-01T00:00:00Z").await;
    let (invoice, payment) = paid(&shop).await;
    note(&shop, &invoice, json!({ "amount": 9_000 }))
        .await
        .expect(201);
    let before = shop.world.dump();
    let refused = refund(&shop, &payment, json!({ "amount": 10_000 })).await;
    assert_eq!(
        (refused.status.as_u16(), refused.text_of("code")),
        (409, "exceeds_refundable")
    );
    assert!(refused.text_of("detail").contains("the 1000 that are left"));
    assert_eq!(shop.world.dump(), before);
    // All that is left of it.
    let rest = refund(&shop, &payment, json!({})).await;
    assert_eq!(rest.expect(201)["amount"], 1_000);
    assert_eq!(given(&shop, &invoice).await, (9_000, 1_000));
    let refused = refund(&shop, &payment, json!({})).await;
    assert_eq!(refused.text_of("code"), "payment_refunded");
    shop.explains().await;
}

#[tokio::test]
async fn a_credit_note_gives_back_what_refunds_left() {
    let shop = Shop::at("2026-04-01T00:00:00Z").await;
    let (invoice, payment) = paid(&shop).await;
    let first = refund(&shop, &payment, json!({ "amount": 6_000 })).await;
    first.expect(201);
    for more in [
        json!({ "amount": 4_001 }),
        json!({ "amount": 5_000, "out_of_band_amount": 5_000 }),
        json!({ "amount": 4_001, "refund_amount": 4_000 }),
    ] {
        let refused = note(&shop, &invoice, more).await;
        assert_eq!(
            (refused.status.as_u16(), refused.text_of("code")),
            (409, "exceeds_paid")
        );
        assert!(refused.text_of("detail").contains("only 4000"));
    }
    let last = json!({ "amount": 4_000, "refund_amount": 3_000 });
    note(&shop, &invoice, last).await.expect(201);
    assert_eq!(given(&shop, &invoice).await, (4_000, 9_000));
    assert_eq!(shop.balance().await, 1_000);
    shop.explains().await;
}

#[tokio::test]
async fn a_note_that_refunds_is_given_back_once() {
    let shop = Shop::at("2026-04-01T00:00:00Z").await;
    let (invoice, payment) = paid(&shop).await;
    let whole = json!({ "amount": 10_000, "refund_amount": 10_000 });
    note(&shop, &invoice, whole).await.expect(201);
    assert_eq!(given(&shop, &invoice).await, (10_000, 10_000));
    let refused = refund(&shop, &payment, json!({ "amount": 1 })).await;
    assert_eq!(refused.pointers(), ["/amount"]);
}

#[tokio::test]
async fn no_more_goes_back_to_a_card_than_came_from_it() {
    let mut shop = Shop::at("2026-04-01T00:00:00Z").await;
    shop.subscribe(json!({ "plan_id": "a" })).await;
    shop.pay_with("4000000000000341").await;
    shop.to("2026-05-01T00:00:00Z").await;
    shop.pay_with("4242424242424242").await;
    let open = shop.invoices().await[1]["id"].as_str().unwrap().to_owned();
    let path = format!("/v3/invoices/{open}/pay");
    for body in [
        json!({ "paid_out_of_band": true, "amount": 2_000 }),
        json!({}),
    ] {
        shop.api().post(&path, body).await.expect(200);
    }
    let both = json!({ "amount": 2_000, "refund_amount": 1_500 });
    let refused = note(&shop, &open, both).await;
    assert_eq!(refused.pointers(), ["/refund_amount"]);
    let both = json!({ "amount": 2_000, "refund_amount": 1_000 });
    note(&shop, &open, both).await.expect(201);
}

#[tokio::test]
async fn an_unused_time_is_not_credited_after_it_was_refunded() {
    for (refunded, back) in [(10_000, 0), (8_000, 2_000), (1_000, 5_000)] {
        let mut shop = Shop::at("2026-04-01T00:00:00Z").await;
        let (_, payment) = paid(&shop).await;
        let list = shop.api().get("/v3/subscriptions").await;
        shop.id = list.body["data"][0]["id"].as_str().unwrap().to_owned();
        refund(&shop, &payment, json!({ "amount": refunded }))
            .await
            .expect(201);
        shop.to("2026-04-16T00:00:00Z").await;
        shop.cancel(json!({ "prorate": true })).await;
        assert_eq!(shop.balance().await, back);
        shop.explains().await;
    }
}

#[tokio::test]
async fn refunds_and_notes_at_the_same_moment_give_back_what_was_paid() {
    let shop = Shop::at("2026-04-01T00:00:00Z").await;
    let (invoice, payment) = paid(&shop).await;
    let work = (0..12).map(|n| {
        let (shop, invoice, payment) = (&shop, &invoice, &payment);
        async move {
            if n % 2 == 0 {
                refund(shop, payment, json!({ "amount": 1_500 })).await
            } else {
                note(shop, invoice, json!({ "amount": 1_500 })).await
            }
        }
    });
    let answers = futures::future::join_all(work).await;
    let made = answers.iter().filter(|answer| answer.status == 201).count();
    for answer in &answers {
        let status = answer.status.as_u16();
        assert!(matches!(status, 201 | 409), "{}", answer.text);
    }
    assert_eq!(made, 6);
    let (credited, refunded) = given(&shop, &invoice).await;
    assert_eq!(credited + refunded, 9_000);
    shop.explains().await;
}

#[tokio::test]
async fn a_refund_is_told_of_its_invoice() {
    let shop = Shop::at("2026-04-01T00:00:00Z").await;
    let (invoice, payment) = paid(&shop).await;
    refund(&shop, &payment, json!({ "amount": 400 }))
        .await
        .expect(201);
    let items = shop.world.dump();
    let item = items
        .iter()
        .find(|item| item["id"]["S"] == invoice.as_str());
    let told = item.unwrap()["ev"]["S"].as_str().unwrap();
    assert!(told.contains("invoice.updated"), "{told}");
    let pdf = shop.api().get(&format!("/v3/invoices/{invoice}/pdf")).await;
    assert_eq!(pdf.status, 200);
}

#[tokio::test]
async fn a_draft_that_is_deleted_gives_its_redemption_back() {
    let shop = Shop::at("2026-04-01T00:00:00Z").await;
    let coupon = json!({ "id": "one", "name": "One", "percent_off": 10, "duration": "once", "max_redemptions": 1 });
    shop.api().post("/v3/coupons", coupon).await.expect(201);
    let draft = json!({
        "customer_id": shop.customer, "currency": "USD", "coupon_id": "one",
        "line_items": [{ "description": "Work", "quantity": 1, "unit_amount": 1_000 }],
    });
    for _ in 0..2 {
        let made = shop.api().post("/v3/invoices", draft.clone()).await;
        let path = format!("/v3/invoices/{}", made.text_of("id"));
        let redeemed =
            async || shop.api().get("/v3/coupons/one").await.body["times_redeemed"].clone();
        assert_eq!(redeemed().await, 1);
        shop.api().delete(&path).await.expect(200);
        assert_eq!(redeemed().await, 0);
        shop.api().delete(&path).await.expect(404);
        assert_eq!(redeemed().await, 0);
    }
}

/// Taxes on top count, too: of 36.00 that were paid, 18.00 are left, which are 15.00 and the tax on them.
#[tokio::test]
async fn an_unused_time_and_its_tax_are_no_more_than_a_refund_left() {
    for refunded_first in [true, false] {
        let mut shop = Shop::at("2026-04-01T00:00:00Z").await;
        let rate = json!({ "display_name": "VAT", "percentage": 20, "inclusive": false });
        let rate = shop.api().post("/v3/tax-rates", rate).await;
        let taxes = json!([rate.text_of("id")]);
        shop.subscribe(json!({ "plan_id": "a", "tax_rate_ids": taxes }))
            .await;
        let payment = shop.invoices().await[0]["payment_ids"][0].clone();
        let payment = payment.as_str().unwrap();
        if refunded_first {
            let made = refund(&shop, payment, json!({ "amount": 1_800 })).await;
            made.expect(201);
            shop.cancel(json!({ "prorate": true })).await;
            assert_eq!(shop.balance().await, 1_800);
            assert_eq!(shop.totals().await, [3_600, -1_800]);
        } else {
            shop.to("2026-04-16T00:00:00Z").await;
            shop.cancel(json!({ "prorate": true })).await;
            assert_eq!(shop.balance().await, 1_800);
            // The rest of what was paid can go back to the card, and no more.
            let refused = refund(&shop, payment, json!({ "amount": 3_600 })).await;
            assert_eq!(refused.expect(409)["code"], "exceeds_refundable");
            assert!(refused.text_of("detail").contains("the 1800 that are left"));
            let rest = refund(&shop, payment, json!({})).await;
            assert_eq!(rest.expect(201)["amount"], 1_800);
        }
        shop.explains().await;
    }
}

/// Of 30.00 that were paid, 10.00 went back to the card and 15.00 to a later invoice: a credit note can give 5.00 back.
#[tokio::test]
async fn a_note_gives_back_what_a_refund_and_unused_time_left() {
    let mut shop = Shop::at("2026-04-01T00:00:00Z").await;
    shop.subscribe(json!({ "plan_id": "a" })).await;
    let invoice = shop.invoices().await[0].clone();
    let payment = invoice["payment_ids"][0].as_str().unwrap();
    let made = refund(&shop, payment, json!({ "amount": 1_000 })).await;
    made.expect(201);
    shop.to("2026-04-16T00:00:00Z").await;
    shop.cancel(json!({ "prorate": true })).await;
    assert_eq!(shop.balance().await, 1_500);
    let note = |cents: i64| json!({ "invoice_id": invoice["id"], "amount": cents });
    let api = shop.api();
    let refused = api.post("/v3/credit-notes", note(501)).await;
    assert_eq!(refused.expect(409)["code"], "exceeds_paid");
    api.post("/v3/credit-notes", note(500)).await.expect(201);
    shop.explains().await;
}

/// A note rounds its tax, and what is given back after it works its own out: together they are no cent more than was paid.
#[tokio::test]
async fn a_note_and_unused_time_are_no_cent_more_than_was_paid() {
    for cents in [1, 5, 9, 11, 99, 131] {
        let mut shop = Shop::at("2026-04-01T00:00:00Z").await;
        let rate = json!({ "display_name": "GST", "percentage": 5, "inclusive": false });
        let rate = shop.api().post("/v3/tax-rates", rate).await;
        let taxes = json!([rate.text_of("id")]);
        shop.subscribe(json!({ "plan_id": "a", "tax_rate_ids": taxes }))
            .await;
        let invoice = shop.invoices().await[0]["id"].clone();
        let note = json!({ "invoice_id": invoice, "amount": cents });
        let noted = shop.api().post("/v3/credit-notes", note).await;
        noted.expect(201);
        shop.cancel(json!({ "prorate": true })).await;
        let balance = shop.balance().await;
        assert!((3_149..=3_150).contains(&balance), "{cents}: {balance}");
        shop.explains().await;
    }
}
