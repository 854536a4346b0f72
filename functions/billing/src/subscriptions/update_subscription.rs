//! `PATCH /v3/subscriptions/{id}`

use api::{BillingWrite, Cx, Done, Json, Path, Problem, operation};
use models::View;
use models::billing::{self, PaymentBehavior};
use models::event::EventType;
use models::ids::{self, Id};
use operations::Purpose;
use views::rocketsavvy::Subscription;

use crate::subscriptions::begun::Begun;
use crate::subscriptions::changes::SubscriptionChanges;
use crate::subscriptions::terms::{refused, settle, settled};

/// Update a subscription
///
/// Changes the fields that are given. Other plans or quantities are prorated as `proration_behavior` says, now or when
/// the running period ends; another length of the period starts a new one, which is billed at once. `payment_behavior`
/// says what happens to a change whose invoice is not paid; one that waits for its payment is shown as
/// `pending_update`. To see what a change would cost, preview it.
#[operation(
    patch,
    "/v3/subscriptions/{id}",
    tag = "billing",
    declined = "With `error_if_incomplete`: the card was refused, and nothing is changed; `payment_id` names the failed payment."
)]
pub(crate) async fn update_subscription(
    cx: Cx<BillingWrite>,
    Path(id): Path<Id<ids::Subscription>>,
    Json(body): Json<SubscriptionChanges>,
) -> Result<Done<Subscription>, Problem> {
    if let Some(begun) = cx.resumed() {
        return answer(&cx, Begun::read(&begun)?).await;
    }
    // A period that has ended is billed first, at the prices that it was used at.
    settled(&cx, id).await?;
    let changed = body.apply(&cx, id, Purpose::Make).await?;
    let bills = changed.after.bill_now.is_some();
    let mut writes = cx.writes().await?;
    if changed.after != *changed.before {
        let event = (!bills).then_some(EventType::SubscriptionUpdated);
        writes.update(&changed.before, &changed.after, event)?;
    }
    if let Some(prorated) = &changed.prorated {
        prorated.put_invoices(&mut writes)?;
    }
    if let Some((before, after)) = &changed.coupon {
        writes.update(before, after, Some(EventType::CouponUpdated))?;
    }
    if !bills {
        let view = Subscription::of(&changed.after, cx.mode())?;
        return cx.done(&writes, &view).await;
    }
    let begun = Begun {
        invoice: begun_invoice(&changed.after),
        ..Begun::of(&changed.after)
    };
    if !cx.begin(&writes, &begun.to_string()).await? {
        return Err(store::stale().into());
    }
    answer(&cx, begun).await
}

/// The invoice without which a change does not take place.
fn begun_invoice(after: &billing::Subscription) -> Option<Id<ids::Invoice>> {
    let needs = after.payment_behavior == PaymentBehavior::ErrorIfIncomplete;
    after.next_invoice.filter(|_| needs)
}

/// Bills the change, unless that was done before, and answers.
pub(crate) async fn answer(
    cx: &Cx<BillingWrite>,
    begun: Begun,
) -> Result<Done<Subscription>, Problem> {
    let subscription = settle(cx, begun.subscription).await?;
    if let Some(invoice) = begun.invoice
        && cx.find_now(invoice).await?.is_none()
    {
        return refused(cx, invoice).await;
    }
    let view = Subscription::of(&subscription, cx.mode())?;
    cx.done(&cx.writes().await?, &view).await
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use testkit::{Call, World};

    use crate::testing::{newest_invoice, shop, subscribe};

    /// The caller half-way through a month of 31 days.
    fn half_way(world: &World) -> (World, Call) {
        let later = world.later(31 * 43_200);
        let routes = crate::routes()
            .merge(crm::routes())
            .merge(payments::routes());
        let api = later.call(routes);
        (later, api)
    }

    fn amounts(invoice: &Value) -> Vec<i64> {
        let lines = invoice["line_items"].as_array().unwrap();
        lines
            .iter()
            .map(|line| line["amount"].as_i64().unwrap())
            .collect()
    }

    #[tokio::test]
    async fn an_upgrade_now_is_charged_what_its_preview_said() {
        let world = World::new().await;
        let (api, customer) = shop(&world).await;
        let id = subscribe(&api, &customer, json!({ "plan_id": "basic" })).await;
        let (_later, api) = half_way(&world);
        let path = format!("/v3/subscriptions/{id}");
        let change = json!({ "plan_id": "max", "proration_behavior": "always_invoice" });
        let preview = api.post(&format!("{path}/preview"), change.clone()).await;
        let told = preview.expect(200)["immediate_invoice"].clone();
        // The vector: 10.00 to 20.00 half-way is -5.00 and +10.00.
        assert_eq!(amounts(&told), [-500, 1000]);
        assert_eq!(api.get(&path).await.body["plan_id"], "basic");
        let mut pinned = change;
        pinned["proration_date"] = preview.body["proration_date"].clone();
        let changed = api.idempotent("up").patch(&path, pinned.clone()).await;
        assert_eq!(changed.expect(200)["plan_id"], "max");
        let invoice = newest_invoice(&api).await;
        assert_eq!(invoice["billing_reason"], "subscription_update");
        for field in ["subtotal", "tax", "total", "amount_due"] {
            assert_eq!(invoice[field], told[field], "{field}");
        }
        assert_eq!(
            (&invoice["status"], &invoice["amount_paid"]),
            (&json!("paid"), &json!(500))
        );
        let again = api.idempotent("up").patch(&path, pinned).await;
        assert_eq!(again.text, changed.text);
        assert_eq!(
            api.get("/v3/invoices").await.body["data"]
                .as_array()
                .unwrap()
                .len(),
            2
        );
    }

    #[tokio::test]
    async fn by_default_the_difference_waits_for_the_next_invoice() {
        let world = World::new().await;
        let (api, customer) = shop(&world).await;
        let id = subscribe(
            &api,
            &customer,
            json!({ "plan_id": "seats", "quantity": 2 }),
        )
        .await;
        let (later, api) = half_way(&world);
        let path = format!("/v3/subscriptions/{id}");
        let changed = api.patch(&path, json!({ "quantity": 4 })).await;
        assert_eq!(changed.expect(200)["pending_amount"], 500);
        let next = api.post(&format!("{path}/preview"), json!({})).await;
        let told = next.expect(200)["next_invoice"].clone();
        assert_eq!(amounts(&told), [-500, 1000, 2000]);
        let end = "2026-02-15T12:00:00Z".parse().unwrap();
        let context = later.app.scheduled(later.ours.test(), Some(end));
        let number = id.parse().unwrap();
        operations::run_subscription(&context, number, end)
            .await
            .unwrap();
        let invoice = newest_invoice(&api).await;
        assert_eq!(invoice["total"], told["total"]);
        assert_eq!(invoice["billing_reason"], "subscription_cycle");
        assert_eq!(api.get(&path).await.body["pending_amount"], 0);
    }

    #[tokio::test]
    async fn a_downgrade_at_the_end_of_the_period_changes_nothing_until_then() {
        let world = World::new().await;
        let (api, customer) = shop(&world).await;
        let id = subscribe(&api, &customer, json!({ "plan_id": "max" })).await;
        let path = format!("/v3/subscriptions/{id}");
        let change = json!({ "plan_id": "yearly", "effective": "period_end" });
        let changed = api.patch(&path, change).await;
        assert_eq!(changed.expect(200)["plan_id"], "max");
        assert_eq!(
            changed.body["scheduled_change"]["items"][0]["plan_id"],
            "yearly"
        );
        let end = "2026-02-15T12:00:00Z".parse().unwrap();
        let context = world.app.scheduled(world.ours.test(), Some(end));
        let number = id.parse().unwrap();
        operations::run_subscription(&context, number, end)
            .await
            .unwrap();
        let now = api.get(&path).await;
        assert_eq!(now.body["plan_id"], "yearly");
        assert_eq!(now.body["current_period_end"], "2027-02-15T12:00:00Z");
        assert_eq!(newest_invoice(&api).await["total"], 10_000);
    }

    #[tokio::test]
    async fn another_length_begins_a_period_now_and_credits_the_rest() {
        let world = World::new().await;
        let (api, customer) = shop(&world).await;
        let id = subscribe(&api, &customer, json!({ "plan_id": "basic" })).await;
        let (_later, api) = half_way(&world);
        let path = format!("/v3/subscriptions/{id}");
        let changed = api.patch(&path, json!({ "plan_id": "yearly" })).await;
        assert_eq!(
            changed.expect(200)["current_period_start"],
            "2026-01-31T00:00:00Z"
        );
        assert_eq!(amounts(&newest_invoice(&api).await), [-500, 10_000]);
        // Back to the month: most of the year goes to the customer's balance, which pays what comes.
        let back = json!({ "plan_id": "basic", "proration_behavior": "always_invoice" });
        api.patch(&path, back).await.expect(200);
        let invoice = newest_invoice(&api).await;
        assert_eq!(
            (&invoice["status"], &invoice["amount_due"]),
            (&json!("paid"), &json!(0))
        );
        assert_eq!(invoice["balance_applied"], invoice["total"]);
        assert_eq!(amounts(&invoice), [-10_000, 1000]);
    }

    #[tokio::test]
    async fn a_version_of_a_plan_is_kept_until_another_one_is_asked_for() {
        let world = World::new().await;
        let (api, customer) = shop(&world).await;
        let id = subscribe(
            &api,
            &customer,
            json!({ "plan_id": "seats", "quantity": 2 }),
        )
        .await;
        api.patch("/v3/plans/seats", json!({ "amount": 900 }))
            .await
            .expect(200);
        let path = format!("/v3/subscriptions/{id}");
        let more = json!({ "quantity": 3, "proration_behavior": "none" });
        let kept = api.patch(&path, more).await;
        assert_eq!(kept.expect(200)["items"][0]["plan_version"], 1);
        let newest = json!({ "plan_version": 2, "proration_behavior": "none" });
        let moved = api.patch(&path, newest).await;
        assert_eq!(
            moved.expect(200)["items"][0],
            json!({ "plan_id": "seats", "plan_version": 2, "quantity": 3 })
        );
        let refused = api.patch(&path, json!({ "plan_version": 7 })).await;
        assert_eq!(
            (refused.status.as_u16(), refused.pointers()),
            (400, vec!["/plan_version"])
        );
    }

    #[tokio::test]
    async fn the_end_of_the_period_can_be_chosen_and_taken_back() {
        let world = World::new().await;
        let (api, customer) = shop(&world).await;
        let id = subscribe(&api, &customer, json!({ "plan_id": "basic" })).await;
        let path = format!("/v3/subscriptions/{id}");
        let ends = api
            .patch(&path, json!({ "cancel_at_period_end": true }))
            .await;
        assert_eq!(ends.expect(200)["next_billing_date"], json!(null));
        let undone = api
            .patch(&path, json!({ "cancel_at_period_end": false }))
            .await;
        assert_eq!(undone.expect(200)["canceled_at"], json!(null));
        assert_eq!(undone.body["next_billing_date"], "2026-02-15T12:00:00Z");
    }

    #[tokio::test]
    async fn what_does_not_fit_is_named_and_nothing_changes() {
        let world = World::new().await;
        let (api, customer) = shop(&world).await;
        let id = subscribe(&api, &customer, json!({ "plan_id": "basic" })).await;
        let path = format!("/v3/subscriptions/{id}");
        let euro = json!({ "id": "euro", "name": "Euro", "currency": "EUR", "amount": 1, "interval": "month" });
        api.post("/v3/plans", euro).await.expect(201);
        let before = world.dump();
        for (body, status, pointer) in [
            (json!({ "plan_id": "none" }), 404, "/plan_id"),
            (json!({ "plan_id": "euro" }), 400, "/plan_id"),
            (json!({ "quantity": 2 }), 400, "/quantity"),
            (
                json!({ "items": [{ "plan_id": "none" }] }),
                400,
                "/items/0/plan_id",
            ),
            (json!({ "items": [] }), 400, "/items"),
            (
                json!({ "items": [{ "plan_id": "max" }], "plan_id": "max" }),
                400,
                "/plan_id",
            ),
            (
                json!({ "plan_id": "max", "proration_date": "2026-03-01T00:00:00Z" }),
                400,
                "/proration_date",
            ),
            (
                json!({ "payment_method_id": "pm_rs_1" }),
                404,
                "/payment_method_id",
            ),
            (json!({ "coupon_id": "none" }), 404, "/coupon_id"),
            (
                json!({ "tax_rate_ids": ["txr_rs_1"] }),
                404,
                "/tax_rate_ids",
            ),
        ] {
            let answer = api.patch(&path, body.clone()).await;
            assert_eq!(
                (answer.status.as_u16(), answer.pointers()),
                (status, vec![pointer]),
                "{body}"
            );
            let preview = api.post(&format!("{path}/preview"), body).await;
            assert_eq!(preview.pointers(), [pointer]);
        }
        assert_eq!(world.dump(), before);
        let theirs = api.with_key(&world.theirs.test_key);
        theirs
            .patch(&path, json!({ "quantity": 2 }))
            .await
            .expect(404);
    }

    #[tokio::test]
    async fn coupons_taxes_and_several_plans_are_on_the_invoice() {
        let world = World::new().await;
        let (api, customer) = shop(&world).await;
        let coupon = json!({ "id": "half", "name": "Half", "percent_off": 50, "duration": "once", "max_redemptions": 1 });
        api.post("/v3/coupons", coupon).await.expect(201);
        let rate = json!({ "display_name": "VAT", "percentage": 20 });
        let rate = api
            .post("/v3/tax-rates", rate)
            .await
            .text_of("id")
            .to_owned();
        let fields = json!({
            "plan_id": "basic", "items": [{ "plan_id": "seats", "quantity": 3 }], "coupon_id": "half", "tax_rate_ids": [rate],
        });
        let id = subscribe(&api, &customer, fields.clone()).await;
        let invoice = newest_invoice(&api).await;
        assert_eq!(amounts(&invoice), [1000, 1500]);
        assert_eq!(
            invoice["discount"],
            json!({ "coupon_id": "half", "amount": 1250 })
        );
        assert_eq!(
            (&invoice["tax"], &invoice["total"]),
            (&json!(250), &json!(1500))
        );
        assert_eq!(api.get("/v3/coupons/half").await.body["times_redeemed"], 1);
        let mut twice = fields;
        twice["customer_id"] = json!(customer);
        let refused = api.post("/v3/subscriptions", twice).await;
        assert_eq!(refused.text_of("code"), "coupon_exhausted");
        // It was for once: what is left of the month comes back as it was charged, not as it was listed.
        let (_later, api) = half_way(&world);
        let path = format!("/v3/subscriptions/{id}");
        assert_eq!(api.get(&path).await.body["discount"], json!(null));
        let change =
            json!({ "items": [{ "plan_id": "basic" }], "proration_behavior": "always_invoice" });
        api.patch(&path, change).await.expect(200);
        let invoice = newest_invoice(&api).await;
        assert_eq!(amounts(&invoice), [-375]);
        assert_eq!(invoice["total"], -450);
        let customer = api.get(&format!("/v3/customers/{customer}")).await;
        assert_eq!(customer.body["credit_balance"], json!({ "USD": 450 }));
    }

    /// The types of the events that the newest write of a record carries, and the number of the last one.
    fn told(world: &World, id: &str) -> (Vec<String>, u64) {
        let items = world.dump();
        let item = items.iter().find(|item| item["id"]["S"] == id).unwrap();
        let stamps: Value = serde_json::from_str(item["ev"]["S"].as_str().unwrap()).unwrap();
        let stamps = stamps.as_array().unwrap();
        let types = stamps
            .iter()
            .map(|stamp| stamp["t"].as_str().unwrap().to_owned());
        (
            types.collect(),
            stamps.last().unwrap()["n"].as_u64().unwrap(),
        )
    }

    #[tokio::test]
    async fn one_action_is_one_event_of_each_record() {
        let world = World::new().await;
        let (api, customer) = shop(&world).await;
        let id = subscribe(&api, &customer, json!({ "plan_id": "basic" })).await;
        let one = |kind: &str, n| (vec![kind.to_owned()], n);
        assert_eq!(told(&world, &id), one("subscription.created", 1));
        let path = format!("/v3/subscriptions/{id}");
        let change = json!({ "plan_id": "max", "proration_behavior": "always_invoice" });
        api.patch(&path, change).await.expect(200);
        assert_eq!(told(&world, &id), one("subscription.updated", 2));
        let invoice = newest_invoice(&api).await;
        let both = ["invoice.finalized", "invoice.paid"].map(str::to_owned);
        assert_eq!(
            told(&world, invoice["id"].as_str().unwrap()),
            (both.into(), 2)
        );
        api.post(&format!("{path}/pause"), json!({}))
            .await
            .expect(200);
        assert_eq!(told(&world, &id), one("subscription.paused", 3));
        api.post(&format!("{path}/resume"), json!({}))
            .await
            .expect(200);
        assert_eq!(told(&world, &id), one("subscription.resumed", 4));
        let now = json!({ "prorate": true });
        api.post(&format!("{path}/cancel"), now).await.expect(200);
        assert_eq!(told(&world, &id), one("subscription.canceled", 5));
    }
}
