//! `POST /v3/usage/batch`

use api::input::Input;
use api::{BillingWrite, Created, Cx, Json, Problem, operation};
use operations::ReportedUsage;
use views::rocketsavvy::UsageBatch;

use crate::usage::usage_report::Report;

/// Reports in one batch at the most.
const MAX_EVENTS: usize = 500;

/// Reports of usage.
#[derive(Input)]
pub(crate) struct NewUsageBatch {
    /// For any metrics of any subscriptions.
    #[input(items = 1..=MAX_EVENTS)]
    events: Vec<Report>,
}

/// Record a batch of usage
///
/// Reports usage many times in one request, all or nothing: if one report is wrong, `errors` names it
/// (`/events/3/quantity`) and none is recorded. A batch may be sent again where the reports have keys, or the request
/// has one in its header: it counts once. Keys in the reports are the cheaper way.
#[operation(
    post,
    "/v3/usage/batch",
    tag = "billing",
    answer = "What each report became."
)]
pub(crate) async fn record_usage_batch(
    cx: Cx<BillingWrite>,
    Json(body): Json<NewUsageBatch>,
) -> Result<Created<UsageBatch>, Problem> {
    let header = cx.idempotency_key();
    let rows = body.events.into_iter().enumerate();
    let reports: Vec<ReportedUsage> = rows
        .map(|(row, report)| report.at(format!("/events/{row}"), header.as_deref(), row))
        .collect();
    let recorded = operations::record_usage(&cx, &reports).await?;
    let events = recorded.iter().map(|row| (&row.event, row.duplicate));
    let view = UsageBatch::of(events, cx.mode());
    cx.done(&cx.writes().await?, &view).await
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use testkit::{Call, World};

    use crate::testing::{long_subscribed, subscribed};

    async fn totals(api: &Call, id: &str) -> Vec<(String, Value)> {
        let used = api.get(&format!("/v3/subscriptions/{id}/usage")).await;
        let metrics = used.expect(200)["metrics"].as_array().unwrap().clone();
        let total = |metric: &Value| {
            let name = metric["metric_name"].as_str().unwrap().to_owned();
            (name, metric["total"].clone())
        };
        metrics.iter().map(total).collect()
    }

    #[tokio::test]
    async fn each_row_is_answered_in_its_place_whatever_it_is_for() {
        let (_world, api, one) = long_subscribed().await;
        let customer = api
            .post("/v3/customers", json!({ "email": "b@example.com" }))
            .await;
        let new = json!({ "customer_id": customer.text_of("id"), "plan_id": "pro", "trial_period_days": 3 });
        let two = api
            .post("/v3/subscriptions", new)
            .await
            .text_of("id")
            .to_owned();
        let row = |id: &str, metric: &str, quantity, key: Option<&str>| json!({ "subscription_id": id, "metric_name": metric, "quantity": quantity, "idempotency_key": key });
        let events = json!([
            row(&two, "b", 1, None),
            row(&one, "a", 2, Some("k")),
            row(&one, "b", 4, Some("k")),
            row(&one, "a", 2, Some("k")),
            { "subscription_id": one, "metric_name": "a", "quantity": 0.5, "timestamp": "2026-01-01T00:00:00Z" },
        ]);
        let answer = api
            .post("/v3/usage/batch", json!({ "events": events }))
            .await;
        let ids: Vec<Value> = (0..5)
            .map(|row| answer.body["data"][row]["id"].clone())
            .collect();
        let want = json!({
            "data": [
                { "index": 0, "id": ids[0], "status": "accepted" },
                { "index": 1, "id": ids[1], "status": "accepted" },
                { "index": 2, "id": ids[2], "status": "accepted" },
                { "index": 3, "id": ids[1], "status": "duplicate" },
                { "index": 4, "id": ids[4], "status": "accepted", "late": true },
            ],
            "accepted": 4, "duplicates": 1, "livemode": false,
        });
        assert_eq!(answer.expect(201), &want);
        let pair = |name: &str, total: Value| (name.to_owned(), total);
        assert_eq!(
            totals(&api, &one).await,
            [pair("a", json!(2.5)), pair("b", json!(4))]
        );
        assert_eq!(totals(&api, &two).await, [pair("b", json!(1))]);
    }

    #[tokio::test]
    async fn one_wrong_row_refuses_all_and_every_wrong_field_is_named() {
        let world = World::new().await;
        let (api, id) = subscribed(&world).await;
        let good = json!({ "subscription_id": id, "metric_name": "a", "quantity": 1, "idempotency_key": "k" });
        let with = |field: &str, value: Value| {
            let mut row = good.clone();
            row[field] = value;
            row
        };
        let post = async |events: Value| {
            api.post("/v3/usage/batch", json!({ "events": events }))
                .await
        };
        let answer = post(json!([
            good,
            with("quantity", json!("x")),
            with("metric_name", json!(null)),
            7
        ]))
        .await;
        answer.expect(400);
        assert_eq!(
            answer.pointers(),
            ["/events/1/quantity", "/events/2/metric_name", "/events/3"]
        );
        let answer = post(json!([good, with("quantitty", json!(1))])).await;
        assert_eq!(answer.pointers(), ["/events/1/quantitty"]);
        let answer = post(json!([good, with("subscription_id", json!("sub_rs_1"))])).await;
        answer.expect(404);
        assert_eq!(answer.pointers(), ["/events/1/subscription_id"]);
        let old = with("timestamp", json!("2025-01-01T00:00:00Z"));
        let answer = post(json!([old, good, old])).await;
        assert_eq!(
            answer.pointers(),
            ["/events/0/timestamp", "/events/2/timestamp"]
        );
        let answer = post(json!([
            good,
            with("quantity", json!(2)),
            with("metric_name", json!("b"))
        ]))
        .await;
        assert_eq!(
            answer.expect(400)["errors"][0]["code"],
            "idempotency_key_reused"
        );
        assert_eq!(answer.pointers(), ["/events/1/idempotency_key"]);
        for (events, code) in [
            (json!([]), "too_few"),
            (json!(vec![good.clone(); 501]), "too_many"),
        ] {
            assert_eq!(post(events).await.expect(400)["errors"][0]["code"], code);
        }
        for body in [json!({}), json!({ "events": {} }), json!({ "events": "x" })] {
            assert_eq!(
                api.post("/v3/usage/batch", body).await.pointers(),
                ["/events"]
            );
        }
        assert_eq!(totals(&api, &id).await, []);
    }

    #[tokio::test]
    async fn a_key_in_the_header_makes_every_row_count_once() {
        let world = World::new().await;
        let (api, id) = subscribed(&world).await;
        let row = json!({ "subscription_id": id, "metric_name": "a", "quantity": 1 });
        let many = json!({ "events": vec![row.clone(); 500] });
        world.meter.take();
        let key = api.idempotent("b-0");
        key.post("/v3/usage/batch", many).await.expect(201);
        // The answer is kept, too.
        let units = world.meter.take();
        assert!(units.write_tenths <= 500, "{units:?}");
        let body = json!({ "events": [row, row, row] });
        let first = api
            .idempotent("b-1")
            .post("/v3/usage/batch", body.clone())
            .await;
        assert_eq!(first.expect(201)["accepted"], 3);
        let again = api
            .idempotent("b-1")
            .post("/v3/usage/batch", body.clone())
            .await;
        assert_eq!(again.text, first.text);
        assert_eq!(again.headers["idempotent-replayed"], "true");
        api.idempotent("b-2")
            .post("/v3/usage/batch", body)
            .await
            .expect(201);
        assert_eq!(totals(&api, &id).await, [("a".to_owned(), json!(506))]);
    }

    #[tokio::test]
    async fn five_hundred_reports_cost_less_than_a_tenth_of_a_write_unit_each() {
        let world = World::new().await;
        let (api, id) = subscribed(&world).await;
        let row = |n: u32| {
            let key = format!("report-{n}");
            json!({ "subscription_id": id, "metric_name": "api_calls", "quantity": n, "idempotency_key": key })
        };
        for (from, before) in [(0, 0), (500, 124_750)] {
            let events: Vec<Value> = (from..from + 500).map(row).collect();
            world.meter.take();
            let answer = api
                .post("/v3/usage/batch", json!({ "events": events }))
                .await;
            let units = world.meter.take();
            assert_eq!(answer.expect(201)["accepted"], 500);
            println!("batch of 500 with keys: {units:?}");
            // Measured 14: 0.028 for each.
            assert!(units.write_tenths <= 150, "{units:?}");
            world.meter.take();
            let answer = api
                .post("/v3/usage/batch", json!({ "events": events }))
                .await;
            assert_eq!(answer.expect(201)["duplicates"], 500);
            assert_eq!(world.meter.take().write_tenths, 0);
            let sum = (from..from + 500).sum::<u32>() + before;
            assert_eq!(
                totals(&api, &id).await,
                [("api_calls".to_owned(), json!(sum))]
            );
        }
    }
}
