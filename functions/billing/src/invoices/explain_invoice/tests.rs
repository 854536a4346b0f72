use serde_json::{Value, json};
use testkit::{Call, World};

use crate::invoices::invoice_testing::{act, customer, draft, finalize, give};

const ROUNDING: &str = "half away from zero to 1 minor unit";

/// An invoice with fractions of cents, a coupon, a tax, what the balance paid, and a payment in part; its path and the tax.
async fn invoice(world: &World) -> (Call, String, String) {
    let (api, customer) = customer(world).await;
    let vat = json!({ "display_name": "VAT", "percentage": 20 });
    let vat = api.post("/v3/tax-rates", vat).await;
    let vat = vat.text_of("id").to_owned();
    let coupon = json!({ "id": "welcome", "name": "Welcome", "percent_off": 12.5 });
    api.post("/v3/coupons", coupon).await.expect(201);
    give(&api, &customer, 100).await;
    let lines = json!([
        { "description": "Requests", "quantity": 1001, "unit_amount": 0.25, "tax_rate_ids": [vat] },
        { "description": "Work", "quantity": 1, "unit_amount": 1000, "tax_rate_ids": [vat] },
        { "description": "Sorry", "unit_amount": -50 },
    ]);
    let fields = json!({ "line_items": lines, "coupon_id": "welcome" });
    let path = draft(&api, &customer, 0, fields).await;
    finalize(&api, &path).await;
    let part = json!({ "paid_out_of_band": true, "amount": 300 });
    act(&api, &path, "pay", part).await.expect(200);
    (api, path, vat)
}

/// The line of the invoice: description, quantity and unit amount, exact and rounded amount, share of the discount, rates.
fn line(id: &str, of: (&str, &str, &str), amount: (&str, i64), share: i64, rates: &Value) -> Value {
    let (description, quantity, unit) = of;
    let number = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let (quantity, unit, exact) = (number(quantity), number(unit), number(amount.0));
    json!({
        "id": id, "description": description,
        "inputs": {
            "pricing_model": "per_unit", "quantity": quantity, "amount": unit, "events": 0, "fraction": null,
            "credit": false, "credited_item": null,
        },
        "formula": "amount × quantity",
        "steps": [{ "quantity": quantity, "unit_amount": unit, "flat_amount": 0, "amount": exact }],
        "exact": exact, "rounding": ROUNDING, "amount": amount.1, "discount_share": share, "tax_rate_ids": rates,
        "matches": true,
    })
}

#[tokio::test]
async fn every_amount_of_an_invoice_is_worked_out_again() {
    let world = World::new().await;
    let (api, path, vat) = invoice(&world).await;
    world.meter.take();
    let answer = api.get(&format!("{path}/explain")).await;
    assert_eq!(world.meter.take().read_tenths, 10);
    let id = |index: usize| format!("il_{}_{index}", path.rsplit('_').next().unwrap());
    let (rates, none) = (json!([vat]), json!([]));
    // 12.5 % of 1250 is 156.25: 31 of the first line and the rest of the second.
    let lines = [
        line(
            &id(1),
            ("Requests", "1001", "0.25"),
            ("250.25", 250),
            31,
            &rates,
        ),
        line(&id(2), ("Work", "1", "1000"), ("1000", 1000), 125, &rates),
        line(&id(3), ("Sorry", "1", "-50"), ("-50", -50), 0, &none),
    ];
    let body = answer.expect(200);
    assert_eq!(body["lines"], json!(lines));
    let discount = json!({
        "coupon_id": "welcome", "percent_off": 12.5, "amount_off": null, "base": 1250, "formula": "base × percent_off ÷ 100",
        "shares": "round(amount × Σ lines up to this one ÷ base) − Σ shares before, over the lines that it reaches",
        "exact": 156.25, "rounding": ROUNDING, "amount": 156, "matches": true,
    });
    assert_eq!(body["discount"], discount);
    let tax = json!({
        "tax_rate_id": vat, "name": "VAT", "rate": 20, "inclusive": false, "parts": [{ "amount": 1094, "divisor": 100 }],
        "base": 1094, "formula": "Σ parts (amount × rate ÷ divisor)", "exact": 218.8, "rounding": ROUNDING, "amount": 219,
        "matches": true,
    });
    assert_eq!(body["taxes"], json!([tax]));
    let head = [
        "invoice_id",
        "number",
        "currency",
        "minor_digits",
        "matches",
    ];
    let head = head.map(|name| body[name].clone());
    let own = path.rsplit('/').next().unwrap();
    assert_eq!(json!(head), json!([own, "INV-2026-000002", "USD", 2, true]));
}

#[tokio::test]
async fn the_sums_are_those_of_the_invoice() {
    let world = World::new().await;
    let (api, path, _) = invoice(&world).await;
    let explained = api.get(&format!("{path}/explain")).await;
    let totals = &explained.expect(200)["totals"];
    let invoice = api.get(&path).await.body;
    let want = [
        ("subtotal", "subtotal", 1200, "Σ lines"),
        (
            "discount",
            "discount_amount",
            156,
            "what the coupon takes off",
        ),
        ("tax", "tax", 219, "Σ taxes"),
        (
            "total",
            "total",
            1263,
            "subtotal − discount + Σ taxes that are not inclusive",
        ),
        (
            "balance_applied",
            "balance_applied",
            100,
            "min(total, what the customer's balance had when it became final); the total where that is below 0; 0 where it is void",
        ),
        (
            "amount_due",
            "amount_due",
            1163,
            "total − balance_applied; 0 where the total is below 0",
        ),
        ("credited", "amount_credited", 0, "Σ credit notes"),
        (
            "amount_paid",
            "amount_paid",
            300,
            "Σ payments + what was received elsewhere, each as far as it was owed",
        ),
        (
            "amount_remaining",
            "amount_remaining",
            863,
            "amount_due − credited_before_payment − amount_paid; 0 where it is void",
        ),
    ];
    for (name, field, amount, formula) in want {
        let sum = json!({ "amount": amount, "formula": formula, "matches": true });
        assert_eq!(totals[name], sum);
        assert_eq!(invoice[field], amount, "{field}");
    }
    let theirs = api.with_key(&world.theirs.test_key);
    theirs.get(&format!("{path}/explain")).await.expect(404);
}

#[tokio::test]
async fn a_credit_note_is_within_its_bounds() {
    let world = World::new().await;
    let (api, path, _) = invoice(&world).await;
    let id = path.rsplit('/').next().unwrap();
    let note = json!({ "invoice_id": id, "amount": 1000, "reason": "order_change" });
    api.post("/v3/credit-notes", note).await.expect(201);
    let explained = api.get(&format!("{path}/explain")).await;
    let body = explained.expect(200);
    assert_eq!(body["matches"], true, "{}", explained.text);
    assert_eq!(body["totals"]["credited"]["amount"], 1000);
    assert_eq!(body["totals"]["credited_before_payment"]["amount"], 863);
    assert_eq!(body["totals"]["amount_remaining"]["amount"], 0);
    assert_eq!(api.get(&path).await.body["status"], "paid");
}
