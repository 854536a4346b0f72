//! `GET /v3/invoices/{id}/explain`

use api::dialect::rocketsavvy::{InvoiceExplanation, Problems};
use api::{BillingRead, Cx, Path, Problem, Reply};
use models::Error;
use models::ids::{self, Id};

/// Explain an invoice
///
/// Every amount is worked out again from what is stored: each line from its price, quantity and part of a period, the discount
/// from the lines, each tax from the lines less their shares of the discount, the sums from these. `exact` is what the formula
/// gives before its one rounding, and `matches` says whether that is the amount on the invoice. 1 consistent read.
#[utoipa::path(
    get,
    path = "/v3/invoices/{id}/explain",
    tag = "billing",
    params(("id" = String, Path, description = "The invoice.", example = "inv_rs_789012")),
    responses((status = 200, description = "How its amounts follow.", body = InvoiceExplanation), Problems)
)]
pub(crate) async fn explain_invoice(
    cx: Cx<BillingRead>,
    Path(id): Path<Id<ids::Invoice>>,
) -> Result<Reply, Problem> {
    let invoice = cx
        .invoice(id)
        .await?
        .ok_or_else(|| Error::not_found("invoice", id))?;
    Reply::ok(&InvoiceExplanation::of(&invoice)?)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use testkit::World;

    use crate::invoice_testing::{act, customer, draft, finalize, give};

    fn sum(amount: i64, formula: &str) -> Value {
        json!({ "amount": amount, "formula": formula, "matches": true })
    }

    fn line(id: &str, description: &str, inputs: Value, price: (&str, Value, Value)) -> Value {
        let (formula, steps, exact) = price;
        json!({
            "id": id, "description": description, "inputs": inputs, "formula": formula, "steps": steps, "exact": exact,
            "rounding": "half away from zero to 1 minor unit", "matches": true,
        })
    }

    #[tokio::test]
    async fn every_amount_of_an_invoice_is_worked_out_again() {
        let world = World::new().await;
        let (api, customer) = customer(&world).await;
        let vat = json!({ "display_name": "VAT", "percentage": 20 });
        let vat = api
            .post("/v3/tax-rates", vat)
            .await
            .text_of("id")
            .to_owned();
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
        let answer = api.get(&format!("{path}/explain")).await;
        let inputs = |quantity: Value, amount: Value| {
            json!({ "pricing_model": "per_unit", "quantity": quantity, "amount": amount, "events": 0, "fraction": null,
                    "discounted": null, "credit": false })
        };
        let step = |quantity: Value, unit: Value, amount: Value| json!([{ "quantity": quantity, "unit_amount": unit, "flat_amount": 0, "amount": amount }]);
        let formula = "amount × quantity";
        let id = |index: usize| format!("il_{}_{index}", path.rsplit('_').next().unwrap());
        let mut lines = [
            line(
                &id(1),
                "Requests",
                inputs(json!(1001), json!(0.25)),
                (
                    formula,
                    step(json!(1001), json!(0.25), json!(250.25)),
                    json!(250.25),
                ),
            ),
            line(
                &id(2),
                "Work",
                inputs(json!(1), json!(1000)),
                (
                    formula,
                    step(json!(1), json!(1000), json!(1000)),
                    json!(1000),
                ),
            ),
            line(
                &id(3),
                "Sorry",
                inputs(json!(1), json!(-50)),
                (formula, step(json!(1), json!(-50), json!(-50)), json!(-50)),
            ),
        ];
        // 12.5 % of 1250 is 156.25: 31 of the first line and the rest of the second.
        for (line, (amount, share, rates)) in lines.iter_mut().zip([
            (250, 31, json!([vat])),
            (1000, 125, json!([vat])),
            (-50, 0, json!([])),
        ]) {
            line["amount"] = json!(amount);
            line["discount_share"] = json!(share);
            line["tax_rate_ids"] = rates;
        }
        let want = json!({
            "invoice_id": path.rsplit('/').next().unwrap(),
            "number": "INV-2026-000002",
            "currency": "USD",
            "minor_digits": 2,
            "lines": lines,
            "discount": {
                "coupon_id": "welcome", "percent_off": 12.5, "amount_off": null, "base": 1250, "formula": "base × percent_off ÷ 100",
                "shares": "round(amount × Σ lines up to this one ÷ base) − Σ shares before, over the lines that it reaches",
                "exact": 156.25, "rounding": "half away from zero to 1 minor unit", "amount": 156, "matches": true,
            },
            "taxes": [{
                "tax_rate_id": vat, "name": "VAT", "rate": 20, "inclusive": false, "parts": [{ "amount": 1094, "divisor": 100 }],
                "base": 1094, "formula": "Σ parts (amount × rate ÷ divisor)", "exact": 218.8,
                "rounding": "half away from zero to 1 minor unit", "amount": 219, "matches": true,
            }],
            "totals": {
                "subtotal": sum(1200, "Σ lines"),
                "discount": sum(156, "what the coupon takes off"),
                "tax": sum(219, "Σ taxes"),
                "total": sum(1263, "subtotal − discount + Σ taxes that are not inclusive"),
                "balance_applied": sum(100, "min(total, what the customer's balance had when it became final); the total where that is below 0; 0 where it is void"),
                "amount_due": sum(1163, "total − balance_applied; 0 where the total is below 0"),
                "credited": sum(0, "Σ credit notes"),
                "credited_before_payment": sum(0, "Σ credit notes, as far as they took off what was still owed"),
                "amount_paid": sum(300, "Σ payments + what was received elsewhere, each as far as it was owed"),
                "amount_remaining": sum(863, "amount_due − credited_before_payment − amount_paid; 0 where it is void"),
            },
            "matches": true,
        });
        assert_eq!(*answer.expect(200), want);
        let invoice = api.get(&path).await.body;
        for name in [
            "subtotal",
            "tax",
            "total",
            "balance_applied",
            "amount_due",
            "amount_paid",
            "amount_remaining",
        ] {
            assert_eq!(invoice[name], want["totals"][name]["amount"], "{name}");
        }
        let theirs = api.with_key(&world.theirs.test_key);
        theirs.get(&format!("{path}/explain")).await.expect(404);
    }
}
