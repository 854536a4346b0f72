//! Rules that the document leaves open.

use http::Method;
use serde_json::{Value, json};

use super::{Shop, statuses};

#[tokio::test]
async fn every_wrong_field_is_named_and_nothing_is_written() {
    let shop = Shop::at("2026-01-15T12:00:00Z").await;
    let before = shop.world.dump().len();
    let refused = async |resource: &str, body: Value| {
        let answer = shop.call(Method::POST, resource, "", body).await;
        answer.expect(400);
        assert_eq!(answer.text_of("code"), "invalid_request");
        let errors = answer.body["errors"].as_array().unwrap();
        let names = errors
            .iter()
            .map(|error| error["field"].as_str().unwrap().to_owned());
        names.collect::<Vec<_>>()
    };
    let body = json!({ "customerNum": "", "email": "nobody", "firstName": 1, "lastName": [], "phoneNo": "1", "custumerNum": "x" });
    let want = ["customerNum", "email", "firstName", "lastName", "phoneNo"];
    assert_eq!(refused("customers", body).await, want);
    let body = json!({ "name": "", "amount": -1, "billingPeriod": "HOURLY", "deductions": -1, "graceDays": 400, "policy": "FREE", "reminderDays": 61 });
    let want = [
        "name",
        "amount",
        "billingPeriod",
        "deductions",
        "graceDays",
        "policy",
        "reminderDays",
    ];
    assert_eq!(refused("tiers", body).await, want);
    let body = json!({ "name": "A", "amount": 0.001, "billingPeriod": "ONCE" });
    assert_eq!(refused("tiers", body).await, ["amount"]);
    let body =
        json!({ "customerId": "x", "tierId": "a b", "amount": "many", "startDate": "tomorrow" });
    assert_eq!(
        refused("subscriptions", body).await,
        ["customerId", "tierId", "amount", "startDate"]
    );
    assert_eq!(shop.world.dump().len(), before);
    let made = shop.subscribe(json!({}), json!({})).await;
    let rest = format!("/{}/schedule/date", made["id"].as_str().unwrap());
    let rows = json!([{ "date": "2026-02-30", "amount": 1 }, { "date": "2026-02-28", "amount": 0.005 }, 5]);
    let answer = shop.call(Method::POST, "subscriptions", &rest, rows).await;
    answer.expect(400);
    let fields: Vec<&Value> = answer.body["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| &error["field"])
        .collect();
    assert_eq!(fields, ["0.date", "2"]);
}

#[tokio::test]
async fn one_key_makes_one_of_each() {
    let shop = Shop::at("2026-01-15T12:00:00Z").await;
    let api = shop.api.idempotent("k-1");
    let path = "/enterprise/v1/customers/acct_rs_1";
    let body = json!({ "customerNum": "1", "firstName": "A" });
    let first = api.post(path, body.clone()).await;
    first.expect(201);
    let again = api.post(path, body).await;
    assert_eq!(again.expect(201), &first.body);
    assert_eq!(again.headers["idempotent-replayed"], "true");
    let other = api
        .post(path, json!({ "customerNum": "2", "firstName": "A" }))
        .await;
    assert_eq!(other.expect(422)["code"], "idempotency_key_reused");
    let taken = shop
        .api
        .post(path, json!({ "customerNum": "1", "firstName": "B" }))
        .await;
    taken.expect(409);
    // A customer who is gone gives the number up.
    let v3 = shop.v3();
    v3.delete(&format!("/v3/customers/{}", first.text_of("id")))
        .await
        .expect(200);
    shop.api
        .post(path, json!({ "customerNum": "1", "firstName": "B" }))
        .await
        .expect(201);
}

#[tokio::test]
async fn a_customer_and_a_plan_of_v3_are_there_and_a_tier_paid_once_is_not_billed_by_periods() {
    let shop = Shop::at("2026-01-15T12:00:00Z").await;
    let v3 = shop.v3();
    let customer = v3
        .post(
            "/v3/customers",
            json!({ "email": "a@example.com", "phone": "+14165551234" }),
        )
        .await;
    let plan = json!({ "id": "pro", "name": "Pro", "currency": "USD", "amount": 1250, "interval": "week" });
    v3.post("/v3/plans", plan).await.expect(201);
    let tier = shop.get("tiers", "/pro").await;
    let want = json!({ "id": "pro", "name": "Pro", "amount": 12.5, "billingPeriod": "WEEKLY", "deductions": 0, "graceDays": 0, "policy": "TIER", "reminderDays": 0 });
    assert_eq!(tier, want);
    let new = json!({ "customerId": customer.body["id"], "tierId": "pro" });
    let made = shop.post("subscriptions", "", new).await;
    assert_eq!(made["schedules"][0]["scheduledFor"], "2026-01-15");
    assert_eq!(made["schedules"][1]["scheduledFor"], "2026-01-22");
    let metered = json!({ "id": "metered", "name": "M", "currency": "USD", "interval": "month", "meters": [{ "metric_name": "a", "amount": 1 }] });
    v3.post("/v3/plans", metered).await.expect(201);
    shop.call(Method::GET, "tiers", "/metered", Value::Null)
        .await
        .expect(404);
    let once = shop.tier(json!({ "billingPeriod": "ONCE" })).await;
    let refused = v3
        .post(
            "/v3/subscriptions",
            json!({ "customer_id": customer.body["id"], "plan_id": once }),
        )
        .await;
    assert_eq!(refused.expect(400)["errors"][0]["code"], "paid_once");
    // Nor does a change in v3 bill what is paid by schedule.
    let path = format!("/v3/subscriptions/{}", made["id"].as_str().unwrap());
    for change in [
        json!({ "plan_id": "pro", "quantity": 1, "billing_cycle_anchor": "now" }),
        json!({ "cancel_at_period_end": true }),
        json!({ "collection_method": "send_invoice" }),
    ] {
        assert_eq!(
            v3.patch(&path, change).await.expect(409)["code"],
            "paid_by_schedule"
        );
    }
    v3.patch(&path, json!({ "metadata": { "a": "b" } }))
        .await
        .expect(200);
    v3.post(&format!("{path}/pause"), json!({}))
        .await
        .expect(200);
    assert_eq!(
        statuses(&shop.subscription(&made["id"]).await),
        ["SUSPENDED", "SUSPENDED"]
    );
    v3.post(&format!("{path}/resume"), json!({}))
        .await
        .expect(200);
    assert_eq!(
        statuses(&shop.subscription(&made["id"]).await),
        ["PENDING", "PENDING"]
    );
    assert_eq!(v3.get("/v3/invoices").await.body["data"], json!([]));
}

#[tokio::test]
async fn an_invoice_that_v3_pays_or_voids_completes_or_cancels_its_row() {
    let shop = Shop::at("2026-01-20T15:00:00Z").await;
    let made = shop.subscribe(json!({}), json!({})).await;
    shop.run("2026-01-20T15:00:00Z").await;
    let v3 = shop.v3();
    let invoice = v3.get("/v3/invoices").await.body["data"][0].clone();
    assert_eq!(
        (&invoice["status"], &invoice["collection_method"]),
        (&json!("open"), &json!("payment_schedule"))
    );
    let path = format!("/v3/invoices/{}", invoice["id"].as_str().unwrap());
    let paid = v3
        .post(&format!("{path}/pay"), json!({ "paid_out_of_band": true }))
        .await;
    assert_eq!(paid.expect(200)["status"], "paid");
    let now = shop.subscription(&made["id"]).await;
    assert_eq!(statuses(&now), ["COMPLETED", "PENDING"]);
    assert_eq!(now["receipts"].as_array().unwrap().len(), 1);
    shop.run("2026-02-20T06:00:00Z").await;
    let invoice = v3.get("/v3/invoices?status=open").await.body["data"][0].clone();
    let path = format!("/v3/invoices/{}", invoice["id"].as_str().unwrap());
    v3.post(&format!("{path}/void"), json!({}))
        .await
        .expect(200);
    let now = shop.subscription(&made["id"]).await;
    assert_eq!(statuses(&now), ["COMPLETED", "CANCELLED", "PENDING"]);
    assert_eq!(now["nextBillingDate"], "2026-03-20T14:00:00Z");
}

#[tokio::test]
async fn a_row_that_is_owed_and_changed_has_another_invoice() {
    let shop = Shop::at("2026-01-20T15:00:00Z").await;
    let made = shop.subscribe(json!({}), json!({})).await;
    shop.run("2026-01-20T15:00:00Z").await;
    let rest = format!("/{}/schedule", made["id"].as_str().unwrap());
    let body = json!({ "id": made["schedules"][0]["id"], "amount": "42.50" });
    let changed = shop.call(Method::PUT, "subscriptions", &rest, body).await;
    assert_eq!(changed.expect(200)["amount"], 42.5);
    shop.run("2026-01-20T15:00:00Z").await;
    let list = shop.v3().get("/v3/invoices").await;
    let mut amounts: Vec<(Value, Value)> = list.body["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|invoice| (invoice["amount"].clone(), invoice["status"].clone()))
        .collect();
    amounts.sort_by_key(|(amount, _)| amount.as_i64());
    assert_eq!(
        amounts,
        [(json!(2000), json!("void")), (json!(4250), json!("open"))]
    );
    shop.pay(&made["schedules"][0]["shortenedUrl"])
        .await
        .expect(303);
    let now = shop.subscription(&made["id"]).await;
    assert_eq!(now["receipts"][0]["amount"], 42.5);
    let late = json!({ "id": made["schedules"][0]["id"], "amount": 1 });
    shop.call(Method::PUT, "subscriptions", &rest, late)
        .await
        .expect(409);
}

#[tokio::test]
async fn who_wants_no_messages_gets_none_and_nobody_is_woken() {
    let shop = Shop::at("2026-01-20T15:00:00Z").await;
    let made = shop
        .subscribe(json!({}), json!({ "startDate": "2026-01-25" }))
        .await;
    let v3 = shop.v3();
    let say = async |word: &str| {
        let inbound = json!({ "from": "+14165551234", "body": word });
        v3.post("/v3/messages/inbound", inbound).await.expect(201);
    };
    say("STOP").await;
    shop.run("2026-01-23T14:00:00Z").await;
    let failed = v3.get("/v3/messages?status=failed").await;
    assert_eq!(failed.body["data"][0]["error"]["code"], "opted_out");
    say("START").await;
    // Eleven at night in New York: the message waits until eight.
    let shop = shop.later(13 * 3600);
    let token = shop.token().await;
    let shop = Shop {
        api: shop.api.with_key(&token),
        ..shop
    };
    let rest = format!("/{}/schedule", made["id"].as_str().unwrap());
    let body = json!({ "id": made["schedules"][0]["id"] });
    shop.call(Method::PATCH, "subscriptions", &rest, body)
        .await
        .expect(204);
    shop.run("2026-01-21T12:59:59Z").await;
    let waits = shop.v3().get("/v3/messages?status=queued").await;
    assert_eq!(waits.body["data"][0]["send_at"], "2026-01-21T13:00:00Z");
    shop.run("2026-01-21T13:00:00Z").await;
    let sent = shop.v3().get("/v3/messages?status=sent").await;
    // Two answers, and the reminder.
    assert_eq!(sent.body["data"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn deductions_end_the_schedule_and_past_dates_are_left_out() {
    let shop = Shop::at("2026-01-20T15:00:00Z").await;
    let customer = shop.customer().await;
    let subscribe = async |terms: Value, start: &str| {
        let tier = shop.tier(terms).await;
        let new = json!({ "customerId": customer, "tierId": tier, "startDate": start });
        shop.post("subscriptions", "", new).await
    };
    let days = |subscription: &Value| {
        let rows = subscription["schedules"].as_array().unwrap();
        rows.iter()
            .map(|row| row["scheduledFor"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let backdated = subscribe(json!({}), "2022-02-25").await;
    assert_eq!(days(&backdated), ["2026-01-25"]);
    let daily = subscribe(
        json!({ "billingPeriod": "DAILY", "deductions": 2 }),
        "2026-01-20",
    )
    .await;
    assert_eq!(days(&daily), ["2026-01-20", "2026-01-21"]);
    let once = subscribe(json!({ "billingPeriod": "ONCE" }), "2026-01-20").await;
    shop.pay(&once["schedules"][0]["shortenedUrl"])
        .await
        .expect(303);
    let paid = shop.subscription(&once["id"]).await;
    assert_eq!(
        (statuses(&paid), &paid["nextBillingDate"]),
        (vec!["COMPLETED"], &json!(null))
    );
    let rest = format!("/{}/schedule/order", once["id"].as_str().unwrap());
    let refused = shop
        .call(
            Method::POST,
            "subscriptions",
            &rest,
            json!({ "amount": 1, "order": 1 }),
        )
        .await;
    assert_eq!(refused.expect(400)["errors"][0]["field"], "0.order");
}

#[tokio::test]
async fn payments_by_order_are_as_many_as_one_write_takes() {
    let shop = Shop::at("2026-01-15T12:00:00Z").await;
    let made = shop.subscribe(json!({}), json!({})).await;
    let rest = format!("/{}/schedule/order", made["id"].as_str().unwrap());
    let post = async |orders: Vec<u32>| {
        let rows: Vec<Value> = orders
            .iter()
            .map(|order| json!({ "order": order, "amount": 5 }))
            .collect();
        shop.call(Method::POST, "subscriptions", &rest, json!(rows))
            .await
    };
    post((1..=20).collect()).await.expect(201);
    let before = shop.world.dump();
    // 20 that are changed, and 90 that are made up to the last one.
    let mut orders = vec![110];
    orders.extend(1..=20);
    let many = post(orders).await;
    many.expect(400);
    assert_eq!(many.body["errors"][0]["field"], "0.order", "{}", many.text);
    assert_eq!(shop.world.dump(), before);
    let mut orders: Vec<u32> = (1..=20).collect();
    orders.push(90);
    post(orders).await.expect(201);
}
