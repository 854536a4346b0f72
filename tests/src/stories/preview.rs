//! What a preview says is what is charged then: for random plans, changes and moments.

use serde_json::{Value, json};
use testkit::{Call, GOOD_CARD, World};

use crate::generators::catalogue;

const ROUNDS: u64 = 30;

/// `SplitMix64`: the same rounds for the same seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit
    }

    fn one_of<T: Clone>(&mut self, choices: &[T]) -> T {
        let count = u64::try_from(choices.len()).unwrap();
        let index = usize::try_from(self.below(count)).unwrap();
        choices[index].clone()
    }
}

/// A plan of any model, in the currency of the round.
fn plan(dice: &mut Dice, id: &str, currency: &str) -> Value {
    let amount = dice.below(50_000) + 1;
    let tiers = json!([
        { "up_to": 3, "unit_amount": dice.below(900), "flat_amount": dice.below(100) },
        { "up_to": null, "unit_amount": 17.25 },
    ]);
    let mut plan = json!({ "id": id, "name": id, "currency": currency, "amount": amount });
    let model = dice.one_of(&["flat", "per_unit", "graduated", "volume", "package"]);
    plan["pricing_model"] = json!(model);
    match model {
        "graduated" | "volume" => plan["tiers"] = tiers,
        "package" => plan["package_size"] = json!(4),
        _ => {}
    }
    plan["interval"] = json!(dice.one_of(&["month", "month", "month", "week", "quarter"]));
    plan["tax_behavior"] = json!(dice.one_of(&["unspecified", "inclusive", "exclusive"]));
    plan
}

fn quantity(dice: &mut Dice, plan: &Value) -> u64 {
    if plan["pricing_model"] == "flat" {
        1
    } else {
        dice.below(12) + 1
    }
}

struct Round {
    id: String,
    seconds: i64,
    change: Value,
}

/// A customer with a card, a subscription to one of two random plans, and a change to the other one.
async fn round(api: &Call, dice: &mut Dice, seed: u64) -> Round {
    let currency = dice.one_of(&["USD", "JPY", "KWD"]);
    let (old, new) = (format!("old_{seed}"), format!("new_{seed}"));
    let (before, after) = (plan(dice, &old, currency), plan(dice, &new, currency));
    for plan in [&before, &after] {
        api.plan(plan.clone()).await;
    }
    let customer = api.customer().await;
    api.card(&customer, GOOD_CARD).await;
    let mut fields = json!({
        "customer_id": customer, "plan_id": old, "quantity": quantity(dice, &before),
    });
    if dice.below(2) == 0 {
        let coupon = json!({
            "id": format!("coupon_{seed}"), "name": "Off", "percent_off": dice.below(99) + 1,
            "duration": dice.one_of(&["once", "forever"]),
        });
        api.post("/v3/coupons", coupon.clone()).await.expect(201);
        fields["coupon_id"] = coupon["id"].clone();
    }
    if dice.below(2) == 0 {
        let rate =
            json!({ "display_name": "VAT", "percentage": 7.25, "inclusive": dice.below(2) == 0 });
        let rate = api.post("/v3/tax-rates", rate).await;
        fields["tax_rate_ids"] = json!([rate.text_of("id")]);
    }
    let subscription = api.post("/v3/subscriptions", fields).await;
    subscription.expect(201);
    let change = json!({
        "plan_id": new, "quantity": quantity(dice, &after),
        "proration_behavior": dice.one_of(&["create_prorations", "always_invoice", "always_invoice", "none"]),
        "billing_cycle_anchor": dice.one_of(&["unchanged", "unchanged", "now"]),
    });
    Round {
        id: subscription.text_of("id").to_owned(),
        seconds: i64::try_from(dice.below(7 * 86_400 - 60)).unwrap(),
        change,
    }
}

/// The invoices of a subscription, newest first.
async fn invoices(api: &Call, id: &str) -> Vec<Value> {
    let list = api
        .get(&format!("/v3/invoices?subscription_id={id}&limit=100"))
        .await;
    list.expect(200)["data"].as_array().unwrap().clone()
}

fn assert_same(told: &Value, made: &Value, what: &str) {
    for field in [
        "billing_reason",
        "currency",
        "subtotal",
        "discount",
        "discount_amount",
        "tax",
        "total",
        "balance_applied",
        "amount_due",
        "period_start",
        "period_end",
        "taxes",
    ] {
        assert_eq!(told[field], made[field], "{what}: {field}\n{told}\n{made}");
    }
    let lines = |invoice: &Value| {
        let lines = invoice["line_items"].as_array().unwrap().clone();
        lines
            .into_iter()
            .map(|mut line| {
                line["id"] = json!(null);
                line
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(lines(told), lines(made), "{what}");
}

#[tokio::test]
async fn a_change_is_charged_what_its_preview_said() {
    let world = World::new().await;
    let now = world.call(catalogue::all());
    let mut invoiced = 0;
    for seed in 0..ROUNDS {
        let mut dice = Dice(seed);
        let round = round(&now, &mut dice, seed).await;
        let what = format!("seed {seed}: {}", round.change);
        let first = invoices(&now, &round.id).await.len();
        let later = world.later(round.seconds);
        let api = later.call(catalogue::all());
        let path = format!("/v3/subscriptions/{}", round.id);
        let preview = api
            .post(&format!("{path}/preview"), round.change.clone())
            .await;
        preview.expect(200);
        let told = &preview.body["immediate_invoice"];
        // The change comes some seconds after its preview and is charged what that said.
        let after = world.later(round.seconds + 50);
        let api = after.call(catalogue::all());
        let mut change = round.change;
        change["proration_date"] = preview.body["proration_date"].clone();
        api.patch(&path, change).await.expect(200);
        let made = invoices(&api, &round.id).await;
        if told.is_null() {
            assert_eq!(made.len(), first, "{what}");
        } else {
            invoiced += 1;
            assert_eq!(made.len(), first + 1, "{what}");
            assert_same(told, &made[0], &what);
        }
        let next = api.post(&format!("{path}/preview"), json!({})).await;
        let told = &next.expect(200)["next_invoice"];
        let end = next.body["subscription"]["current_period_end"]
            .as_str()
            .unwrap();
        let end = end.parse().unwrap();
        let context = after.app.scheduled(after.ours.test(), Some(end));
        let number = round.id.parse().unwrap();
        operations::run_subscription(&context, number, end)
            .await
            .unwrap();
        let renewed = invoices(&api, &round.id).await;
        assert_eq!(renewed.len(), made.len() + 1, "{what}");
        assert_same(told, &renewed[0], &what);
    }
    assert!(
        invoiced > 8,
        "{invoiced} of {ROUNDS} changes were billed at once"
    );
}
