//! The page on which a customer pays.

use http::Method;
use serde_json::{Value, json};

use super::{Shop, path, statuses};

#[tokio::test]
async fn a_page_shows_what_is_owed_takes_one_payment_and_then_shows_the_receipt() {
    let shop = Shop::at("2026-01-20T15:00:00Z").await;
    let made = shop
        .subscribe(json!({ "name": "<Basic> & more" }), json!({}))
        .await;
    let url = &made["schedules"][0]["shortenedUrl"];
    let api = shop.api.without_key();
    let open = api.get(path(url)).await;
    open.expect(200);
    assert!(open.text.contains("Business 1") && open.text.contains("20.00 USD"));
    assert!(open.text.contains("&lt;Basic&gt; &amp; more") && !open.text.contains("<Basic>"));
    let header = |name: &str| open.headers[name].to_str().unwrap().to_owned();
    assert!(
        header("content-security-policy").starts_with("default-src 'none'; style-src 'sha256-")
    );
    assert!(header("content-security-policy").contains("form-action 'self'"));
    assert_eq!(
        (header("referrer-policy"), header("cache-control")),
        ("no-referrer".into(), "no-store".into())
    );
    assert!(!open.text.contains("<script") && open.text.contains("lang=\"en\""));

    let wrong = api
        .form(path(url), "number=4242424242424241&expiry=13/30&cvc=1")
        .await;
    wrong.expect(400);
    assert!(wrong.text.contains("Nothing was paid") && !wrong.text.contains("4242"));
    let real = api
        .form(path(url), "number=4111111111111111&expiry=12/30&cvc=123")
        .await;
    assert!(real.expect(400).is_null() && real.text.contains("not accepted"));
    assert_eq!(shop.world.sandbox.asked().len(), 0);
    let declined = api
        .form(path(url), "number=4000000000009995&expiry=12/30&cvc=123")
        .await;
    declined.expect(303);
    assert_eq!(declined.headers["location"], path(url));
    assert!(api.get(path(url)).await.text.contains("insufficient funds"));

    // Two browsers, or one that is impatient.
    let (first, second) = tokio::join!(shop.pay(url), shop.pay(url));
    first.expect(303);
    second.expect(303);
    shop.pay(url).await.expect(303);
    let charged = shop.world.sandbox.asked();
    assert_eq!(charged.len(), 2, "one declined, one paid: {charged:?}");
    let paid = api.get(path(url)).await;
    for text in [
        "Paid. Thank you!",
        "ending in 4242",
        "20 January 2026",
        "INV-2026-",
        "pay_rs_",
    ] {
        assert!(paid.text.contains(text), "{text}: {}", paid.text);
    }
    assert_eq!(
        statuses(&shop.subscription(&made["id"]).await)[0],
        "COMPLETED"
    );
    let stored: String = shop.world.dump().iter().map(Value::to_string).collect();
    for secret in ["4242424242424242", "\"737\"", "4000000000009995"] {
        assert!(!stored.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn a_page_that_is_cancelled_suspended_or_none_says_so() {
    let shop = Shop::at("2026-01-20T15:00:00Z").await;
    let made = shop.subscribe(json!({}), json!({})).await;
    let url = &made["schedules"][0]["shortenedUrl"];
    let api = shop.api.without_key();
    let id = made["id"].as_str().unwrap();
    for (verb, text) in [("pause", "suspended"), ("cancel", "cancelled")] {
        let rest = format!("/{id}/{verb}");
        shop.call(Method::PATCH, "subscriptions", &rest, Value::Null)
            .await
            .expect(204);
        let shown = api.get(path(url)).await;
        assert!(
            shown.text.contains(text) && !shown.text.contains("<form"),
            "{}",
            shown.text
        );
        shop.pay(url).await.expect(303);
    }
    assert_eq!(shop.world.sandbox.asked().len(), 0);
    for none in [
        "/p/AAAAAAAAAAAAAAAAAAAAAA",
        "/p/short",
        "/p/%FF",
        "/p/..%2Fa",
    ] {
        let absent = api.get(none).await;
        absent.expect(404);
        assert!(absent.text.contains("does not exist"), "{}", absent.text);
        assert!(
            absent.headers["content-type"]
                .to_str()
                .unwrap()
                .starts_with("text/html")
        );
        api.form(none, "number=1").await.expect(404);
    }
}

#[tokio::test]
async fn a_payment_under_way_is_waited_for() {
    let shop = Shop::at("2026-01-20T15:00:00Z").await;
    let made = shop.subscribe(json!({}), json!({})).await;
    let url = &made["schedules"][0]["shortenedUrl"];
    shop.world.sandbox.set_slow(true);
    shop.pay(url).await.expect(303);
    let shown = shop.api.without_key().get(path(url)).await;
    assert!(shown.text.contains("being processed") && !shown.text.contains("<form"));
    shop.pay(url).await.expect(303);
    assert_eq!(shop.world.sandbox.asked().len(), 1);
    shop.world.sandbox.set_slow(false);
    shop.run("2026-01-20T16:00:00Z").await;
    let shown = shop.api.without_key().get(path(url)).await;
    assert!(shown.text.contains("Paid. Thank you!"));
}

const CARD: &str = "number=4242+4242+4242+4242&expiry=12/30&cvc=737";

/// Another amount for the only row.
async fn change(shop: &Shop, made: &Value, amount: u32) -> testkit::Answer {
    let rest = format!("/{}/schedule", made["id"].as_str().unwrap());
    let body = json!({ "id": made["schedules"][0]["id"], "amount": amount });
    shop.call(Method::PUT, "subscriptions", &rest, body).await
}

#[tokio::test]
async fn a_form_whose_amount_was_changed_pays_nothing() {
    let shop = Shop::at("2026-01-20T15:00:00Z").await;
    let made = shop.subscribe(json!({}), json!({})).await;
    let url = &made["schedules"][0]["shortenedUrl"];
    let api = shop.api.without_key();
    let open = api.get(path(url)).await;
    assert!(
        open.text.contains("name=\"amount\" value=\"20.00 USD\""),
        "{}",
        open.text
    );
    change(&shop, &made, 50).await.expect(200);
    let old = format!("{CARD}&amount=20.00+USD");
    let answer = api.form(path(url), &old).await;
    answer.expect(400);
    assert!(answer.text.contains("the amount was changed") && answer.text.contains("50.00 USD"));
    assert!(shop.world.sandbox.asked().is_empty());
    let new = format!("{CARD}&amount=50.00+USD");
    api.form(path(url), &new).await.expect(303);
    let paid = api.get(path(url)).await;
    assert!(paid.text.contains("Paid. Thank you!") && paid.text.contains("50.00 USD"));
}

/// Whatever the amount is when somebody pays, the row, its invoice and its payment say the same, and nothing else is owed.
#[tokio::test]
async fn a_row_its_invoice_and_its_payment_agree_however_it_is_changed_while_it_is_paid() {
    for round in 0..24 {
        let shop = Shop::at("2026-01-20T15:00:00Z").await;
        let made = shop.subscribe(json!({}), json!({})).await;
        let url = &made["schedules"][0]["shortenedUrl"];
        let put = async {
            tokio::time::sleep(std::time::Duration::from_millis(round)).await;
            change(&shop, &made, 50).await
        };
        let (paid, changed) = tokio::join!(shop.pay(url), put);
        paid.expect(303);
        assert!(
            matches!(changed.status.as_u16(), 200 | 409),
            "{}",
            changed.text
        );
        let context = shop.world.app.scheduled(shop.scope(), None);
        let page = models::page::PageRequest {
            limit: 100,
            after: None,
        };
        let invoices = context.invoices(&page, None, None, None).await.unwrap();
        let payments = context.payments(&page, None, None).await.unwrap();
        let shown = shop.api.without_key().get(path(url)).await;
        assert!(
            shown.text.contains("Paid. Thank you!"),
            "{round}: {}",
            shown.text
        );
        let [payment] = payments.items.as_slice() else {
            panic!("{round}: {payments:?}")
        };
        let amount = format!("{} USD", payment.amount.major());
        assert!(
            shown.text.contains(&amount),
            "{round}: {amount} {}",
            shown.text
        );
        for invoice in &invoices.items {
            let pays = invoice.payment_ids.contains(&payment.id);
            let status = invoice.status.as_str();
            assert_eq!(
                status,
                if pays { "paid" } else { "void" },
                "{round}: {invoice:?}"
            );
        }
    }
}

/// A card that has no funds.
const NO_FUNDS: &str = "number=4000000000009995&expiry=12/30&cvc=123";

#[tokio::test]
async fn ten_payments_that_fail_in_a_day_are_enough_however_many_come_at_once() {
    let shop = Shop::at("2026-01-20T15:00:00Z").await;
    let made = shop.subscribe(json!({}), json!({})).await;
    let url = &made["schedules"][0]["shortenedUrl"];
    let api = shop.api.without_key();
    for _ in 0..20 {
        let calls = (0..64).map(|_| api.form(path(url), NO_FUNDS));
        for answer in futures::future::join_all(calls).await {
            // Too many others at the invoice all the time: nothing was tried.
            assert!(
                matches!(answer.status.as_u16(), 303 | 429 | 503),
                "{}",
                answer.text
            );
        }
        if shop.world.sandbox.asked().len() >= 10 {
            break;
        }
    }
    assert_eq!(shop.world.sandbox.asked().len(), 10);
    let good = api.form(path(url), CARD).await;
    assert!(good.expect(429).is_null());
    assert_eq!(good.headers["retry-after"], "86400");
    let html = good.headers["content-type"].to_str().unwrap();
    assert!(html.starts_with("text/html"), "{html}");
    let shown = api.get(path(url)).await;
    shown.expect(200);
    for page in [&good, &shown] {
        assert!(
            page.text.contains("Too many payments were declined here."),
            "{}",
            page.text
        );
        assert!(!page.text.contains("<form"), "{}", page.text);
    }
    assert_eq!(shop.world.sandbox.asked().len(), 10);
    let shop = shop.later(86_400);
    let api = shop.api.without_key();
    assert!(api.get(path(url)).await.text.contains("<form"));
    shop.pay(url).await.expect(303);
    assert!(api.get(path(url)).await.text.contains("Paid. Thank you!"));
}

/// A row of 20.00 that is due on 25 January and is billed by a process that dies with that fault, while the customer's balance has
/// 100.00.
async fn billed_by_the_dying(fault: testkit::Fault) -> (Shop, Value) {
    let shop = Shop::at("2026-01-20T15:00:00Z").await;
    let made = shop
        .subscribe(json!({}), json!({ "startDate": "2026-01-25" }))
        .await;
    let context = shop.world.app.scheduled(shop.scope(), None);
    let stored = context.find_now(buyer(&made)).await.unwrap().unwrap();
    let mut customer = (*stored).clone();
    customer.set_credit(models::Money::new(10_000, "USD".parse().unwrap()));
    let mut writes = context.writes().await.unwrap();
    writes.update(&stored, &customer, None).unwrap();
    assert!(context.write(&writes).await.unwrap());
    shop.run("2026-01-24T12:00:00Z").await;
    let at: models::Timestamp = "2026-01-25T06:00:00Z".parse().unwrap();
    let slot = models::billing::Slot {
        date: "2026-01-25".parse().unwrap(),
        n: 0,
    };
    let subscription = made["id"].as_str().unwrap().parse().unwrap();
    let process = shop.world.process(4711);
    process.meter.fault(Some(fault));
    let dying = process.app.scheduled(shop.scope(), Some(at));
    drop(operations::run_schedule(&dying, subscription, slot, at).await);
    (shop, made)
}

fn buyer(made: &Value) -> models::Id<models::ids::Customer> {
    made["customerId"].as_str().unwrap().parse().unwrap()
}

/// What is paid and not credited, in cents, of invoices that are all paid or void; what the balance has; and how many credit notes there
/// are.
async fn kept(shop: &Shop, made: &Value) -> (i64, i64, usize) {
    let context = shop.world.app.scheduled(shop.scope(), None);
    let page = models::page::PageRequest {
        limit: 100,
        after: None,
    };
    let mut kept = 0;
    let invoices = context.invoices(&page, None, None, None).await.unwrap();
    for invoice in &invoices.items {
        let credited = invoice.credited.as_ref().map_or(0, |one| one.total.minor());
        match invoice.status.as_str() {
            "paid" => kept += invoice.total().unwrap().minor() - credited,
            "void" => {}
            other => panic!("{other}: {invoice:?}"),
        }
    }
    let customer = context.find_now(buyer(made)).await.unwrap().unwrap();
    let notes = shop.v3().get("/v3/credit-notes").await;
    let notes = notes.expect(200)["data"].as_array().unwrap().len();
    (kept, customer.credit("USD".parse().unwrap()).minor(), notes)
}

#[tokio::test]
async fn what_the_balance_paid_of_a_row_that_was_changed_meanwhile_goes_back_to_it() {
    let mut credited = 0;
    for fault in testkit::Fault::everywhere(24) {
        let (shop, made) = billed_by_the_dying(fault).await;
        change(&shop, &made, 50).await;
        shop.run("2026-01-25T06:00:00Z").await;
        let now = shop.subscription(&made["id"]).await;
        let row = &now["schedules"][0];
        assert_eq!(row["status"], "COMPLETED", "{fault:?}: {now}");
        let paid = if row["amount"] == json!(50) {
            5_000
        } else {
            2_000
        };
        let (kept, balance, notes) = kept(&shop, &made).await;
        assert_eq!((kept, balance), (paid, 10_000 - paid), "{fault:?}: {row}");
        credited += notes;
    }
    assert!(credited > 0, "no invoice of an earlier amount was paid");
}

#[tokio::test]
async fn what_the_balance_paid_of_a_row_that_was_cancelled_meanwhile_goes_back_to_it() {
    let mut credited = 0;
    for fault in testkit::Fault::everywhere(24) {
        let (shop, made) = billed_by_the_dying(fault).await;
        let rest = format!("/{}/cancel", made["id"].as_str().unwrap());
        shop.call(Method::PATCH, "subscriptions", &rest, Value::Null)
            .await
            .expect(204);
        shop.run("2026-01-25T06:00:00Z").await;
        let now = shop.subscription(&made["id"]).await;
        let paid = match now["schedules"][0]["status"].as_str().unwrap() {
            "COMPLETED" => 2_000,
            "CANCELLED" => 0,
            other => panic!("{other}"),
        };
        let (kept, balance, notes) = kept(&shop, &made).await;
        assert_eq!((kept, balance), (paid, 10_000 - paid), "{fault:?}: {now}");
        credited += notes;
    }
    assert!(credited > 0, "no invoice of a cancelled row was paid");
}
