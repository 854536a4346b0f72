use models::Timestamp;
use serde_json::{Value, json};
use testkit::World;

use crate::invoices::invoice_testing::{
    GOOD, buyer, credit, customer, draft, finalize, merge, run_at, run_due, told,
};

#[tokio::test]
async fn a_draft_is_added_up_and_says_all_of_itself() {
    let world = World::new().await;
    let (api, customer) = customer(&world).await;
    let vat = json!({ "display_name": "VAT", "percentage": 20 });
    let vat = api
        .post("/v3/tax-rates", vat)
        .await
        .text_of("id")
        .to_owned();
    let settings = json!({ "default_tax_rates": [vat], "days_until_due": 14 });
    api.patch("/v3/billing-settings", settings).await;
    let body = json!({
        "customer_id": customer,
        "line_items": [
            { "description": "Consulting", "quantity": 2.5, "unit_amount": 12_000 },
            { "description": "Requests", "quantity": 1001, "unit_amount": 0.25, "tax_rate_ids": [] },
            { "description": "Sorry", "unit_amount": -500 },
        ],
        "footer": "Thank you.",
        "metadata": { "source": "website" },
    });
    world.meter.take();
    let answer = api.post("/v3/invoices", body).await;
    let units = world.meter.take();
    // A transaction, because the customer has to be there.
    assert!(
        units.read_tenths <= 45 && units.write_tenths <= 70,
        "{units:?}"
    );
    let invoice = answer.expect(201).clone();
    let id = answer.text_of("id");
    let number = id.rsplit('_').next().unwrap();
    let line = |index: usize, description: &str, quantity: Value, unit: Value, amount: i64| {
        json!({
            "id": format!("il_{number}_{index}"), "description": description, "quantity": quantity,
            "unit_amount": unit, "amount": amount, "proration": false, "plan_id": null, "metric_name": null,
            "period": { "start": "2026-01-15T12:00:00Z", "end": "2026-01-15T12:00:00Z" },
        })
    };
    let mut requests = line(2, "Requests", json!(1001), json!(0.25), 250);
    requests["tax_rate_ids"] = json!([]);
    let lines = [
        line(1, "Consulting", json!(2.5), json!(12_000), 30_000),
        requests,
        line(3, "Sorry", json!(1), json!(-500), -500),
    ];
    assert_eq!(invoice["line_items"], json!(lines));
    let picked = [
        ("number", json!(null)),
        ("status", json!("draft")),
        ("billing_reason", json!("manual")),
        ("currency", json!("USD")),
        ("collection_method", json!("send_invoice")),
        ("days_until_due", json!(14)),
        ("due_date", json!(null)),
        ("auto_finalize_at", json!(null)),
        ("subtotal", json!(29_750)),
        ("tax", json!(5_900)),
        ("total", json!(35_650)),
        ("amount_remaining", json!(35_650)),
        ("footer", json!("Thank you.")),
        ("metadata", json!({ "source": "website" })),
    ];
    for (field, want) in picked {
        assert_eq!(invoice[field], want, "{field}");
    }
    assert_eq!(invoice["seller"]["name"], "Business 1");
    assert_eq!(invoice["customer"]["name"], "Initech");
    assert_eq!(invoice["customer"]["email"], "a@example.com");
    assert_eq!(api.get(&format!("/v3/invoices/{id}")).await.body, invoice);
    assert_eq!(told(&world, id), ["1 invoice.created"]);
}

#[tokio::test]
async fn a_coupon_is_redeemed_once_however_many_want_it() {
    let world = World::new().await;
    let (api, customer) = customer(&world).await;
    let coupon =
        json!({ "id": "welcome", "name": "Welcome", "percent_off": 25, "max_redemptions": 1 });
    api.post("/v3/coupons", coupon).await.expect(201);
    let lines = json!([
        { "description": "Work", "unit_amount": 1000 },
        { "description": "Sorry", "unit_amount": -200 },
    ]);
    let body = json!({ "customer_id": customer, "coupon_id": "welcome", "line_items": lines });
    let calls = (0..8).map(|_| api.post("/v3/invoices", body.clone()));
    let answers = futures::future::join_all(calls).await;
    let (made, refused): (Vec<_>, Vec<_>) = answers
        .iter()
        .partition(|answer| answer.status.as_u16() == 201);
    assert_eq!(made.len(), 1);
    assert!(
        refused
            .iter()
            .all(|answer| answer.text_of("code") == "coupon_exhausted")
    );
    // No coupon reaches what is given back.
    assert_eq!(made[0].body["discount_amount"], 250);
    assert_eq!(made[0].body["total"], 550);
    let coupon = api.get("/v3/coupons/welcome").await;
    assert_eq!(coupon.body["times_redeemed"], 1);
    let path = format!("/v3/invoices/{}", made[0].text_of("id"));
    let invoice = finalize(&api, &path).await;
    assert_eq!(
        invoice["discount"],
        json!({ "coupon_id": "welcome", "amount": 250 })
    );
}

#[tokio::test]
async fn a_draft_becomes_final_by_itself_after_an_hour() {
    let world = World::new().await;
    let (api, customer) = buyer(&world, GOOD).await;
    let fields = json!({ "auto_finalize": true, "collection_method": "charge_automatically" });
    let path = draft(&api, &customer, 5000, fields).await;
    let invoice = api.get(&path).await.body;
    assert_eq!(invoice["auto_finalize_at"], "2026-01-15T13:00:00Z");
    assert_eq!(invoice["next_payment_attempt"], json!(null));
    let early: Timestamp = "2026-01-15T12:59:59Z".parse().unwrap();
    run_at(&world, &path, early).await;
    assert_eq!(api.get(&path).await.body["status"], "draft");
    let due = run_due(&world, &path).await;
    assert_eq!(due.to_string(), "2026-01-15T13:00:00Z");
    let invoice = api.get(&path).await.body;
    assert_eq!(invoice["status"], "paid");
    assert_eq!(invoice["number"], "INV-2026-000001");
    assert_eq!(invoice["finalized_at"], "2026-01-15T13:00:00Z");
    assert_eq!(invoice["auto_finalize_at"], json!(null));
    // The message comes again.
    run_at(&world, &path, due).await;
    assert_eq!(api.get(&path).await.body, invoice);
    assert_eq!(world.sandbox.asked().len(), 1);
}

#[tokio::test]
async fn what_is_below_zero_goes_to_the_balance_and_pays_what_comes() {
    let world = World::new().await;
    let (api, customer) = customer(&world).await;
    let path = draft(&api, &customer, -700, json!({})).await;
    assert_eq!(credit(&world, &customer).await, 0);
    let invoice = finalize(&api, &path).await;
    assert_eq!(invoice["status"], "paid");
    assert_eq!(invoice["balance_applied"], -700);
    assert_eq!(invoice["amount_due"], 0);
    assert_eq!(credit(&world, &customer).await, 700);
    let path = draft(&api, &customer, 1000, json!({})).await;
    let invoice = finalize(&api, &path).await;
    assert_eq!(invoice["status"], "open");
    assert_eq!(invoice["balance_applied"], 700);
    assert_eq!(invoice["amount_remaining"], 300);
    assert_eq!(credit(&world, &customer).await, 0);
}

type Wrong = (Value, u16, Vec<&'static str>);

/// A good line, and one with these fields.
fn lines(fields: Value) -> Value {
    let mut line = json!({ "description": "Work", "unit_amount": 99_999_999_999_i64 });
    merge(&mut line, fields);
    json!({ "line_items": [{ "description": "Work", "unit_amount": 1 }, line] })
}

/// A good line, and further fields.
fn fields(fields: Value) -> Value {
    let mut body = json!({ "line_items": [{ "description": "Work", "unit_amount": 1 }] });
    merge(&mut body, fields);
    body
}

/// Lines that are wrong; the rate `off` is not active.
fn wrong_lines(off: &str) -> Vec<Wrong> {
    let many = |count, line: Value| vec![line; count];
    let line = json!({ "description": "Work", "quantity": 99, "unit_amount": 99_999_999_999_i64 });
    let all = ["description", "quantity", "unit_amount", "unitamount"];
    let all = all.map(|name| &*format!("/line_items/1/{name}").leak());
    vec![
        (json!({}), 400, vec!["/line_items"]),
        (json!({ "line_items": [] }), 400, vec!["/line_items"]),
        (
            json!({ "line_items": many(101, line.clone()) }),
            400,
            vec!["/line_items"],
        ),
        (
            json!({ "line_items": many(100, line) }),
            400,
            vec!["/line_items"],
        ),
        (
            lines(json!({ "quantity": 1_000_000 })),
            400,
            vec!["/line_items/1/unit_amount"],
        ),
        (
            lines(json!({ "quantity": 0 })),
            400,
            vec!["/line_items/1/quantity"],
        ),
        (
            lines(
                json!({ "quantity": -1, "description": "", "unit_amount": "x", "unitamount": 1 }),
            ),
            400,
            all.to_vec(),
        ),
        (
            lines(json!({ "unit_amount": 0.000_000_1 })),
            400,
            vec!["/line_items/1/unit_amount"],
        ),
        (
            lines(json!({ "tax_rate_ids": ["txr_rs_1", off, off] })),
            400,
            vec!["/line_items/1/tax_rate_ids"; 4],
        ),
    ]
}

/// Other fields that are wrong.
fn wrong_fields(off: &str) -> Vec<Wrong> {
    let all = json!({
        "line_items": 1, "customer_id": 1, "currency": "XXX", "collection_method": "x", "auto_collection": 1,
        "days_until_due": 366, "tax_rate_ids": "x", "coupon_id": "a b", "auto_finalize": "x", "footer": "", "metadata": 1,
        "customerid": "x",
    });
    let named = vec![
        "/customer_id",
        "/currency",
        "/line_items",
        "/auto_collection",
        "/collection_method",
        "/days_until_due",
        "/tax_rate_ids",
        "/coupon_id",
        "/auto_finalize",
        "/footer",
        "/metadata",
        "/customerid",
    ];
    let both = json!({ "collection_method": "send_invoice", "auto_collection": true });
    vec![
        (
            fields(json!({ "tax_rate_ids": ["txr_rs_1"] })),
            404,
            vec!["/tax_rate_ids"],
        ),
        (
            fields(json!({ "tax_rate_ids": [off] })),
            400,
            vec!["/tax_rate_ids"],
        ),
        (
            fields(json!({ "customer_id": "cust_rs_1" })),
            404,
            vec!["/customer_id"],
        ),
        (
            fields(json!({ "coupon_id": "none" })),
            404,
            vec!["/coupon_id"],
        ),
        (
            fields(json!({ "coupon_id": "euros" })),
            400,
            vec!["/coupon_id"],
        ),
        (fields(both), 400, vec!["/collection_method"]),
        (all, 400, named),
    ]
}

#[tokio::test]
async fn what_does_not_fit_together_is_named_and_nothing_is_written() {
    let world = World::new().await;
    let (api, customer) = customer(&world).await;
    let off = json!({ "display_name": "Old", "percentage": 1 });
    let off = api
        .post("/v3/tax-rates", off)
        .await
        .text_of("id")
        .to_owned();
    let switch = json!({ "active": false });
    api.patch(&format!("/v3/tax-rates/{off}"), switch)
        .await
        .expect(200);
    let euros = json!({ "id": "euros", "name": "Euros", "amount_off": 5, "currency": "EUR" });
    api.post("/v3/coupons", euros).await.expect(201);
    let before = world.dump().len();
    for (fields, status, pointers) in wrong_lines(&off).into_iter().chain(wrong_fields(&off)) {
        let mut body = json!({ "customer_id": customer });
        merge(&mut body, fields);
        let answer = api.post("/v3/invoices", body).await;
        answer.expect(status);
        assert_eq!(answer.pointers(), pointers);
    }
    assert_eq!(world.dump().len(), before);
}

#[tokio::test]
async fn the_same_key_makes_one_draft() {
    let world = World::new().await;
    let (api, customer) = customer(&world).await;
    let body = json!({
        "customer_id": customer, "currency": "JPY", "auto_collection": true,
        "line_items": [{ "description": "Work", "unit_amount": 1000.5 }],
    });
    let keyed = api.idempotent("k");
    let first = keyed.post("/v3/invoices", body.clone()).await;
    assert_eq!(first.expect(201)["total"], 1001);
    assert_eq!(first.body["days_until_due"], 0);
    assert_eq!(first.body["collection_method"], "charge_automatically");
    assert_eq!(keyed.post("/v3/invoices", body).await.text, first.text);
    let list = api.get("/v3/invoices?status=draft").await;
    assert_eq!(list.body["data"], json!([first.body]));
}
