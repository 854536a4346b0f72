//! `DELETE /v3/usage/{id}`

use api::{BillingWrite, Cx, Done, Path, Problem, Query, operation};
use models::billing::Correction;
use models::ids::{self, Id};
use operations::Metric;
use views::rocketsavvy::Usage;

use crate::usage::usage_log::UsageLog;

/// Deprecate usage
///
/// Takes reported usage back: it does not count any more, and stays in the log. If it belongs to a period that was
/// billed, the difference counts in the running one. That is refused with 409 `period_closed` for metrics that are not
/// sums or counts. Repeating it changes nothing.
#[operation(
    delete,
    "/v3/usage/{id}",
    tag = "billing",
    answer = "The usage as it stands."
)]
pub(crate) async fn deprecate_usage(
    cx: Cx<BillingWrite>,
    Path(id): Path<Id<ids::Usage>>,
    Query(query): Query<UsageLog>,
) -> Result<Done<Usage>, Problem> {
    let subscription = cx
        .require_at(query.subscription_id, "?subscription_id")
        .await?;
    operations::refuse_ended(&subscription)?;
    let metric = Metric::of(&subscription, &query.metric_name);
    let deprecate = Correction::Deprecate;
    let late = cx.billing_settings().await?.late_usage;
    let standing = operations::correct_usage(&cx, metric, id, deprecate, late);
    let view = Usage::standing(subscription.id, metric.name, &standing.await?, cx.mode())?;
    cx.done(&cx.writes().await?, &view).await
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testkit::World;

    use crate::testing::{recorded, subscribed, used};

    #[tokio::test]
    async fn deprecated_usage_does_not_count_however_often_that_is_said() {
        let world = World::new().await;
        let (api, id) = subscribed(&world).await;
        let usage = recorded(&api, &id, "1500").await;
        recorded(&api, &id, "0.5").await;
        let path = format!("/v3/usage/{usage}?subscription_id={id}&metric_name=api_calls");
        let answer = api.delete(&path).await;
        let want = json!({
            "id": usage, "subscription_id": id, "metric_name": "api_calls", "quantity": 0,
            "timestamp": "2026-01-15T12:00:00Z", "late": false, "duplicate": false, "status": "deprecated",
            "created": "2026-01-15T12:00:00Z", "livemode": false,
        });
        assert_eq!(answer.expect(200), &want);
        assert_eq!(used(&api, &id).await, json!([0.5, 1]));
        assert_eq!(api.delete(&path).await.text, answer.text);
        assert_eq!(used(&api, &id).await, json!([0.5, 1]));
        let body = json!({ "subscription_id": id, "metric_name": "api_calls", "quantity": 2 });
        let amended = api.patch(&format!("/v3/usage/{usage}"), body.clone()).await;
        assert_eq!(amended.expect(409)["code"], "usage_deprecated");
        // The deprecation itself is an entry of the log, and none that can be corrected.
        let log = api
            .get(&format!(
                "/v3/usage?subscription_id={id}&metric_name=api_calls"
            ))
            .await;
        let deprecation = log.body["data"][0]["id"].as_str().unwrap();
        let again = api.patch(&format!("/v3/usage/{deprecation}"), body).await;
        assert_eq!(again.expect(409)["code"], "usage_is_a_correction");
    }

    #[tokio::test]
    async fn a_query_that_names_no_log_is_refused_and_a_foreign_one_is_not_found() {
        let world = World::new().await;
        let (api, id) = subscribed(&world).await;
        let usage = recorded(&api, &id, "1").await;
        let answer = api.delete(&format!("/v3/usage/{usage}")).await;
        answer.expect(400);
        assert_eq!(answer.pointers(), ["?subscription_id", "?metric_name"]);
        let path = format!("/v3/usage/{usage}?subscription_id={id}&metric_name=api_calls");
        for key in [&world.theirs.test_key, &world.ours.live_key] {
            api.with_key(key).delete(&path).await.expect(404);
        }
        let cancel = json!({ "at_period_end": false });
        api.post(&format!("/v3/subscriptions/{id}/cancel"), cancel)
            .await
            .expect(200);
        assert_eq!(
            api.delete(&path).await.expect(409)["code"],
            "subscription_ended"
        );
        assert_eq!(used(&api, &id).await, json!([1, 1]));
    }
}
