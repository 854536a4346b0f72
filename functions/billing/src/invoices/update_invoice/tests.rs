use serde_json::{Value, json};
use testkit::World;

use crate::invoices::invoice_testing::{GOOD, buyer, customer, draft, finalize, told};

#[tokio::test]
async fn a_draft_is_changed_and_added_up_anew() {
    let world = World::new().await;
    let (api, customer) = customer(&world).await;
    let coupon = json!({ "id": "half", "name": "Half", "percent_off": 50 });
    api.post("/v3/coupons", coupon).await.expect(201);
    let vat = json!({ "display_name": "VAT", "percentage": 20 });
    let vat = api
        .post("/v3/tax-rates", vat)
        .await
        .text_of("id")
        .to_owned();
    let path = draft(
        &api,
        &customer,
        1000,
        json!({ "coupon_id": "half", "footer": "A" }),
    )
    .await;
    let mut want = api.get(&path).await.body;
    let changes = json!({
        "line_items": [
            { "description": "More", "quantity": 3, "unit_amount": 1000 },
            { "description": "Free of tax", "unit_amount": 1000, "tax_rate_ids": [] },
        ],
        "tax_rate_ids": [vat], "collection_method": "charge_automatically", "auto_finalize": true, "footer": null,
        "metadata": { "a": "b" },
    });
    let answer = api.patch(&path, changes.clone()).await;
    let period = json!({ "start": "2026-01-15T12:00:00Z", "end": "2026-01-15T12:00:00Z" });
    let number = path.rsplit('_').next().unwrap();
    want["line_items"] = json!([
        { "id": format!("il_{number}_1"), "description": "More", "quantity": 3, "unit_amount": 1000, "amount": 3000,
          "proration": false, "plan_id": null, "metric_name": null, "period": period },
        { "id": format!("il_{number}_2"), "description": "Free of tax", "quantity": 1, "unit_amount": 1000, "amount": 1000,
          "proration": false, "plan_id": null, "metric_name": null, "tax_rate_ids": [], "period": period },
    ]);
    let tax = json!({ "tax_rate_id": vat, "name": "VAT", "percentage": 20, "inclusive": false, "taxable_amount": 1500, "amount": 300 });
    let fields = [
        ("discount", json!({ "coupon_id": "half", "amount": 2000 })),
        ("discount_amount", json!(2000)),
        ("taxes", json!([tax])),
        ("subtotal", json!(4000)),
        ("tax", json!(300)),
        ("total", json!(2300)),
        ("amount", json!(2300)),
        ("amount_due", json!(2300)),
        ("amount_remaining", json!(2300)),
        ("collection_method", json!("charge_automatically")),
        ("days_until_due", json!(0)),
        ("auto_finalize_at", json!("2026-01-15T13:00:00Z")),
        ("footer", json!(null)),
        ("metadata", json!({ "a": "b" })),
    ];
    for (field, value) in fields {
        want[field] = value;
    }
    assert_eq!(*answer.expect(200), want);
    assert_eq!(api.get(&path).await.body, want);
    let id = answer.text_of("id");
    assert_eq!(told(&world, id), ["2 invoice.updated"]);
    world.meter.take();
    api.patch(&path, changes).await.expect(200);
    assert_eq!(world.meter.take().write_tenths, 0);
    let off = api
        .patch(
            &path,
            json!({ "auto_finalize": false, "days_until_due": 7 }),
        )
        .await;
    assert_eq!(off.body["auto_finalize_at"], json!(null));
    assert_eq!(off.body["days_until_due"], 7);
}

#[tokio::test]
async fn of_what_is_final_only_the_metadata_changes() {
    let world = World::new().await;
    let (api, customer) = customer(&world).await;
    let path = draft(&api, &customer, 1000, json!({})).await;
    let mut want = finalize(&api, &path).await;
    for change in [
        json!({ "line_items": [{ "description": "More", "unit_amount": 1 }] }),
        json!({ "days_until_due": 1 }),
        json!({ "footer": null }),
        json!({ "footer": "x" }),
        json!({ "tax_rate_ids": [] }),
        json!({ "auto_collection": false }),
        json!({ "auto_finalize": false }),
        json!({ "footer": "x", "metadata": {} }),
    ] {
        let refused = api.patch(&path, change).await;
        refused.expect(409);
        assert_eq!(refused.text_of("code"), "invalid_invoice_status");
    }
    let tagged = api.patch(&path, json!({ "metadata": { "a": "b" } })).await;
    want["metadata"] = json!({ "a": "b" });
    assert_eq!(*tagged.expect(200), want);
}

#[tokio::test]
async fn wrong_fields_are_named_and_nothing_is_written() {
    let world = World::new().await;
    let (api, customer) = customer(&world).await;
    let path = draft(&api, &customer, 1000, json!({})).await;
    let before = api.get(&path).await.body;
    let cases: Vec<(Value, u16, Vec<&str>)> = vec![
        (json!({ "line_items": [] }), 400, vec!["/line_items"]),
        (
            json!({ "line_items": [{ "unit_amount": 1 }] }),
            400,
            vec!["/line_items/0/description"],
        ),
        (
            json!({ "line_items": [{ "description": "x", "quantity": 999_999, "unit_amount": 999_999_999_999_i64 }] }),
            400,
            vec!["/line_items/0/unit_amount"],
        ),
        (
            json!({ "tax_rate_ids": ["txr_rs_1"] }),
            404,
            vec!["/tax_rate_ids"],
        ),
        (
            json!({ "customer_id": "x", "currency": "USD", "coupon_id": null, "footer": 1, "autofinalize": true }),
            400,
            vec![
                "/footer",
                "/customer_id",
                "/currency",
                "/coupon_id",
                "/autofinalize",
            ],
        ),
    ];
    for (change, status, pointers) in cases {
        let answer = api.patch(&path, change).await;
        answer.expect(status);
        assert_eq!(answer.pointers(), pointers);
    }
    assert_eq!(api.get(&path).await.body, before);
}

#[tokio::test]
async fn a_draft_goes_and_its_place_among_what_is_due_with_it() {
    let world = World::new().await;
    let (api, customer) = buyer(&world, GOOD).await;
    let path = draft(&api, &customer, 1000, json!({ "auto_finalize": true })).await;
    let id = path.rsplit('/').next().unwrap();
    let gone = api.delete(&path).await;
    assert_eq!(*gone.expect(200), json!({ "id": id, "deleted": true }));
    assert_eq!(told(&world, id), ["2 invoice.deleted"]);
    api.get(&path).await.expect(404);
    api.delete(&path).await.expect(404);
    for list in [
        "/v3/invoices",
        &format!("/v3/invoices?customer_id={customer}"),
    ] {
        assert_eq!(api.get(list).await.body["data"], json!([]), "{list}");
    }
    let item = world.dump().into_iter().find(|item| item["id"]["S"] == id);
    assert!(item.unwrap().get("due_pk").is_none());
}
