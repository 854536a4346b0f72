//! `POST /v3/usage`

use api::{BillingWrite, Created, Cx, Json, Problem, operation};
use models::Error;
use views::rocketsavvy::Usage;

use crate::usage::usage_report::Report;

/// Record usage
///
/// Reports what a subscription used of one metric. It is billed with the period that is running; usage from a period
/// that is over counts in the running one, too, and is marked `late`. Send a key, as `idempotency_key` or in the
/// header: a report that is sent twice without one counts twice.
#[operation(post, "/v3/usage", tag = "billing", answer = "What it became.")]
pub(crate) async fn record_usage(
    cx: Cx<BillingWrite>,
    Json(report): Json<Report>,
) -> Result<Created<Usage>, Problem> {
    let header = cx.idempotency_key();
    let reported = report.at(String::new(), header.as_deref(), 0);
    let reports = [reported];
    let recorded = operations::record_usage(&cx, &reports).await?;
    let ([report], [recorded]) = (&reports, recorded.as_slice()) else {
        return Err(Error::internal("one report became something else than one event").into());
    };
    let view = Usage::recorded(
        report.subscription_id,
        &report.metric_name,
        &recorded.event,
        recorded.duplicate,
        cx.mode(),
    )?;
    // The event is in the log: all that is left to write is the answer, where the request has a key.
    let nothing = cx.writes().await?;
    let reply = cx.try_created(&nothing, &view, recorded.event.id).await?;
    Ok(reply.ok_or_else(|| Error::internal("nothing was written and yet refused"))?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testkit::{Units, World};

    use crate::testing::{long_subscribed, subscribed};

    #[tokio::test]
    async fn the_printed_report_is_an_event_for_one_write_unit() {
        let world = World::new().await;
        let (api, id) = subscribed(&world).await;
        api.get("/v3/plans").await.expect(200);
        world.meter.take();
        // The document's fields and nothing else: on any plan, whether a meter counts the metric or not.
        let body = json!({ "subscription_id": id, "metric_name": "API calls", "quantity": 1500 });
        let answer = api.post("/v3/usage", body).await;
        let Units {
            read_tenths,
            write_tenths,
            ..
        } = world.meter.take();
        // Of the read units one is for the test clock, which live mode has not.
        assert_eq!((read_tenths, write_tenths), (35, 10));
        let want = json!({
            "id": answer.text_of("id"), "subscription_id": id, "metric_name": "API calls", "quantity": 1500,
            "timestamp": "2026-01-15T12:00:00Z", "late": false, "duplicate": false, "status": "recorded",
            "created": "2026-01-15T12:00:00Z", "livemode": false,
        });
        assert_eq!(answer.expect(201), &want);
        let location = format!("/v3/usage/{}", answer.text_of("id"));
        assert_eq!(answer.headers["location"], location.as_str());
    }

    #[tokio::test]
    async fn a_report_of_the_largest_fields_is_one_write_unit_too_however_many_there_are() {
        let (world, api, id) = long_subscribed().await;
        world.meter.take();
        for row in 0..60 {
            let body = json!({
                "subscription_id": id, "metric_name": "m".repeat(64), "quantity": "most",
                "timestamp": "2026-01-01T00:00:01Z", "idempotency_key": format!("{row:0200}"),
                "unique_value": format!("{row:0200}"),
            });
            let body = body.to_string().replace("\"most\"", "999999999999.999999");
            let answer = api.send(http::Method::POST, "/v3/usage", &body).await;
            answer.expect(201);
            assert_eq!(world.meter.take().write_tenths, 10, "report {row}");
        }
        let used = api.get(&format!("/v3/subscriptions/{id}/usage")).await;
        assert!(
            used.text
                .contains(r#""total":59999999999999.99994,"records":60"#),
            "{}",
            used.text
        );
    }

    #[tokio::test]
    async fn tenths_add_up_exactly_and_a_key_in_the_header_counts_once() {
        let world = World::new().await;
        let (api, id) = subscribed(&world).await;
        let body = json!({ "subscription_id": id, "metric_name": "storage_gb", "quantity": 0.1 });
        api.post("/v3/usage", body.clone()).await.expect(201);
        world.meter.take();
        let first = api.idempotent("u-1").post("/v3/usage", body.clone()).await;
        assert_eq!(first.expect(201)["quantity"], json!(0.1));
        assert_eq!(world.meter.take().write_tenths, 20);
        let again = api.idempotent("u-1").post("/v3/usage", body.clone()).await;
        assert_eq!(again.text, first.text);
        assert_eq!(again.headers["idempotent-replayed"], "true");
        let other = json!({ "subscription_id": id, "metric_name": "api_calls", "quantity": 1500 });
        api.idempotent("u-1")
            .post("/v3/usage", other.clone())
            .await
            .expect(422);
        api.post("/v3/usage", other).await.expect(201);
        let used = api.get(&format!("/v3/subscriptions/{id}/usage")).await;
        let metric = |name: &str, total, records: u32| json!({ "metric_name": name, "aggregation": "sum", "total": total, "records": records, "late": 0 });
        let metrics = [
            metric("api_calls", json!(1500), 1),
            metric("storage_gb", json!(0.2), 2),
        ];
        assert_eq!(used.expect(200)["metrics"], json!(metrics));
    }

    #[tokio::test]
    async fn a_key_in_the_body_counts_once_a_day_and_only_for_its_metric() {
        let world = World::new().await;
        let (api, id) = subscribed(&world).await;
        let body = |metric: &str, quantity| json!({ "subscription_id": id, "metric_name": metric, "quantity": quantity, "idempotency_key": "r-1" });
        let first = api.post("/v3/usage", body("api_calls", 7)).await;
        first.expect(201);
        world.meter.take();
        let again = api.post("/v3/usage", body("api_calls", 7)).await;
        assert_eq!(again.expect(201)["duplicate"], true);
        assert_eq!(again.body["id"], first.body["id"]);
        assert_eq!(world.meter.take().write_tenths, 0);
        let another = api.post("/v3/usage", body("api_calls", 8)).await;
        assert_eq!(
            another.expect(400)["errors"][0]["code"],
            "idempotency_key_reused"
        );
        assert_eq!(another.pointers(), ["/idempotency_key"]);
        api.post("/v3/usage", body("storage_gb", 8))
            .await
            .expect(201);
        // The same report with its time, and then with another one.
        for (at, status) in [("2026-01-15T12:00:00Z", 201), ("2026-01-15T12:00:01Z", 400)] {
            let mut timed = body("api_calls", 7);
            timed["timestamp"] = json!(at);
            api.post("/v3/usage", timed).await.expect(status);
        }
        for (seconds, duplicate) in [(86_400, true), (86_401, false)] {
            let later = world.later(seconds);
            let api = later.call(crate::routes());
            let answer = api.post("/v3/usage", body("api_calls", 7)).await;
            assert_eq!(answer.expect(201)["duplicate"], duplicate, "{seconds}");
        }
        let used = api
            .get(&format!(
                "/v3/subscriptions/{id}/usage?metric_name=api_calls"
            ))
            .await;
        assert_eq!(used.body["metrics"][0]["total"], 14);
    }

    #[tokio::test]
    async fn what_is_before_the_period_is_late_and_counts_in_it() {
        let (_world, api, id) = long_subscribed().await;
        for (at, late) in [
            ("2026-01-15T11:59:59Z", true),
            ("2025-12-11T12:00:00Z", true),
            ("2026-01-15T12:00:00.9Z", false),
            ("2026-01-15T12:05:00Z", false),
        ] {
            let body = json!({ "subscription_id": id, "metric_name": "api_calls", "quantity": 1, "timestamp": at });
            assert_eq!(
                api.post("/v3/usage", body).await.expect(201)["late"],
                late,
                "{at}"
            );
        }
        let used = api.get(&format!("/v3/subscriptions/{id}/usage")).await;
        let want = json!({ "metric_name": "api_calls", "aggregation": "sum", "total": 4, "records": 4, "late": 2 });
        assert_eq!(used.body["metrics"][0], want);
        for at in ["2025-12-11T11:59:59Z", "2026-01-15T12:05:01Z"] {
            let body = json!({ "subscription_id": id, "metric_name": "api_calls", "quantity": 1, "timestamp": at });
            assert_eq!(
                api.post("/v3/usage", body).await.pointers(),
                ["/timestamp"],
                "{at}"
            );
        }
    }

    #[tokio::test]
    async fn bad_reports_are_refused_by_field() {
        let world = World::new().await;
        let (api, id) = subscribed(&world).await;
        let body = json!({
            "subscription_id": "x", "metric_name": "a#b", "quantity": -1, "timestamp": "yesterday",
            "idempotency_key": "", "unique_value": "x".repeat(201),
        });
        let answer = api.post("/v3/usage", body).await;
        answer.expect(400);
        let mut pointers = answer.pointers();
        pointers.sort_unstable();
        let all = [
            "/idempotency_key",
            "/metric_name",
            "/quantity",
            "/subscription_id",
            "/timestamp",
            "/unique_value",
        ];
        assert_eq!(pointers, all);
        let body = json!({ "subscription_id": "sub_rs_1", "metric_name": "a", "quantity": 1 });
        let unknown = api.post("/v3/usage", body).await;
        unknown.expect(404);
        assert_eq!(unknown.pointers(), ["/subscription_id"]);
        let body = json!({ "subscription_id": id, "metric_name": "a", "quantity": 1 });
        for key in [&world.theirs.test_key, &world.ours.live_key] {
            api.with_key(key)
                .post("/v3/usage", body.clone())
                .await
                .expect(404);
        }
        let cancel = json!({ "at_period_end": false });
        api.post(&format!("/v3/subscriptions/{id}/cancel"), cancel)
            .await
            .expect(200);
        let ended = api.post("/v3/usage", body).await;
        assert_eq!(ended.expect(409)["code"], "subscription_ended");
        assert!(!world.dump().iter().any(|item| item["et"]["S"] == "usage"));
    }
}
