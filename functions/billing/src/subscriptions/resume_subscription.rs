//! `POST /v3/subscriptions/{id}/resume`

use api::input::Input;
use api::{BillingWrite, Cx, Done, Json, Path, Problem, operation};
use models::View;
use models::billing::{AnchorChange, ProrationBehavior, Resumption};
use models::event::EventType;
use models::ids::{self, Id};
use views::rocketsavvy::Subscription;

use crate::subscriptions::begun::Begun;
use crate::subscriptions::terms::{settled, sync_rows};
use crate::subscriptions::update_subscription::answer;

/// The end of a pause.
#[derive(Debug, Input)]
#[input(name = "Resumption")]
pub(crate) struct ResumptionFields {
    /// `now` (the default): a new period begins and is billed. `unchanged`: the period that was running goes on,
    /// where it has not ended.
    #[input(choice, default = AnchorChange::Now, example = "now")]
    billing_cycle_anchor: AnchorChange,
    /// What happens to the rest of the period that was running, where a new one begins: `create_prorations` (also where it is
    /// absent) and `always_invoice` give it back, `none` does not.
    #[input(choice, default, example = "create_prorations")]
    proration_behavior: ProrationBehavior,
}

/// Resume a subscription
///
/// Ends a pause of the service or, if there is none, of collection. A subscription that was to start later starts now.
/// By default a new period begins and is billed, and the rest of the one that was running is credited.
#[operation(post, "/v3/subscriptions/{id}/resume", tag = "billing")]
pub(crate) async fn resume_subscription(
    cx: Cx<BillingWrite>,
    Path(id): Path<Id<ids::Subscription>>,
    Json(body): Json<ResumptionFields>,
) -> Result<Done<Subscription>, Problem> {
    if cx.resumed().is_some() {
        return answer(&cx, Begun::of_id(id)).await;
    }
    let stored = settled(&cx, id).await?;
    let now = cx.now().await?;
    let resumption = Resumption {
        anchor: body.billing_cycle_anchor,
        proration: body.proration_behavior,
    };
    let resumed = operations::resume(&cx, &stored, resumption, now);
    let prorated = Box::pin(resumed).await?;
    let mut writes = cx.writes().await?;
    prorated.put_invoices(&mut writes)?;
    let subscription = prorated.subscription;
    let bills = subscription.bill_now.is_some();
    let event = (!bills).then_some(EventType::SubscriptionResumed);
    writes.update(&stored, &subscription, event)?;
    if !bills {
        let view = Subscription::of(&subscription, cx.mode())?;
        let reply = cx.done(&writes, &view).await?;
        sync_rows(&cx, &subscription).await;
        return Ok(reply);
    }
    if !cx.begin(&writes, &id.to_string()).await? {
        return Err(store::stale().into());
    }
    answer(&cx, Begun::of_id(id)).await
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testkit::{Call, World};

    use crate::testing::{newest_invoice, shop, subscribe};

    async fn run(world: &World, id: &str, at: &str) {
        let at = at.parse().unwrap();
        let context = world.app.scheduled(world.ours.test(), Some(at));
        let number = id.parse().unwrap();
        operations::run_subscription(&context, number, at)
            .await
            .unwrap();
    }

    async fn invoices(api: &Call) -> usize {
        let list = api.get("/v3/invoices").await;
        list.body["data"].as_array().unwrap().len()
    }

    #[tokio::test]
    async fn a_paused_service_makes_no_invoices_and_a_resumed_one_begins_a_period() {
        let world = World::new().await;
        let (api, customer) = shop(&world).await;
        let id = subscribe(&api, &customer, json!({ "plan_id": "basic" })).await;
        let path = format!("/v3/subscriptions/{id}");
        let paused = api.post(&format!("{path}/pause"), json!({})).await;
        assert_eq!(paused.expect(200)["status"], "paused");
        run(&world, &id, "2026-06-01T00:00:00Z").await;
        assert_eq!(invoices(&api).await, 1);
        let twice = api.post(&format!("{path}/pause"), json!({})).await;
        assert_eq!(twice.text_of("code"), "invalid_subscription_status");
        let later = world.later(86_400 * 100);
        let routes = crate::routes().merge(crm::routes());
        let api = later.call(routes);
        let resumed = api.post(&format!("{path}/resume"), json!({})).await;
        assert_eq!(resumed.expect(200)["status"], "active");
        assert_eq!(resumed.body["current_period_start"], "2026-04-25T12:00:00Z");
        assert_eq!(newest_invoice(&api).await["status"], "paid");
        let twice = api.post(&format!("{path}/resume"), json!({})).await;
        assert_eq!(twice.text_of("code"), "subscription_not_paused");
    }

    #[tokio::test]
    async fn a_pause_ends_by_itself_or_goes_on_in_its_period() {
        let world = World::new().await;
        let (api, customer) = shop(&world).await;
        let id = subscribe(&api, &customer, json!({ "plan_id": "basic" })).await;
        let path = format!("/v3/subscriptions/{id}");
        let until = json!({ "mode": "service", "resumes_at": "2026-02-01T00:00:00Z" });
        let paused = api.post(&format!("{path}/pause"), until.clone()).await;
        assert_eq!(
            paused.expect(200)["next_billing_date"],
            "2026-02-01T00:00:00Z"
        );
        let unchanged = json!({ "billing_cycle_anchor": "unchanged" });
        let resumed = api.post(&format!("{path}/resume"), unchanged).await;
        assert_eq!(
            resumed.expect(200)["current_period_end"],
            "2026-02-15T12:00:00Z"
        );
        assert_eq!(invoices(&api).await, 1);
        api.post(&format!("{path}/pause"), until).await.expect(200);
        run(&world, &id, "2026-02-01T00:00:00Z").await;
        let now = api.get(&path).await;
        assert_eq!(now.body["status"], "active");
        assert_eq!(now.body["current_period_start"], "2026-02-01T00:00:00Z");
        assert_eq!(invoices(&api).await, 2);
        let past = json!({ "resumes_at": "2026-01-01T00:00:00Z" });
        let refused = api.post(&format!("{path}/pause"), past).await;
        assert_eq!(refused.pointers(), ["/resumes_at"]);
    }

    #[tokio::test]
    async fn paused_collection_keeps_gives_up_or_voids_what_is_made() {
        for (behavior, status) in [
            ("keep_as_draft", "draft"),
            ("mark_uncollectible", "uncollectible"),
            ("void", "void"),
        ] {
            let world = World::new().await;
            let (api, customer) = shop(&world).await;
            let id = subscribe(&api, &customer, json!({ "plan_id": "basic" })).await;
            let path = format!("/v3/subscriptions/{id}");
            let pause = json!({ "mode": "collection", "behavior": behavior });
            let paused = api.post(&format!("{path}/pause"), pause).await;
            assert_eq!(paused.expect(200)["status"], "active");
            run(&world, &id, "2026-02-15T12:00:00Z").await;
            let invoice = newest_invoice(&api).await;
            assert_eq!(invoice["status"], status);
            assert_eq!(invoice["number"].is_null(), behavior == "keep_as_draft");
            let resumed = api.post(&format!("{path}/resume"), json!({})).await;
            assert_eq!(resumed.expect(200)["pause_collection"], json!(null));
            run(&world, &id, "2026-03-15T12:00:00Z").await;
            assert_eq!(newest_invoice(&api).await["status"], "paid");
            assert_eq!(api.get(&path).await.body["status"], "active");
        }
    }

    #[tokio::test]
    async fn a_later_start_waits_and_can_be_brought_forward() {
        let world = World::new().await;
        let (api, customer) = shop(&world).await;
        let start = json!({ "plan_id": "basic", "start_date": "2026-03-01T12:00:00Z" });
        let id = subscribe(&api, &customer, start.clone()).await;
        let path = format!("/v3/subscriptions/{id}");
        let waits = api.get(&path).await;
        assert_eq!(waits.body["status"], "paused");
        assert_eq!(waits.body["next_billing_date"], "2026-03-01T12:00:00Z");
        assert_eq!(invoices(&api).await, 0);
        run(&world, &id, "2026-03-01T12:00:00Z").await;
        let began = api.get(&path).await;
        assert_eq!(began.body["status"], "active");
        assert_eq!(began.body["current_period_start"], "2026-03-01T12:00:00Z");
        assert_eq!(
            newest_invoice(&api).await["billing_reason"],
            "subscription_create"
        );
        let early = subscribe(&api, &customer, start).await;
        let path = format!("/v3/subscriptions/{early}/resume");
        let resumed = api.post(&path, json!({})).await;
        assert_eq!(
            resumed.expect(200)["current_period_start"],
            "2026-01-15T12:00:00Z"
        );
        assert_eq!(invoices(&api).await, 2);
    }

    #[tokio::test]
    async fn a_backdated_start_is_billed_in_one_and_a_chosen_anchor_in_part() {
        let world = World::new().await;
        let (api, customer) = shop(&world).await;
        let back = json!({ "plan_id": "basic", "start_date": "2025-11-20T12:00:00Z" });
        let id = subscribe(&api, &customer, back).await;
        let began = api.get(&format!("/v3/subscriptions/{id}")).await;
        assert_eq!(began.body["current_period_end"], "2026-01-20T12:00:00Z");
        let invoice = newest_invoice(&api).await;
        assert_eq!(
            (&invoice["total"], &invoice["period_start"]),
            (&json!(2000), &json!("2025-11-20T12:00:00Z"))
        );
        let anchored =
            json!({ "plan_id": "basic", "billing_cycle_anchor": "2026-02-01T05:00:00Z" });
        let id = subscribe(&api, &customer, anchored).await;
        let began = api.get(&format!("/v3/subscriptions/{id}")).await;
        assert_eq!(began.body["current_period_end"], "2026-02-01T05:00:00Z");
        // 16 days and 17 hours of the 31 days of January in New York.
        assert_eq!(newest_invoice(&api).await["total"], 539);
    }

    #[tokio::test]
    async fn a_trial_without_a_payment_method_ends_as_it_was_told_to() {
        for (behavior, status, made) in [
            ("create_invoice", "past_due", 1),
            ("cancel", "canceled", 0),
            ("pause", "paused", 0),
        ] {
            let world = World::new().await;
            let (api, _) = shop(&world).await;
            let nobody = api
                .post("/v3/customers", json!({ "email": "b@example.com" }))
                .await;
            let fields = json!({ "plan_id": "basic", "trial_period_days": 7, "missing_payment_method": behavior });
            let id = subscribe(&api, nobody.text_of("id"), fields).await;
            run(&world, &id, "2026-01-19T12:00:00Z").await;
            run(&world, &id, "2026-01-22T12:00:00Z").await;
            let ended = api.get(&format!("/v3/subscriptions/{id}")).await;
            assert_eq!(ended.body["status"], status);
            assert_eq!(invoices(&api).await, made);
        }
    }
}
